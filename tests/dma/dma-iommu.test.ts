// The op table dma-iommu in a whole laboratory: what a device behind an IOMMU reaches, and when it stops reaching it.
import {
  ATTR,
  type BuildFacts,
  type Device,
  type DeviceFacts,
  DIR,
  type DmaAddr,
  type Event,
  type KernelDef,
  type KResult,
  type Lab,
  type Machine,
  type Patch,
  phys,
  pfnOf,
  pluginApi,
  RELEASES,
  type ReservedRegion,
} from '@dmalab/api'
import { openLaboratory } from '@dmalab/lab/node'
import { dmaIommuOps } from '@dmalab/arch-iommu'
import { fixV7sSplit } from '@dmalab/patches'
import { composeKernel, openLab } from '@dmalab/runner'
import { describe, expect, it } from 'vitest'

const FACTS: BuildFacts = {
  ...RELEASES['6.12'],
  skipsNeedlessSync: false,
  sgEntrySize: 32,
  sgDmaLength: true,
  dmaAddrSize: 8,
  physAddrSize: 8,
}
const kernel = (facts: Partial<BuildFacts>): KernelDef => ({
  name: 'iommu@6.12',
  arch: 'arm64',
  title: 'every device behind its IOMMU',
  source: 'test',
  facts: () => ({ ...FACTS, ...facts }),
  config: {},
  cmdline: {},
  idle: () => ({}),
  ops: [dmaIommuOps(pluginApi)],
  opsFor: () => 'dma-iommu',
})
const POOL: ReservedRegion = {
  name: 'pool',
  base: 0x8800_0000,
  len: 0x10_0000,
  compatible: 'shared-dma-pool',
  noMap: true,
  reusable: false,
}
interface Setup {
  readonly facts?: Partial<BuildFacts>
  readonly device?: Partial<DeviceFacts>
  readonly model?: string
  readonly reserved?: readonly ReservedRegion[]
  readonly patches?: readonly Patch[]
}
const { module, registry } = await openLaboratory()

const open = ({ facts = {}, device = {}, model = 'arm-smmu-v3', reserved = [], patches = [] }: Setup = {}) => {
  const machine: Machine = {
    name: 'board',
    title: 'a board with an IOMMU',
    arch: 'arm64',
    cpu: { lineSize: 64, aliasing: false },
    memory: [{ base: 0x8000_0000, len: 0x1000_0000 }],
    reserved,
    layout: {},
    iommus: [{ name: 'iommu', model, enabled: true }],
    devices: [{ name: 'codec', class: 'codec', coherent: false, maskBits: 32, pools: [], iommu: 'iommu', ...device }],
    bindings: {},
  }
  const lab = openLab({ module, registry }, { kernel: composeKernel(kernel(facts), ...patches), machine })
  const events: Event[] = []
  lab.listen('op', (event) => events.push(event))
  return { lab, codec: lab.device('codec'), events }
}
const value = <T>(result: KResult<T>): T => {
  if (!result.ok) throw new Error(`${result.errno}: ${result.why}`)
  return result.value
}
const names = (events: readonly Event[]): string[] => events.map((event) => event.event)

/** A buffer of user space, written by the CPU, mapped for the device. */
const buffer = (lab: Lab, codec: Device, len: number, attrs = 0) => {
  const user = value(lab.userAlloc(len, 'frame'))
  lab.userWrite(user, { seed: 1 }, len, 'frame')
  const page = { kind: 'page', pfn: pfnOf(user.phys) } as const
  const handle = value(lab.dma.mapPageAttrs(codec, page, 0, len, DIR.BIDIRECTIONAL, attrs))
  return { user, handle }
}

