#!/usr/bin/env node
// npm run fuzz (--help says what it takes): changed inputs for every reader, so long for each.
// What crashes, takes longer than 2 s or more memory than it may is kept in found/, where a test reads it from then on.
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { argumentsOf, refuse } from '../../scripts/arguments.mjs'
import { COMMANDS } from '../../scripts/commands.mjs'

const { values } = argumentsOf(COMMANDS.fuzz)
const { seed } = values
const seconds = values.seconds ?? (values.minutes ?? 1 / 6) * 60

/** An input may take so long (where other programs wait for the cores, as much longer), and a thread hold so much. */
const HANG_MS = 2000 * Math.max(1, Math.ceil(loadavg()[0] / availableParallelism()))
const HEAP_MIB = 512
const RSS_MIB = 2048
/** Longer inputs are not made. */
const MEMORY = 8 + 2 ** 19

const open = (workerData, onMessage) => {
  const worker = new Worker(join(import.meta.dirname, 'worker.mjs'), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  })
  worker.on('message', (message) => onMessage(message, worker))
  return worker
}
const ended = (worker) =>
  new Promise((resolve) => {
    worker.once('error', (error) => resolve(error))
    worker.once('exit', () => resolve(undefined))
  })

/** What an input does when nothing else runs; undefined: nothing wrong. */
const again = async (reader, input) => {
  let [wrong, since] = [undefined, Infinity]
  const worker = open({ ask: 'again', reader, input, longest: HANG_MS }, (message) => {
    if ('ready' in message) since = performance.now()
    else [wrong, since] = [message.wrong, Infinity]
  })
  let hung = false
  const watch = setInterval(() => {
    hung = performance.now() - since > HANG_MS
    if (hung) void worker.terminate()
  }, 50)
  const error = await ended(worker)
  clearInterval(watch)
  return hung ? `took longer than ${HANG_MS} ms` : error === undefined ? wrong : String(error.message)
}

const found = []
const suspects = []
/** Feeds the readers until one hangs; returns those that are left then. */
const feed = async (readers) => {
  const memory = new SharedArrayBuffer(MEMORY)
  const [count, length] = [new Int32Array(memory, 0, 1), new Int32Array(memory, 4, 1)]
  const input = () => Buffer.from(new Uint8Array(memory, 8, Atomics.load(length, 0)))
  const done = new Set()
  let reader
  let [seen, since] = [-1, performance.now()]
  const worker = open({ ask: 'campaign', readers, seed, ms: seconds * 1000, longest: HANG_MS, memory }, (message) => {
    if ('begun' in message) reader = message.begun
    if ('found' in message) suspects.push(message.found)
    if ('done' in message) {
      done.add(message.done.reader)
      console.log(`${message.done.reader}: ${message.done.inputs} inputs, ${message.done.refused} refused`)
    }
  })
  const stop = (why) => {
    if (reader === undefined || done.has(reader)) return
    suspects.push({ reader, why, input: input() })
    done.add(reader)
    void worker.terminate()
  }
  const watch = setInterval(() => {
    const now = Atomics.load(count, 0)
    if (now !== seen) [seen, since] = [now, performance.now()]
    else if (seen > 0 && performance.now() - since > HANG_MS) stop(`took longer than ${HANG_MS} ms`)
    if (process.memoryUsage.rss() > RSS_MIB * 2 ** 20) stop(`took more than ${RSS_MIB} MiB`)
  }, 100)
  const error = await ended(worker)
  clearInterval(watch)
  if (error !== undefined) {
    if (reader === undefined) throw error
    suspects.push({ reader, why: String(error.message), input: input() })
    done.add(reader)
  }
  return readers.filter((name) => !done.has(name))
}

const names = await new Promise((resolve) => open({ ask: 'names' }, ({ names }) => resolve(names)))
const unknown = (values.reader ?? []).filter((name) => !names.includes(name))
if (unknown.length > 0) refuse(COMMANDS.fuzz, `there is no reader ${unknown.join(', ')}; there are ${names.join(', ')}`)
for (let left = values.reader ?? names; left.length > 0;) left = await feed(left)
for (const { reader, input } of suspects) {
  const why = await again(reader, Buffer.from(input))
  if (why === undefined) console.log(`${reader}: stopped by an input that is nothing when it is alone`)
  else found.push({ reader, why, input })
}
for (const { reader, why, input } of found) {
  const folder = join(import.meta.dirname, 'found', reader)
  mkdirSync(folder, { recursive: true })
  const name = createHash('sha256').update(input).digest('hex').slice(0, 16)
  writeFileSync(join(folder, name), input)
  console.log(`\nfound: ${reader}: tests/fuzz/found/${reader}/${name}: ${why}`)
}
console.log(`seed ${seed}, ${seconds} s for each reader: ${found.length} found`)
process.exitCode = found.length > 0 ? 1 : 0
