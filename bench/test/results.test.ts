// What is made of rates: ratios of rounds, and the figures of the engine.
import { describe, expect, it } from 'vitest'
import { clockOf, measureRow } from '../src/measure.mjs'
import { meansOf, recordOf, slowdowns } from '../src/results.mjs'
import { meansText, table } from '../src/table.mjs'

const row = (name: string) => ({ name, title: '', unit: 'page', versions: { native: {}, typed: {}, wasm: {} } })

describe('a record', () => {
  it('compares versions round by round', () => {
    const record = recordOf(row('clean-clean'), { native: [10, 20, 40], typed: [1, 1, 1], wasm: [5, 20, 60] })
    expect(record).toMatchObject({ core: true, product: 20, native: 20, ratioNative: 1, ratioTyped: 20, naive: null })
    expect(record).toMatchObject({ ratioNaive: null, unit: 'pages/s', best: 60 })
  })
  it('gives means only where all core rows were compared', () => {
    const core = (ratioNative: number | null) => ({ core: true, ratioNative, ratioAddon: null })
    const other = { core: false, ratioNative: null, ratioAddon: null }
    expect(meansOf([core(0.5), core(2), other])).toMatchObject({ geomeanNative: 1, geomeanCalled: 1 })
    const none = { geomeanNative: null, geomeanNativeCapped: null, geomeanCalled: null, geomeanCalledCapped: null }
    expect(meansOf([core(0.5), core(null)])).toEqual(none)
  })
  it('tells loops inside compiled code from calls, and what counts above 1 from what does not', () => {
    const core = (ratioNative: number, ratioAddon: number | null) => ({ core: true, ratioNative, ratioAddon })
    const means = meansOf([core(0.5, 4), core(2, null)])
    expect(means.geomeanNative).toBeCloseTo(1)
    expect(means.geomeanNativeCapped).toBeCloseTo(Math.sqrt(0.5))
    expect(means.geomeanCalled).toBeCloseTo(Math.sqrt(8))
    expect(means.geomeanCalledCapped).toBeCloseTo(1)
    const rows = [{ core: true }, { core: true }]
    expect(meansText({ ...means, rows })).toContain('1.00 (0.71 with no row above 1) of compiled code that has loops')
    const rates = { native: [1], typed: [1], wasm: [1] }
    const inside = recordOf(row('clean-clean'), rates, { addon: [1, 2, 4], wasm: [2, 4, 4] })
    expect(inside).toMatchObject({ ratioAddon: 2, nativeLoops: 'inside' })
    expect(table([inside])).toContain('1.00x native inside')
    expect(recordOf(row('clean-clean'), rates)).toMatchObject({ ratioAddon: null, nativeLoops: 'called' })
    expect(recordOf(row('clean-clean'), { typed: [1], wasm: [1] }).nativeLoops).toBeNull()
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
