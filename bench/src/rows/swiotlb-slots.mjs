// Bounce slots under churn: a pool of 64 MiB with 3000 live runs of 1 to 16 slots, one released and one searched at a time, every
// run where the kernel would put it.
import { compileHotSync, Hot } from '@dmalab/hot'
import { numbers } from '../machines/index.mjs'

const SLOTS = 32768
const SEGMENT = 128
const SLOT_SIZE = 2048
const LIVE = 3000

/** One area over typed arrays; runs of free slots are counted as the kernel counts them, to the end of their segment. */
class TypedSlots {
  constructor() {
    this.free = Uint8Array.from({ length: SLOTS }, (_, i) => SEGMENT - (i % SEGMENT))
    this.sizes = new Uint32Array(SLOTS)
    this.origins = new Float64Array(SLOTS)
    this.index = 0
    this.used = 0
  }

  take(size, orig) {
    const count = Math.ceil(size / SLOT_SIZE)
    if (count > SLOTS - this.used) return undefined
    // From a page on, runs begin at a page.
    const step = size >= 4096 ? 2 : 1
    let slot = this.index
    for (let checked = 0; checked < SLOTS;) {
      const aligned = slot % step === 0
      if (aligned && this.free[slot] >= count) return this.mark(slot, count, size, orig)
      const ahead = aligned ? step : 1
      slot = slot + ahead >= SLOTS ? 0 : slot + ahead
      checked += ahead
    }
    return undefined
  }

  mark(slot, count, size, orig) {
    for (let i = 0; i < count; i++) {
      this.free[slot + i] = 0
      this.sizes[slot + i] = size - i * SLOT_SIZE
      this.origins[slot + i] = orig + i * SLOT_SIZE
    }
    this.extend(slot, 0)
    this.index = slot + count >= SLOTS ? 0 : slot + count
    this.used += count
    return slot
  }

  release(slot) {
    const count = Math.ceil(this.sizes[slot] / SLOT_SIZE)
    const end = slot + count
    let run = end % SEGMENT === 0 ? 0 : this.free[end]
    for (let i = end - 1; i >= slot; i--) {
      this.free[i] = ++run
      this.sizes[i] = 0
      this.origins[i] = -1
    }
    this.extend(slot, run)
    this.used -= count
  }

  /** The free slots before `slot` see a run that goes on for `run` slots. */
  extend(slot, run) {
    let length = run
    for (let i = slot - 1; i >= 0 && i % SEGMENT !== SEGMENT - 1 && this.free[i] !== 0; i--) this.free[i] = ++length
  }
}

/** The product's pool; a find and a note are one mapping. */
class WasmSlots {
  constructor() {
    this.pool = new Hot(compileHotSync(), { lineSize: 64, poison: 0 }).swiotlbSlots(SLOTS, 1)
  }

  take(size, orig) {
    const request = { cpu: 0, base: 0x4000_0000, boundaryBits: 64, orig, size, alignMask: 0, minAlignMask: 0 }
    const slot = this.pool.find(request)
    if (slot !== undefined) this.pool.note(slot, 0, size, orig)
    return slot
  }

  release(slot) {
    this.pool.release(slot, 0)
  }
}

/** Victims, sizes and addresses are drawn beforehand: a generator in the loop would cost as much as the work. */
const open = (Slots) => (pairs) => {
  const pool = new Slots()
  const random = numbers(7)
  const draws = LIVE + pairs
  const sizes = Uint32Array.from({ length: draws }, () => 1 + random(16 * SLOT_SIZE))
  const origins = Float64Array.from({ length: draws }, () => 0x8000_0000 + random(2 ** 18) * 4096)
  const victims = Uint32Array.from({ length: pairs }, () => random(LIVE))
  const live = Array.from({ length: LIVE }, (_, i) => pool.take(sizes[i], origins[i]))
  return {
    work: pairs,
    run() {
      for (let i = 0; i < pairs; i++) {
        const victim = victims[i]
        if (live[victim] !== undefined) pool.release(live[victim])
        live[victim] = pool.take(sizes[LIVE + i], origins[LIVE + i])
      }
    },
    result: () => live,
  }
}

export const row = {
  name: 'swiotlb-slots',
  title: 'release and search a bounce run, 3000 live',
  unit: 'pair',
  versions: {
    typed: { bench: 200_000, check: 5000, open: open(TypedSlots) },
    wasm: { bench: 200_000, check: 5000, open: open(WasmSlots) },
  },
}