describe('streaming maps', () => {
  it('give the device an address of its own, behind which it finds what the CPU wrote', () => {
    const { lab, codec } = open()
    const { user, handle } = buffer(lab, codec, 0x5000)
    expect(handle).not.toBe(user.phys)
    expect(lab.bus(codec).read({ at: handle, len: 0x5000 }, { seed: 1 })).toMatchObject({ wrong: 0, blocked: 0 })
  })
  it('leave a device that does not snoop with old bytes when the sync is skipped', () => {
    const { lab, codec } = open()
    const { handle } = buffer(lab, codec, 0x5000, ATTR.SKIP_CPU_SYNC)
    expect(lab.bus(codec).read({ at: handle, len: 0x5000 }, { seed: 1 }).wrong).toBeGreaterThan(0)
  })
  it('let a snooping device find them without any cache work', () => {
    const { lab, codec } = open({ device: { coherent: true } })
    const { handle } = buffer(lab, codec, 0x5000, ATTR.SKIP_CPU_SYNC)
    expect(lab.bus(codec).read({ at: handle, len: 0x5000 }, { seed: 1 }).wrong).toBe(0)
  })
  it('stop the device after the unmap, with the line the driver prints', () => {
    const { lab, codec, events } = open()
    const { handle } = buffer(lab, codec, 0x1000)
    lab.dma.unmapPageAttrs(codec, handle, 0x1000, DIR.BIDIRECTIONAL, 0)
    expect(lab.bus(codec).write({ at: handle, len: 64 }, { seed: 2 })).toMatchObject({ blocked: 64 })
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'io_page_fault', device: 'codec', iova: handle, flags: 1 }),
    )
    expect(events).toContainEqual(expect.objectContaining({ event: 'printk', text: 'event 0x10 received:' }))
  })
  it('do not let a device write what it may only read', () => {
    const { lab, codec } = open()
    const user = value(lab.userAlloc(0x1000, 'frame'))
    const page = { kind: 'page', pfn: pfnOf(user.phys) } as const
    const handle = value(lab.dma.mapPageAttrs(codec, page, 0, 0x1000, DIR.TO_DEVICE, 0))
    expect(lab.bus(codec).read({ at: handle, len: 64 })).toMatchObject({ blocked: 0 })
    expect(lab.bus(codec).write({ at: handle, len: 64 }, { seed: 2 })).toMatchObject({ blocked: 64 })
  })
})

describe('invalidation', () => {
  const touchAfterUnmap = (facts: Partial<BuildFacts>) => {
    const { lab, codec, events } = open({ facts })
    const { handle } = buffer(lab, codec, 0x1000)
    lab.bus(codec).read({ at: handle, len: 64 })
    lab.dma.unmapPageAttrs(codec, handle, 0x1000, DIR.BIDIRECTIONAL, 0)
    return { blocked: lab.bus(codec).read({ at: handle, len: 64 }).blocked, seen: names(events) }
  }
  it('is strict by default', () => {
    expect(touchAfterUnmap({})).toMatchObject({ blocked: 64 })
  })
  it('is late with iommu.strict=0: the device still reaches what it lost, and that is reported', () => {
    const { blocked, seen } = touchAfterUnmap({ iommu: { strict: false, passthrough: false } })
    expect(blocked).toBe(0)
    expect(seen).toContain('stale_translation')
  })
  it('comes with iommu.strict=0 when the timer of the flush queue fires, 10 ms after the first unmap', () => {
    const { lab, codec } = open({ facts: { iommu: { strict: false, passthrough: false } } })
    const { handle } = buffer(lab, codec, 0x1000)
    const blocked = (): number => lab.bus(codec).read({ at: handle, len: 64 }).blocked
    expect(blocked()).toBe(0)
    lab.dma.unmapPageAttrs(codec, handle, 0x1000, DIR.BIDIRECTIONAL, 0)
    lab.passTime(9.5)
    expect(blocked()).toBe(0)
    lab.passTime(0.5)
    expect(blocked()).toBe(64)
  })
})

describe('lists', () => {
  it('come out as few segments as the device allows, every byte in place', () => {
    const { lab, codec } = open({ device: { maxSegmentSize: 0x10000 } })
    const blocks = [0, 1, 2, 3].map(() => value(lab.userAlloc(0x4000, 'frame')))
    const table = lab.sgTable(
      blocks.map(({ phys: at }) => ({ page: { kind: 'page', pfn: pfnOf(at) }, offset: 0, length: 0x4000 })),
    )
    blocks.forEach((block, i) => lab.userWrite(block, { seed: i }, 0x4000, 'frame'))
    expect(value(lab.dma.mapSgAttrs(codec, table, DIR.TO_DEVICE, 0))).toBe(1)
    const { dmaAddress } = table.entry(0)
    blocks.forEach((_block, i) => {
      const at = (dmaAddress + i * 0x4000) as DmaAddr
      expect(lab.bus(codec).read({ at, len: 0x4000 }, { seed: i })).toMatchObject({ wrong: 0, blocked: 0 })
    })
    lab.dma.unmapSgAttrs(codec, table, DIR.TO_DEVICE, 0)
    expect(lab.bus(codec).read({ at: dmaAddress, len: 4 })).toMatchObject({ blocked: 4 })
  })
})

