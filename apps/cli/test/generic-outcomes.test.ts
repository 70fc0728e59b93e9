// What kernels of 6.12 did with memory without struct page, and what a device saw on each back end: cell by cell as recorded
// (emulated boots; a non-coherent cache has no part in what is tested here).
import {
  ATTR,
  type Device,
  type DeviceFacts,
  DIR,
  type Direction,
  type DmaAddr,
  type Event,
  type KernelSpec,
  type Lab,
  type Machine,
  type Oops,
  pfn,
  type Pfn,
  physOf,
  type SgTable,
} from '@dmalab/api'
import { openLab, parseKernel } from '@dmalab/runner'
import { describe, expect, it } from 'vitest'
import { openLaboratory } from '../src/laboratory.ts'

const parts = await openLaboratory()
const SIZE = 65536
const RAM = 0x4000_0000
const POOLS = { a: 0x6000_0000, b: 0x7400_0000 } as const

/** RAM is 768 MiB from 0x4000_0000: pool a lies inside, b outside. */
const machine = (
  arch: 'arm' | 'arm64',
  holes: Machine['layout']['pageArray'],
  devices: readonly DeviceFacts[],
): Machine => ({
  name: 'virt',
  title: 'a board with two no-map pools and a restricted one',
  arch,
  cpu: { lineSize: 64, aliasing: false },
  memory: [{ base: RAM, len: 768 * 2 ** 20 }],
  reserved: [
    { name: 'a', base: POOLS.a, len: 2 ** 24, compatible: 'shared-dma-pool', noMap: true, reusable: false },
    { name: 'b', base: POOLS.b, len: 2 ** 24, compatible: 'shared-dma-pool', noMap: true, reusable: false },
    {
      name: 'bounce',
      base: 0x6800_0000,
      len: 2 ** 22,
      compatible: 'restricted-dma-pool',
      noMap: false,
      reusable: false,
    },
  ],
  layout: holes === undefined ? {} : { pageArray: holes },
  iommus: [{ name: 'smmu', model: 'arm-smmu-v3', enabled: true }],
  devices,
  bindings: {},
})

const device = (name: string, more: Partial<DeviceFacts> = {}): DeviceFacts => ({
  name,
  class: 'other',
  coherent: false,
  maskBits: 64,
  pools: [],
  ...more,
})

const DEVICES = [
  device('poolA', { pools: ['a'] }),
  device('poolB', { pools: ['b'] }),
  device('plain'),
  device('coherent', { coherent: true }),
  device('translated', { coherent: true, iommu: 'smmu' }),
  device('bouncing', { pools: ['bounce'] }),
  device('bouncingCoherent', { pools: ['bounce'], coherent: true }),
]

/** The page array's holes hold `word`; absent: nothing is mapped there. */
const open = (kernel: 'arm@6.12' | 'arm64@6.12', word?: number, options?: Partial<KernelSpec['options']>): Lab => {
  const arch = kernel === 'arm@6.12' ? 'arm' : 'arm64'
  const array = { base: 0xede0_9000n, entrySize: 32 }
  const holes = word === undefined ? undefined : { ...array, holes: { word } }
  const spec = parseKernel(kernel, parts.registry)
  return openLab(parts, {
    machine: machine(arch, holes, DEVICES),
    kernel: { ...spec, options: { ...spec.options, ...options } },
  })
}

/** alloc and dma_get_sgtable as an exporter does. */
const exported = (lab: Lab, exporter: Device): { handle: DmaAddr; table: SgTable } => {
  const got = lab.dma.allocAttrs(exporter, SIZE, 0, 'frame')
  if (!got.ok) throw new Error(got.why)
  const table = lab.dma.getSgtableAttrs(exporter, got.value.cpuAddr, got.value.handle, SIZE, 0)
  if (!table.ok) throw new Error(table.why)
  return { handle: got.value.handle, table: table.value }
}

/** The importer's own list over the exporter's page, mapped. */
const imported = (lab: Lab, from: string, to: string, attrs: number): { importer: Device; table: SgTable } => {
  const { page, length, offset } = exported(lab, lab.device(from)).table.entry(0)
  const importer = lab.device(to)
  const table = lab.sgTable([{ page, length, offset }])
  const mapped = lab.dma.mapSgAttrs(importer, table, DIR.FROM_DEVICE, attrs)
  if (!mapped.ok) throw new Error(mapped.why)
  return { importer, table }
}

