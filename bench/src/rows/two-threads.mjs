// Points of a sweep on two threads, by the clock on the wall: beside one thread, and beside two processes that share nothing, which is
// what the machine gives at this moment.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { openLaboratory, specOf } from '@dmalab/lab'
import { threadExecutor } from '@dmalab/sweep/node'

const WORKER = fileURLToPath(new URL('../../../apps/cli/build/sweep/worker.js', import.meta.url))
const ALONE = fileURLToPath(new URL('../machines/points-alone.mjs', import.meta.url))

const pointsOf = async (count) => {
  const { registry } = await openLaboratory()
  const spec = specOf(registry, { kernels: ['arm@4.11+nopage-rfc'], frames: 10, buffers: 4, size: '1280x720' })
  return Array.from({ length: count }, (_, index) => ({ id: `${index}`, index, spec }))
}

const onThreads = (threads) => async (count) => {
  const points = await pointsOf(count)
  const limits = { timeLimit: 60_000, memoryLimit: 1024 }
  const executor = await threadExecutor({
    file: WORKER,
    data: { memoryLimit: 1024, installed: [] },
    threads,
    ...limits,
  })
  const all = async (some) => {
    const kinds = []
    const source = (async function* () {
      yield* some
    })()
    await executor.run(source, (_, { kind }) => kinds.push(kind))
    return kinds
  }
  let cost = 0
  let kinds
  return {
    work: count,
    async run() {
      // Threads that had nothing to do while other versions ran have ended: the new ones shall be as warm as the processes.
      await all(points.slice(0, 4 * threads))
      const start = performance.now()
      kinds = await all(points)
      cost = performance.now() - start
    },
    costs: () => cost,
    result: () => kinds.length,
  }
}

/** Two processes, half of the points each; they say when they begin and end. */
const twoProcesses = (count) => {
  let cost = 0
  const half = () =>
    new Promise((done, fail) => {
      const child = spawn(process.execPath, [ALONE, `${count / 2}`], { stdio: ['ignore', 'pipe', 'inherit'] })
      let text = ''
      child.stdout.on('data', (more) => (text += more))
      child.once('exit', (code) => (code === 0 ? done(Number(text)) : fail(new Error(`points ended with ${code}`))))
    })
  return {
    work: count,
    run: async () => (cost = Math.max(...(await Promise.all([half(), half()])))),
    costs: () => cost,
    result: () => count,
  }
}

const version = (open) => ({ bench: 64, check: 2, open })

export const row = {
  name: 'two-threads',
  title: 'points of a sweep by the wall clock: one thread, two processes, two threads',
  unit: 'point',
  versions: {
    'one thread': version(onThreads(1)),
    'two processes': version(twoProcesses),
    'two threads': version(onThreads(2)),
  },
}