describe('coherent memory', () => {
  const LEN = 0x30_0000
  it('is scattered pages that the device sees as one piece, and a list shows as pieces', () => {
    const { lab, codec } = open()
    const { cpuAddr, handle } = value(lab.dma.allocAttrs(codec, LEN, 0, 'frame'))
    expect(lab.bus(codec).write({ at: handle, len: LEN }, { seed: 9 })).toMatchObject({ blocked: 0 })
    const table = value(lab.dma.getSgtableAttrs(codec, cpuAddr, handle, LEN, 0))
    expect(table.entries().reduce((sum, { length }) => sum + length, 0)).toBe(LEN)
    const mapping = value(lab.dma.mmapAttrs(codec, cpuAddr, handle, LEN, 0))
    expect(mapping).toMatchObject({ len: LEN, kind: 'uncached' })
    expect(mapping.pages).toHaveLength(LEN / 4096)
    lab.dma.freeAttrs(codec, LEN, cpuAddr, handle, 0)
    expect(lab.bus(codec).read({ at: handle, len: 4 })).toMatchObject({ blocked: 4 })
  })
  it('is one piece of memory when asked for', () => {
    const { lab, codec } = open()
    const { cpuAddr, handle } = value(lab.dma.allocAttrs(codec, LEN, ATTR.FORCE_CONTIGUOUS, 'frame'))
    const table = value(lab.dma.getSgtableAttrs(codec, cpuAddr, handle, LEN, ATTR.FORCE_CONTIGUOUS))
    expect(table.nents).toBe(1)
  })
  it('of a pool without struct page gets a fabricated page, and an importer that skips the sync maps it', () => {
    const { lab, codec } = open({ reserved: [POOL], device: { pools: ['pool'] } })
    const { cpuAddr, handle } = value(lab.dma.allocAttrs(codec, 0x2000, 0, 'frame'))
    const table = value(lab.dma.getSgtableAttrs(codec, cpuAddr, handle, 0x2000, 0))
    expect(table.entry(0).page).toEqual({ kind: 'page', pfn: pfnOf(phys(POOL.base)) })
    expect(lab.dma.mapSgAttrs(codec, table, DIR.BIDIRECTIONAL, ATTR.SKIP_CPU_SYNC)).toMatchObject({ ok: true })
    expect(() => lab.dma.syncSgForDevice(codec, table, DIR.BIDIRECTIONAL)).toThrow(/./)
  })
})

it('takes the driver`s word for the tables: short descriptors lose an address unless a patch keeps it', () => {
  const rest = (patches: readonly Patch[]): number | undefined => {
    const { lab, codec } = open({ model: 'samsung-sysmmu', patches })
    const host = lab.host(codec)
    const at = 0x10_0000 as DmaAddr
    const opened = host.iommu!.open(
      {
        format: 'ARM_V7S',
        pageSizes: 0x111000,
        ias: 32,
        oas: 32,
        quirks: 0,
        coherentWalk: true,
        apertureStart: 0,
        lazy: null,
        partialUnmap: 'split',
        fixes: lab.facts.iommuFixV7sSplit ? ['v7sSplit'] : [],
      },
      {
        wanted: () => false,
        map: () => {},
        mapped: () => false,
        unmap: () => {},
        notice: () => {},
        quirk: () => {},
        fault: () => {},
        stale: () => {},
      },
    )
    const domain = value(opened)
    value(domain.mapAt(at, phys(0x8010_0000), 0x10_0000, 3))
    domain.unmapAt(at, 0x1000)
    return domain.iovaToPhys((at + 0x1000) as DmaAddr)
  }
  expect(rest([])).toBe(0x1000)
  expect(rest([{ ...fixV7sSplit(), appliesTo: ['iommu@6.12'] }])).toBe(0x8010_1000)
})