const oopsOf = (body: () => unknown): Oops => {
  try {
    body()
  } catch (e) {
    if (e instanceof Error && 'oops' in e) return e.oops as Oops
    throw e
  }
  throw new Error('the kernel survived')
}

const KERNELS = ['arm@6.12', 'arm64@6.12'] as const

describe.each(KERNELS)('%s: memory of a no-map pool', (kernel) => {
  const word = kernel === 'arm@6.12' ? 0xa5a5_a5a5 : undefined

  it('gets a list with a page computed from the handle, whether or not there is one', () => {
    const lab = open(kernel, word)
    for (const [name, base, valid] of [
      ['poolA', POOLS.a, true],
      ['poolB', POOLS.b, false],
    ] as const) {
      const { table } = exported(lab, lab.device(name))
      expect(table.entry(0)).toMatchObject({ page: { kind: 'page', pfn: base / 4096 }, length: SIZE })
      expect(lab.mem.pfnValid(pfn(base / 4096))).toBe(valid)
    }
  })

  it('can be imported without cache maintenance, which is what videobuf2 does', () => {
    const lab = open(kernel, word)
    for (const from of ['poolA', 'poolB']) {
      const { table } = imported(lab, from, 'plain', ATTR.SKIP_CPU_SYNC)
      expect(table.entry(0).dmaAddress).toBe(from === 'poolA' ? POOLS.a : POOLS.b)
    }
  })
})

describe('arm@6.12: an importer that syncs', () => {
  it('of a pool without struct pages faults at the address that lies where compound_head should be', () => {
    const lab = open('arm@6.12', 0xa5a5_a5a5)
    const { importer, table } = imported(lab, 'poolB', 'plain', ATTR.SKIP_CPU_SYNC)
    const oops = oopsOf(() => lab.dma.syncSgForCpu(importer, table, DIR.FROM_DEVICE))
    expect(oops).toMatchObject({
      address: '0xa5a5a5a4',
      function: 'arch_sync_dma_for_cpu',
      callPath: ['arch_sync_dma_for_cpu', 'dma_direct_sync_sg_for_cpu', '__dma_sync_sg_for_cpu'],
    })
    expect(oops.text[0]).toBe('Unable to handle kernel paging request at virtual address a5a5a5a4 when read')
  })

  it('hangs when other bytes lie there, such that the folio they describe has size 0', () => {
    const lab = open('arm@6.12', 0x5454_5454)
    const { importer, table } = imported(lab, 'poolB', 'plain', ATTR.SKIP_CPU_SYNC)
    expect(oopsOf(() => lab.dma.syncSgForCpu(importer, table, DIR.FROM_DEVICE)).reason).toBe('stall')
  })

  it('survives when the device is coherent', () => {
    const lab = open('arm@6.12', 0xa5a5_a5a5)
    const { importer, table } = imported(lab, 'poolB', 'coherent', ATTR.SKIP_CPU_SYNC)
    expect(() => lab.dma.syncSgForCpu(importer, table, DIR.FROM_DEVICE)).not.toThrow()
  })
})

describe('arm64@6.12: a bouncing importer', () => {
  it.each(['poolA', 'poolB'])('of %s faults while copying in, though cache maintenance was not wanted', (from) => {
    const lab = open('arm64@6.12')
    const oops = oopsOf(() => imported(lab, from, 'bouncing', ATTR.SKIP_CPU_SYNC))
    expect(oops.callPath).toEqual([
      'memcpy',
      'swiotlb_tbl_map_single',
      'swiotlb_map',
      'dma_direct_map_sg',
      '__dma_map_sg_attrs',
    ])
  })

  const importedFrame = (lab: Lab, name: string) => {
    const memory = page(lab)
    write(lab, memory, 1)
    const importer = lab.device(name)
    const table = lab.sgTable([{ page: { kind: 'page', pfn: memory }, length: 4096, offset: 0 }])
    expect(lab.dma.mapSgAttrs(importer, table, DIR.TO_DEVICE, ATTR.SKIP_CPU_SYNC).ok).toBe(true)
    const read = (seed: number) => lab.bus(importer).read({ at: table.entry(0).dmaAddress, len: 4096 }, { seed }).wrong
    return { memory, read }
  }

  it('of ordinary memory sees the first frame for ever: the copy is made once, when mapping', () => {
    const lab = open('arm64@6.12')
    const { memory, read } = importedFrame(lab, 'bouncingCoherent')
    write(lab, memory, 2)
    expect(read(1)).toBe(0)
  })

  it('that does not snoop may not even see that: SKIP_CPU_SYNC leaves the copy in the cache (source only; no emulator shows it)', () => {
    expect(importedFrame(open('arm64@6.12'), 'bouncing').read(1)).toBeGreaterThan(4000)
  })
})

