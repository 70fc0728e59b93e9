// Lists are mapped in one loop where that can be. Listening to single pages makes it go entry by entry; both must agree on every
// address, every byte a device sees, every bounce and every line operation.
import {
  ATTR,
  type DeviceFacts,
  DIR,
  type Direction,
  type Lab,
  type Machine,
  type Oops,
  pfn,
  type Pfn,
  physOf,
} from '@dmalab/api'
import { isSimulatedOops } from '@dmalab/memory'
import { openLab, parseKernel } from '@dmalab/runner'
import { expect, it } from 'vitest'
import { openLaboratory } from '@dmalab/lab/node'

const parts = await openLaboratory()
const RAM = { base: 0x8000_0000, len: 2 ** 30 }
const HOLE = { base: 0x8800_0000, len: 2 ** 20 }

/** Reproducible numbers in [0, n). */
const seeded = (seed: number) => {
  let state = seed
  return (n: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * n)
  }
}

const device = (more: Partial<DeviceFacts>): DeviceFacts => ({
  name: 'device',
  class: 'other',
  coherent: false,
  maskBits: 32,
  pools: [],
  ...more,
})

const machine = (arch: 'arm' | 'arm64', facts: DeviceFacts): Machine => ({
  name: 'plain',
  title: 'plain RAM',
  arch,
  cpu: { lineSize: 64, aliasing: false },
  memory: [RAM],
  // A hole in the linear map, which loops must not run into.
  reserved: [{ ...HOLE, name: 'hole', compatible: 'shared-dma-pool', noMap: true, reusable: false }],
  layout: arch === 'arm' ? { lowmemEnd: RAM.base + 2 ** 29 } : {},
  iommus: [SMMU],
  devices: [facts],
  bindings: {},
})

const SMMU = { name: 'smmu', model: 'arm,smmu-v3', enabled: true } as const

const DEVICES: Readonly<Record<string, Partial<DeviceFacts>>> = {
  'a device that does not snoop': {},
  'a coherent device': { coherent: true },
  'a device behind two windows': {
    dmaRanges: [
      { cpu: 0x8000_0000, bus: 0x1000_0000, len: 0x2000_0000 },
      { cpu: 0xa000_0000, bus: 0x9000_0000, len: 0x2000_0000 },
    ],
  },
  'a device that reaches half of the memory': { busLimit: 0x9fff_ffff },
}

/** A page around the hole's edges or in it. */
const atHole = (random: (n: number) => number): Pfn => pfn(HOLE.base / 4096 - 2 + random(5))

/** Runs `body`, and returns the oops that it ends in, if it does. */
const oopsOf = (body: () => void): Oops | undefined => {
  try {
    body()
    return undefined
  } catch (e) {
    if (isSimulatedOops(e)) return e.oops
    throw e
  }
}

/** Everything that can be seen of one history of a laboratory. */
const history = (lab: Lab, seed: number): unknown => {
  const random = seeded(seed)
  const dev = lab.device('device')
  const ops = lab.ops(dev)
  const out: unknown[] = []
  const once = (round: number): void => {
    const entries = Array.from({ length: 1 + random(12) }, (_, i) => ({
      page: {
        kind: 'page',
        pfn: random(30) === 0 ? atHole(random) : pfn(RAM.base / 4096 + random(2 ** 17) + i * 2 ** 13),
      },
      offset: random(4096),
      length: 256 + random(9000),
    })) as { page: { kind: 'page'; pfn: Pfn }; offset: number; length: number }[]
    for (const { page, offset } of entries) {
      const at = physOf(page.pfn, offset)
      lab.userWrite({ phys: at, len: 300, kind: 'cached' }, { seed: round }, 256, 'buffer')
    }
    const table = lab.sgTable(entries)
    const dir = random(3) as Direction
    const attrs = random(3) === 0 ? ATTR.SKIP_CPU_SYNC : 0
    const mapped = ops.mapSg(table, entries.length, dir, attrs)
    out.push(mapped.ok ? mapped.value : mapped.errno)
    if (mapped.ok) {
      const bus = lab.bus(dev)
      for (const { dmaAddress, dmaLength } of table.entries()) {
        out.push(dmaAddress, dmaLength, bus.read({ at: dmaAddress, len: 256 }, { seed: round }).wrong)
        if (dir !== DIR.TO_DEVICE) bus.write({ at: dmaAddress, len: 200 }, { seed: 100 + round })
      }
      if (random(2) === 0) ops.syncSgForCpu(table, entries.length, dir)
      if (random(2) === 0) ops.syncSgForDevice(table, entries.length, dir)
      ops.unmapSg(table, entries.length, dir, attrs)
    }
    for (const { page, offset } of entries) {
      const mapping = { phys: physOf(page.pfn, offset), len: 300, kind: 'cached' } as const
      out.push(lab.userCompare(mapping, 256, 'buffer').wrong)
    }
    out.push(lab.host(dev).swiotlb()?.areas())
    lab.sgFree(table)
  }
  for (let round = 0; round < 6; round++) out.push(oopsOf(() => once(round)))
  return { out, counters: lab.cache.counters() }
}

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8]

/** The histories of laboratories where single pages are listened to (`slow`), or not. */
const histories = (kernel: 'arm@6.12' | 'arm64@6.12', facts: DeviceFacts, slow: boolean): unknown =>
  SEEDS.map((seed) => {
    const lab = open(kernel, facts)
    if (slow) lab.listen('page', () => {})
    const all = history(lab, seed)
    lab.close()
    return all
  })

const open = (kernel: 'arm@6.12' | 'arm64@6.12', facts: DeviceFacts): Lab => {
  const arch = kernel === 'arm@6.12' ? 'arm' : 'arm64'
  const spec = parseKernel(kernel, parts.registry)
  return openLab(parts, {
    machine: machine(arch, facts),
    kernel: { ...spec, options: { config: { DMA_BOUNCE_UNALIGNED_KMALLOC: arch === 'arm64' }, cmdline: {} } },
  })
}

for (const kernel of ['arm@6.12', 'arm64@6.12'] as const)
  it.each(Object.entries(DEVICES))(`${kernel}, %s: one loop and entry by entry agree`, (_name, more) => {
    expect(histories(kernel, device(more), false)).toEqual(histories(kernel, device(more), true))
  })

it.each([{}, { coherent: true }])(
  'arm64@6.12, a device behind an IOMMU %o: one loop and entry by entry agree',
  (more) => {
    expect(histories('arm64@6.12', device({ ...more, iommu: 'smmu' }), false)).toEqual(
      histories('arm64@6.12', device({ ...more, iommu: 'smmu' }), true),
    )
  },
)
