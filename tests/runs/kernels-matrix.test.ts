// The pipeline on every kernel that exists: with and without no-map pools, coherent and not, importers behind an IOMMU, bouncing,
// or neither. What is expected is what each kernel does, as the facts and traces tell it.
import type { DeviceFacts, KernelRun, Machine } from '@dmalab/api'
import { shippedBoard } from '@dmalab/machine'
import { describe, expect, test } from 'vitest'
import { openLaboratory, run as runWork } from '@dmalab/lab/node'

const laboratory = await openLaboratory()

const run = async (board: Machine, kernel: string, cmdline = '', height = 480): Promise<KernelRun> => {
  const size = `${(height * 4) / 3}x${height}`
  const { runs } = await runWork({ board, kernels: [kernel], cmdline, size, frames: 10 }, { laboratory })
  const [first] = runs
  if (first === undefined) throw new Error('a report has runs')
  return first
}
const summary = ({ verdict, step }: KernelRun): string => (step === null ? verdict : `${verdict} at ${step}`)

/** Changes facts of devices by name. */
const withDevices = (machine: Machine, change: Record<string, Partial<DeviceFacts>>): Machine => ({
  ...machine,
  devices: machine.devices.map((device) => ({ ...device, ...change[device.name] })),
})
const coherent = { coherent: true }
const all = (facts: Partial<DeviceFacts>) => ({ codec: facts, converter: facts, display: facts })

const xu4 = shippedBoard('odroid-xu4-2017')
const nopool = shippedBoard('odroid-xu4-nopool')
const imx = shippedBoard('imx8mp-evk')
/** The i.MX 8M Plus with a pool for its codec, taken out of RAM (a) and beyond it (b). */
const withPool = (base: number): Machine => ({
  ...withDevices(imx, { codec: { pools: ['codec-pool'] } }),
  reserved: [
    ...imx.reserved,
    { name: 'codec-pool', base, len: 32 * 2 ** 20, compatible: 'shared-dma-pool', noMap: true, reusable: false },
  ],
})
const poolInside = withPool(0x6000_0000)

describe('32-bit', () => {
  test.each([
    ['no pools', nopool, 'arm@4.11', 'works'],
    ['no pools', nopool, 'arm@6.12', 'works'],
    ['no-map pools', xu4, 'arm@4.11', 'fault at converter: QBUF dma-buf'],
    ['no-map pools', xu4, 'arm@4.11+pfn-valid', 'refused at codec: EXPBUF'],
    ['no-map pools', xu4, 'arm@4.11+nopage-rfc', 'works'],
    // The importer skips CPU syncs and looks at no page: 6.12 shares what 4.11 faulted on.
    ['no-map pools', xu4, 'arm@6.12', 'works'],
    // A coherent importer computes an address from the page pointer and never follows it.
    ['no-map pools, coherent devices', withDevices(xu4, all(coherent)), 'arm@4.11', 'works'],
    ['no-map pools, coherent devices', withDevices(xu4, all(coherent)), 'arm@4.11+nopage-rfc', 'works'],
    ['no pools, coherent devices', withDevices(nopool, all(coherent)), 'arm@6.12', 'works'],
  ] as const)('%s: %s on %s: %s', async (_what, machine, kernel, expected) => {
    expect(summary(await run(machine, kernel))).toBe(expected)
  })
})

describe('64-bit', () => {
  test.each([
    ['as it is', imx, 'works'],
    ['coherent devices', withDevices(imx, all(coherent)), 'works'],
    ['a no-map pool inside RAM', poolInside, 'works'],
  ] as const)('%s', async (_what, machine, expected) => {
    expect(summary(await run(machine, 'arm64@6.12'))).toBe(expected)
  })

  test("a bouncing importer keeps each buffer's first picture: later ones arrive stale", async () => {
    const one = await run(withDevices(imx, all(coherent)), 'arm64@6.12', 'swiotlb=force', 240)
    expect(one.verdict).toBe('corrupt')
    // Four buffers, mapped once each: four pictures are fresh.
    expect(one.frames).toMatchObject({ delivered: 10, intact: 4 })
    expect(one.findings.map((f) => f.code)).not.toContain('foreign-memory')
    expect(one.findings.map((f) => f.code)).toContain('bounce-without-sync')
  })

  test('without snooping not even the first one is right: the copy stays in the cache, as the sync was skipped', async () => {
    // An emulator has no caches and shows four; the source shows none (swiotlb_map skips arch_sync_dma_for_device).
    expect(await run(imx, 'arm64@6.12', 'swiotlb=force', 240)).toMatchObject({
      verdict: 'corrupt',
      frames: { delivered: 10, intact: 0 },
    })
  })

  test('a plane above 256 KiB cannot bounce: the import is refused', async () => {
    const { verdict, step, errno } = await run(imx, 'arm64@6.12', 'swiotlb=force')
    expect({ verdict, step, errno }).toEqual({ verdict: 'refused', step: 'converter: QBUF dma-buf', errno: 'EINVAL' })
  })

  test('a pool exported to a bouncing importer faults in the copy, although the sync is skipped', async () => {
    const one = await run(poolInside, 'arm64@6.12', 'swiotlb=force', 240)
    expect(one.verdict).toBe('fault')
    expect(one.oops?.callPath).toEqual(expect.arrayContaining(['__memcpy', 'swiotlb_tbl_map_single']))
  })

  test('what the converter scatters over memory, the display sees in one piece through its IOMMU only', async () => {
    const rk = shippedBoard('rk3399-rockpro64')
    expect(summary(await run(rk, 'arm64@6.12'))).toBe('works')
    const { verdict, zeroCopy, findings } = await run(rk, 'arm64@6.12', 'iommu.passthrough=1')
    expect({ verdict, zeroCopy }).toEqual({ verdict: 'works', zeroCopy: false })
    expect(findings.find(({ code }) => code === 'import-copied')?.message).toContain('in one piece')
  })
})
