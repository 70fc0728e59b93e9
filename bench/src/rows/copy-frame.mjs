// What copying costs on this machine, the measure of every row that moves bytes: memcpy of compiled code, JavaScript's own, the engine's.
import { compileHotSync, Hot } from '@dmalab/hot'

const FROM = 0x4000_0000
const TO = 0x4100_0000
const TIMES = 10
const SEED = 7

/** The engine's checksum of the copy, whoever made it. */
const checksumOf = (bytes) => {
  const hot = new Hot(compileHotSync(), { lineSize: 64, poison: 0 })
  hot.write('memory', TO, bytes)
  return hot.checksum('memory', TO, bytes.length)
}

const pattern = (len) => {
  const hot = new Hot(compileHotSync(), { lineSize: 64, poison: 0 })
  const bytes = new Uint8Array(len)
  hot.fill('memory', FROM, len, SEED)
  hot.read('memory', FROM, bytes)
  return bytes
}

const open = (copy) => (len, native) => {
  const from = pattern(len)
  const to = new Uint8Array(len)
  return { work: TIMES * len, run: () => copy(from, to, native), result: () => checksumOf(to) }
}

const memcpy = (from, to, { loops }) => loops.copyTimes(to, from, from.length, TIMES)

const set = (from, to) => {
  for (let i = 0; i < TIMES; i++) to.set(from)
}

const openEngine = (len) => {
  const hot = new Hot(compileHotSync(), { lineSize: 64, poison: 0 })
  hot.fill('memory', FROM, len, SEED)
  return {
    work: TIMES * len,
    run() {
      for (let i = 0; i < TIMES; i++) hot.copy('memory', FROM, 'memory', TO, len)
    },
    result: () => hot.checksum('memory', TO, len),
  }
}

const LEN = 760 * 4096 // one NV12 frame of 1920x1080

export const row = {
  name: 'copy-frame',
  title: 'copy a frame of 3.1 MB in DRAM',
  unit: 'byte',
  versions: {
    typed: { bench: LEN, check: 3 * 4096, open: open(set) },
    native: { bench: LEN, check: 3 * 4096, open: open(memcpy) },
    wasm: { bench: LEN, check: 3 * 4096, open: openEngine },
  },
}
