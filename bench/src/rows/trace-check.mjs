// Budget: 100 MB/s. A log of nothing but DMA events, read, and read and checked; most real logs hold mostly other lines (see ftrace-read).
import { readFileSync } from 'node:fs'
import { checkLog } from '@dmalab/lab'
import { createReader } from '@dmalab/trace'

const LOG = new URL('../../../packages/trace/test/data/a64-6.12-blk-direct-nvme.trace.txt', import.meta.url)
const CHUNK = 1 << 18

/** About `megabytes` of DMA events: pairs of map and unmap, again and again. */
export const dmaOnly = (megabytes) => {
  const lines = readFileSync(LOG, 'latin1').split('\n')
  const once = Buffer.from(`${lines.filter((line) => line.includes(': dma_')).join('\n')}\n`, 'latin1')
  return Buffer.concat(Array.from({ length: Math.max(1, Math.round((megabytes * 1e6) / once.length)) }, () => once))
}

const readLog = (log) => async (onEvent, bare) => {
  const reader = createReader({ onEvent, bare })
  for (let at = 0; at < log.length; at += CHUNK) reader.push(log.subarray(at, at + CHUNK))
  return reader.end()
}

const version = (work) => ({
  bench: 4,
  check: 0.1,
  open(megabytes) {
    const log = dmaOnly(megabytes)
    let read
    return { work: log.length / 1e6, run: async () => (read = await work(log)), result: () => read.damagedCount }
  },
})

export const row = {
  name: 'trace-check',
  title: 'a log of DMA events alone: read, read and checked',
  unit: 'MB',
  versions: {
    reader: version((log) => readLog(log)(() => {})),
    check: version(async (log) => (await checkLog('log', readLog(log))).read),
  },
}
