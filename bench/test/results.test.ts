// What is made of rates: ratios of rounds, and the figures of the engine.
import { describe, expect, it } from 'vitest'
import { clockOf, measureRow } from '../src/measure.mjs'
import { geomeanAddon, geomeanNative, recordOf, slowdowns } from '../src/results.mjs'

const row = (name: string) => ({ name, title: '', unit: 'page', versions: { native: {}, typed: {}, wasm: {} } })

describe('a record', () => {
  it('compares versions round by round', () => {
    const record = recordOf(row('clean-clean'), { native: [10, 20, 40], typed: [1, 1, 1], wasm: [5, 20, 60] })
    expect(record).toMatchObject({ core: true, product: 20, native: 20, ratioNative: 1, ratioTyped: 20, naive: null })
    expect(record).toMatchObject({ ratioNaive: null, unit: 'pages/s', best: 60 })
  })
  it('gives a mean only where all core rows were compared', () => {
    const core = (ratioNative: number | null) => ({ core: true, ratioNative })
    expect(geomeanNative([core(0.5), core(2), { core: false, ratioNative: null }])).toBeCloseTo(1)
    expect(geomeanNative([core(0.5), core(null)])).toBeNull()
  })
  it('counts what is faster than an addon as equal to it', () => {
    const core = (ratioNative: number, ratioAddon: number | null) => ({ core: true, ratioNative, ratioAddon })
    expect(geomeanAddon([core(0.2, 3), core(0.25, null)])).toBeCloseTo(0.5)
    const called = { addon: [1, 2, 4], wasm: [2, 4, 4] }
    expect(recordOf(row('clean-clean'), { native: [1], typed: [1], wasm: [1] }, called).ratioAddon).toBe(2)
    expect(recordOf(row('clean-clean'), { native: [1], typed: [1], wasm: [1] }).ratioAddon).toBeNull()
  })
  it('is compared with an earlier one by the speed of the machine', () => {
    const at = (calibration: number, product: number) => ({ calibration, rows: [{ name: 'a', product }] })
    expect(slowdowns(at(100, 50), at(200, 50))).toEqual([{ name: 'a', slower: 2 }])
  })
  it('has a rate a round of every version', async () => {
    const version = { bench: 1, check: 1, open: async () => ({ work: 1, run: () => {}, result: () => 0 }) }
    const rates = await measureRow(
      { versions: { a: version, b: version } },
      { rounds: 3, time: 1, clock: clockOf(undefined) },
    )
    expect(Object.values(rates).map((each) => each.length)).toEqual([3, 3])
  })
})
