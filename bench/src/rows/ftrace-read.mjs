// Budget: reading an ftrace log, of which one line in twenty is ours, at no less than 680 MB/s: half of the rate at which lines can be
// found at all on the machine that set the budget (1361 MB/s).
import { readFileSync } from 'node:fs'
import { createReader } from '@dmalab/trace'

const LOG = new URL('../../../packages/trace/test/data/a64-6.12-blk-direct-nvme.trace.txt', import.meta.url)
/** What fills most logs: a line of another event system. */
const OTHER =
  '          <idle>-0       [001] d..2.    12.003012: sched_switch: prev_comm=swapper/1 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=kworker/u8:3 next_pid=133 next_prio=120\n'
const CHUNK = 1 << 18

/** About `megabytes` of log. */
const mixed = (megabytes) => {
  const ours = readFileSync(LOG, 'latin1')
    .split('\n')
    .filter((line) => line.includes(': dma_') && line.length < 400)
  const once = Buffer.from(ours.map((line) => `${line}\n${OTHER.repeat(19)}`).join(''), 'latin1')
  return Buffer.concat(Array.from({ length: Math.max(1, Math.round((megabytes * 1e6) / once.length)) }, () => once))
}

const open = (read) => (megabytes) => {
  const log = mixed(megabytes)
  let result
  return { work: log.length / 1e6, run: () => (result = read(log)), result: () => JSON.stringify(result) }
}

const byName = (entries) => entries.toSorted(([a], [b]) => (a < b ? -1 : 1))

/** The plain way: text, lines, one regular expression a line. */
const byPattern = (log) => {
  const counts = {}
  for (const line of log.toString('latin1').split('\n')) {
    const found = /^\s*(.{1,16}?)-(\d+)\s+\[(\d+)\]\s+(\S+)\s+([\d.]+): ([a-z_0-9]+): (.*)$/.exec(line)
    const name = found?.[6]
    if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1
  }
  return byName(Object.entries(counts))
}

const byReader = (log) => {
  const reader = createReader({ onEvent: () => {} })
  for (let at = 0; at < log.length; at += CHUNK) reader.push(log.subarray(at, at + CHUNK))
  const { events, unknown } = reader.end()
  return byName([...Object.entries(events), ...Object.entries(unknown).map(([name, { count }]) => [name, count])])
}

export const row = {
  name: 'ftrace-read',
  title: 'read an ftrace log of which one line in twenty is a DMA event, and decode those',
  unit: 'MB',
  versions: {
    pattern: { bench: 4, check: 1, open: open(byPattern) },
    reader: { bench: 16, check: 1, open: open(byReader) },
  },
}