const page = (lab: Lab): Pfn => {
  const got = lab.mem.allocPages(8192, { owner: 'buffer' })
  if (!got.ok) throw new Error(got.why)
  return got.value
}
const mapping = (at: Pfn) => ({ phys: physOf(at), len: 8192, kind: 'cached' }) as const
const write = (lab: Lab, at: Pfn, seed: number): void => lab.userWrite(mapping(at), { seed }, 8192, 'buffer')

/** A coherent device that copies, as the PCI device of the recordings; the three columns of what it saw. */
const MODES = {
  direct: { device: 'coherent', options: {} },
  swiotlb: { device: 'coherent', options: { cmdline: { swiotlb: 'force' } } },
  smmu: { device: 'translated', options: {} },
} as const
const LEN = 2048

describe.each(Object.keys(MODES) as (keyof typeof MODES)[])('data path, arm64@6.12, %s', (mode) => {
  const bounced = mode === 'swiotlb'
  const translated = mode === 'smmu'
  const start = () => {
    const { device: name, options } = MODES[mode]
    const lab = open('arm64@6.12', undefined, options)
    const events: Event[] = []
    lab.listen('op', (event) => events.push(event))
    const dev = lab.device(name)
    const bus = lab.bus(dev)
    const memory = page(lab)
    const map = (dir: Direction, offset = 0): DmaAddr => {
      const got = lab.dma.mapPageAttrs(dev, { kind: 'page', pfn: memory }, offset, LEN, dir, 0)
      if (!got.ok) throw new Error(got.why)
      return got.value
    }
    const sees = (at: DmaAddr, seed: number): boolean => bus.read({ at, len: LEN }, { seed }).wrong === 0
    /** Bytes of the two pages, from `offset` on, that are not what was written with `seed` from `base` on. */
    const differ = (seed: number, offset: number, len: number, base = 0): number =>
      lab.userCompare(mapping(memory), len, 'buffer', { offset, content: { seed, offset: offset - base } }).wrong
    const cpu = (seed: number): boolean => differ(seed, 0, LEN) === 0
    /** What the SMMU tells of the first access that it stopped, and the driver's line for it. */
    const reported = () => {
      const fault = events.find((event) => event.event === 'io_page_fault')
      const line = events.find((event) => event.event === 'printk' && event.text.startsWith('event 0x10 '))
      return [fault, line].map((event) => event ?? null)
    }
    const report = (iova: DmaAddr, flags: number) => [
      expect.objectContaining({ device: 'translated', iova, flags }),
      expect.objectContaining({ text: 'event 0x10 received:' }),
    ]
    return { lab, dev, bus, memory, map, sees, differ, cpu, reported, report }
  }

  it('a copy between map and unmap arrives', () => {
    const { lab, dev, bus, map, cpu } = start()
    const at = map(DIR.FROM_DEVICE)
    bus.write({ at, len: LEN }, { seed: 7 })
    lab.dma.unmapPageAttrs(dev, at, LEN, DIR.FROM_DEVICE, 0)
    expect(cpu(7)).toBe(true)
  })

  it('CPU writes after mapping: the device sees them at once, or only after a sync', () => {
    const { lab, dev, memory, map, sees } = start()
    write(lab, memory, 1)
    const at = map(DIR.TO_DEVICE)
    write(lab, memory, 2)
    expect(sees(at, bounced ? 1 : 2)).toBe(true)
    lab.dma.syncSingleForDevice(dev, at, LEN, DIR.TO_DEVICE)
    expect(sees(at, 2)).toBe(true)
  })

  it('CPU reads before a sync: fresh, or stale until then', () => {
    const { lab, dev, bus, memory, map, cpu } = start()
    write(lab, memory, 1)
    const at = map(DIR.FROM_DEVICE)
    bus.write({ at, len: LEN }, { seed: 2 })
    expect(cpu(bounced ? 1 : 2)).toBe(true)
    lab.dma.syncSingleForCpu(dev, at, LEN, DIR.FROM_DEVICE)
    expect(cpu(2)).toBe(true)
  })

  it('a device that fills part of a buffer leaves the rest as it was', () => {
    const { lab, dev, bus, memory, map, differ } = start()
    write(lab, memory, 1)
    const at = map(DIR.FROM_DEVICE)
    bus.write({ at, len: 512 }, { seed: 2 })
    lab.dma.unmapPageAttrs(dev, at, LEN, DIR.FROM_DEVICE, 0)
    expect([differ(2, 0, 512), differ(1, 512, LEN - 512)]).toEqual([0, 0])
  })

  it('a write after unmap corrupts memory, goes to slots that were freed, or is blocked and reported', () => {
    const { lab, dev, bus, memory, map, cpu, reported, report } = start()
    write(lab, memory, 1)
    const at = map(DIR.FROM_DEVICE)
    bus.write({ at, len: LEN }, { seed: 1 })
    lab.dma.unmapPageAttrs(dev, at, LEN, DIR.FROM_DEVICE, 0)
    expect(bus.write({ at, len: LEN }, { seed: 2 }).blocked).toBe(translated ? LEN : 0)
    expect(cpu(mode === 'direct' ? 2 : 1)).toBe(true)
    expect(reported()).toEqual(translated ? report(at, 1) : [null, null])
  })

  it('a read after unmap leaks the data, or is blocked and reported', () => {
    const { lab, dev, bus, memory, map, reported, report } = start()
    write(lab, memory, 1)
    const at = map(DIR.TO_DEVICE)
    expect(bus.read({ at, len: LEN }, { seed: 1 })).toMatchObject({ wrong: 0, blocked: 0 })
    lab.dma.unmapPageAttrs(dev, at, LEN, DIR.TO_DEVICE, 0)
    const { blocked, wrong } = bus.read({ at, len: LEN }, { seed: 1 })
    expect(blocked).toBe(translated ? LEN : 0)
    expect(wrong === 0).toBe(!translated)
    expect(reported()).toEqual(translated ? report(at, 0) : [null, null])
  })

  it('a write into a to-device mapping changes memory, only the bounce slots, or nothing', () => {
    const { lab, dev, bus, memory, map, cpu } = start()
    write(lab, memory, 1)
    const at = map(DIR.TO_DEVICE)
    expect(bus.write({ at, len: LEN }, { seed: 2 }).blocked).toBe(translated ? LEN : 0)
    lab.dma.unmapPageAttrs(dev, at, LEN, DIR.TO_DEVICE, 0)
    expect(cpu(mode === 'direct' ? 2 : 1)).toBe(true)
  })

  it('an overrun within the page spills into memory (an IOMMU sees pages), or stays in the bounce pool', () => {
    const { lab, dev, bus, memory, map, differ } = start()
    write(lab, memory, 1)
    const at = map(DIR.FROM_DEVICE)
    bus.write({ at, len: LEN + 512 }, { seed: 2 })
    lab.dma.unmapPageAttrs(dev, at, LEN, DIR.FROM_DEVICE, 0)
    expect(differ(bounced ? 1 : 2, LEN, 512)).toBe(0)
  })

  it('an overrun across the end of the page spills into the next, stays in the pool, or is blocked there', () => {
    const { lab, dev, bus, memory, map, differ } = start()
    write(lab, memory, 1)
    const at = map(DIR.FROM_DEVICE, 4096 - LEN)
    expect(bus.write({ at, len: LEN + 512 }, { seed: 2 }).blocked).toBe(translated ? 512 : 0)
    lab.dma.unmapPageAttrs(dev, at, LEN, DIR.FROM_DEVICE, 0)
    expect(differ(2, 4096 - LEN, LEN, 4096 - LEN)).toBe(0)
    const behind = mode === 'direct' ? differ(2, 4096, 512, 4096 - LEN) : differ(1, 4096, 512)
    expect(behind).toBe(0)
  })
})
