// Devices behind an IOMMU, and on a narrow bus, under arm@4.11: what they reach, and what becomes of their buffers.
import { ATTR, DIR, type Event, pfn, phys } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { type ArmLabOptions, must, openArmLab, oopsOf, page, POOL, RAM } from './arm-lab.ts'

const IOMMU = { name: 'sysmmu', model: 'samsung-sysmmu', enabled: true }
const behind = (more: ArmLabOptions = {}) =>
  openArmLab({
    iommus: [IOMMU],
    ...more,
    importer: { iommu: 'sysmmu', dmaRanges: [{ cpu: 0, bus: 0x2000_0000, len: 0x1000_0000 }], ...more.importer },
  })

describe('behind an IOMMU', () => {
  it('a device gets arm-iommu, a coherent one its own variant, and one whose IOMMU is off goes without', () => {
    const opsName = (more: ArmLabOptions): string => behind(more).device('importer').opsName
    expect(opsName({})).toBe('arm-iommu')
    expect(opsName({ importer: { coherent: true } })).toBe('arm-coherent-iommu')
    expect(opsName({ iommus: [{ ...IOMMU, enabled: false }] })).toBe('arm')
  })

  it('scattered pages become one stretch of bus addresses, and the device finds each byte through it', () => {
    const lab = behind()
    const dev = lab.device('importer')
    const places = [RAM + 0x280_0000, RAM + 0x290_0000, RAM + 0x285_0000]
    const table = lab.sgTable(places.map((at) => ({ page: page(at), offset: 0, length: 4096 })))
    for (const [i, at] of places.entries())
      lab.userWrite({ phys: phys(at), len: 4096, kind: 'cached' }, { seed: i }, 4096, 'buffer')
    expect(must(lab.dma.mapSgAttrs(dev, table, DIR.TO_DEVICE, 0))).toBe(1)
    const { dmaAddress, dmaLength } = table.entry(0)
    expect([dmaAddress, dmaLength]).toEqual([0x2000_0000, 3 * 4096])
    for (const i of places.keys())
      expect(lab.bus(dev).read({ at: (dmaAddress + i * 4096) as never, len: 4096 }, { seed: i }).wrong).toBe(0)
    lab.dma.unmapSgAttrs(dev, table, DIR.TO_DEVICE, 0)
    expect(lab.bus(dev).read({ at: dmaAddress, len: 4096 }).blocked).toBe(4096)
  })

  it('coherent memory is scattered pages for the kernel and one range for the device, and goes back whole', () => {
    const lab = behind()
    const dev = lab.device('importer')
    const memory = must(lab.dma.allocAttrs(dev, 3 * 4096, 0, 'buffer'))
    lab.bus(dev).write({ at: memory.handle, len: 3 * 4096 }, { seed: 5 })
    const mapping = must(lab.dma.mmapAttrs(dev, memory.cpuAddr, memory.handle, 3 * 4096, 0))
    expect(mapping.pages).toHaveLength(3)
    const table = must(lab.dma.getSgtableAttrs(dev, memory.cpuAddr, memory.handle, 3 * 4096, 0))
    expect(table.entries().reduce((sum, entry) => sum + entry.length, 0)).toBe(3 * 4096)
    lab.dma.freeAttrs(dev, 3 * 4096, memory.cpuAddr, memory.handle, 0)
    expect(lab.bus(dev).read({ at: memory.handle, len: 4096 }).blocked).toBe(4096)
    expect(lab.mem.resolve(memory.cpuAddr)).toBeUndefined()
  })

  it.each([
    ['scattered', 0],
    ['in one piece', ATTR.FORCE_CONTIGUOUS],
  ])('coherent memory, %s, is zeroed when it is had again', (_how, attrs) => {
    const lab = behind()
    const dev = lab.device('importer')
    const size = 3 * 4096
    const once = (): { readonly wrong: number; readonly pages: unknown } => {
      const memory = must(lab.dma.allocAttrs(dev, size, attrs, 'buffer'))
      const mapping = must(lab.dma.mmapAttrs(dev, memory.cpuAddr, memory.handle, size, attrs))
      const wrong = lab.userRead(mapping, size, 'buffer').filter((byte) => byte !== 0).length
      lab.bus(dev).write({ at: memory.handle, len: size }, { seed: 5 })
      lab.dma.freeAttrs(dev, size, memory.cpuAddr, memory.handle, attrs)
      return { wrong, pages: mapping.pages }
    }
    const first = once()
    expect([first.wrong, once()]).toEqual([0, first])
  })

  it('memory of a pool has no page array, so its table is refused', () => {
    const lab = behind({ importer: { pools: ['pool'] } })
    const dev = lab.device('importer')
    const memory = must(lab.dma.allocAttrs(dev, 4096, 0, 'buffer'))
    expect(lab.dma.getSgtableAttrs(dev, memory.cpuAddr, memory.handle, 4096, 0)).toMatchObject({ errno: 'ENXIO' })
  })

  it('bus address 0 counts as no mapping: the first page of a window from 0 stays mapped', () => {
    const lab = openArmLab({ iommus: [IOMMU], importer: { iommu: 'sysmmu' } })
    const dev = lab.device('importer')
    const first = must(lab.dma.mapPageAttrs(dev, page(RAM + 0x280_0000), 0, 4096, DIR.TO_DEVICE, 0))
    const events: Event[] = []
    lab.listen('op', (event) => events.push(event))
    const second = must(lab.dma.mapPageAttrs(dev, page(RAM + 0x281_0000), 0, 4096, DIR.TO_DEVICE, 0))
    expect([first, second]).toEqual([0, 4096])
    for (const at of [first, second]) lab.dma.unmapPageAttrs(dev, at, 4096, DIR.TO_DEVICE, 0)
    expect(lab.bus(dev).read({ at: first, len: 4096 }).blocked).toBe(0)
    expect(lab.bus(dev).read({ at: second, len: 4096 }).blocked).toBe(4096)
    expect(events.filter((event) => event.event === 'kernel_quirk')).toMatchObject([{ code: 'iova-zero-kept' }])
  })

  it('unmapping what is not mapped looks at the page of physical address 0, where no page is', () => {
    const lab = behind()
    const oops = oopsOf(() =>
      lab.dma.unmapPageAttrs(lab.device('importer'), 0x2000_4000 as never, 4096, DIR.FROM_DEVICE, 0),
    )
    expect(oops.callPath).toEqual(['dma_cache_maint_page', '__dma_page_dev_to_cpu', 'arm_iommu_unmap_page'])
  })
})

describe('dmabounce', () => {
  const narrow = (importer: ArmLabOptions['importer']) =>
    openArmLab({ config: { DMABOUNCE: true }, importer: importer ?? {} })
  // The first 64 MiB of RAM, as a host bridge with a window of 64 MiB has it.
  const WINDOW = { busLimit: RAM + 0x3ff_ffff }

  it('is for a device whose bus is narrow, when the kernel has it', () => {
    expect(narrow(WINDOW).device('importer').opsName).toBe('dmabounce')
    expect(narrow({}).device('importer').opsName).toBe('arm')
    expect(openArmLab({ importer: WINDOW }).device('importer').opsName).toBe('arm')
  })

  it('copies what the device cannot reach, both ways, and leaves alone what it can', () => {
    const lab = openArmLab({
      config: { DMABOUNCE: true },
      importer: { busLimit: RAM + 0x2ff_ffff, coherentMaskBits: 32 },
      machine: {
        reserved: [
          {
            name: 'cma',
            base: RAM + 0x200_0000,
            len: 0x40_0000,
            compatible: 'shared-dma-pool',
            noMap: false,
            reusable: true,
          },
        ],
      },
    })
    const dev = lab.device('importer')
    const events: Event[] = []
    lab.listen('op', (event) => events.push(event))
    const near = must(lab.dma.mapPageAttrs(dev, page(RAM + 0x280_0000), 0, 4096, DIR.TO_DEVICE, 0))
    expect(near).toBe(RAM + 0x280_0000)
    const far = { phys: phys(RAM + 0x380_0000), len: 4096, kind: 'cached' } as const
    lab.userWrite(far, { seed: 3 }, 4096, 'buffer')
    const handle = must(lab.dma.mapPageAttrs(dev, page(far.phys), 0, 4096, DIR.BIDIRECTIONAL, 0))
    expect(handle).not.toBe(far.phys)
    expect(lab.bus(dev).read({ at: handle, len: 4096 }, { seed: 3 }).wrong).toBe(0)
    lab.bus(dev).write({ at: handle, len: 4096, owner: 'importer safe buffer' }, { seed: 4 })
    expect(lab.userCompare(far, 4096, 'buffer').wrong).toBe(0)
    lab.dma.unmapPageAttrs(dev, handle, 4096, DIR.BIDIRECTIONAL, 0)
    expect(lab.userCompare(far, 4096, 'buffer').wrong).toBeGreaterThan(3000)
    expect(events.filter((event) => event.event === 'swiotlb_bounced')).toHaveLength(1)
  })

  const places = (lab: ReturnType<typeof openArmLab>, count: number, size: number) =>
    Array.from({ length: count }, (_, i) =>
      lab.dma.mapPageAttrs(lab.device('importer'), page(RAM + 0x380_0000 + 4096 * i), 0, size, DIR.TO_DEVICE, 0),
    )

  it('takes copies up to a page from pools of blocks that keep their pages, the larger ones from memory for atomic calls', () => {
    const lab = narrow({ busLimit: RAM + 0x2ff_ffff })
    const dev = lab.device('importer')
    const [a = 0, b = 0, c = 0] = places(lab, 3, 2048).map(must)
    expect([b - a, c % 4096]).toEqual([2048, 0])
    for (const at of [b, a]) lab.dma.unmapPageAttrs(dev, at as never, 2048, DIR.TO_DEVICE, 0)
    // The newest page has a free block, then the block that was freed last.
    expect(places(lab, 2, 100).map(must)).toEqual([c + 2048, a])
    // 256 KiB for callers that may not sleep: two pages are with the pools.
    expect(places(lab, 3, 0x1_0000).map(({ ok }) => ok)).toEqual([true, true, true])
    expect(places(lab, 1, 0x1_0000)).toMatchObject([{ errno: 'EIO' }])
  })

  it('takes them from the memory of the device where it has some, and from nowhere else', () => {
    const lab = narrow({ busLimit: RAM + 0x2ff_ffff, pools: ['pool'] })
    expect(places(lab, 2, 4096).map(must)).toEqual([POOL, POOL + 4096])
    expect(places(lab, 1, 0x200_0000)).toMatchObject([{ errno: 'EIO' }])
  })

  it('stops the kernel where a copy is given back or synced otherwise than it was taken', () => {
    const lab = narrow({ busLimit: RAM + 0x2ff_ffff })
    const dev = lab.device('importer')
    const [at = 0 as never] = places(lab, 1, 4096).map(must)
    expect(() => lab.dma.unmapPageAttrs(dev, at, 2048, DIR.TO_DEVICE, 0)).toThrow('buf->size != size')
    expect(() => lab.dma.syncSingleForCpu(dev, at, 64, DIR.FROM_DEVICE)).toThrow('buf->direction != dir')
  })

  it('refuses a mapping larger than the mask, and highmem', () => {
    const lab = openArmLab({ config: { DMABOUNCE: true }, importer: { maskBits: 24 } })
    const dev = lab.device('importer')
    const map = (at: number, size: number) => lab.dma.mapPageAttrs(dev, page(at), 0, size, DIR.TO_DEVICE, 0)
    expect(map(RAM + 0x280_0000, 2 ** 24 + 4096)).toMatchObject({ ok: false, errno: 'EIO' })
    expect(map(RAM + 0x500_0000, 4096)).toMatchObject({ ok: false, why: 'highmem is not bounced' })
    expect(lab.mem.isHighmemPfn(pfn((RAM + 0x500_0000) / 4096))).toBe(true)
  })
})

describe.each(['arm@4.11', 'arm@6.12'])('%s, behind an IOMMU', (kernel) => {
  const NO_MAPPING = 0x10
  const open = (coherent: boolean) => {
    const lab = behind({ kernel, importer: { coherent } })
    const events: Event[] = []
    lab.listen('op', (event) => events.push(event))
    const quirks = () => events.flatMap((event) => (event.event === 'kernel_quirk' ? [event.code] : []))
    return { lab, dev: lab.device('importer'), quirks }
  }

  it('memory of a device that snoops is its own for one page; behind it lies what the stack holds', () => {
    const { lab, dev, quirks } = open(true)
    const foreign = must(lab.mem.allocPages(4096, { owner: 'foreign' }))
    lab.mem.strayPages = [{ kind: 'page', pfn: foreign }]
    const memory = must(lab.dma.allocAttrs(dev, 3 * 4096, 0, 'frame'))
    const at = (n: number) => ({ at: (memory.handle + n * 4096) as never, len: 4096, owner: 'frame' })
    expect(lab.bus(dev).read(at(0))).toEqual({ bytes: 4096, wrong: 0, firstWrong: -1, blocked: 0 })
    expect(lab.bus(dev).read(at(1))).toMatchObject({ blocked: 0, foreign: 'foreign' })
    expect(lab.bus(dev).read(at(2))).toMatchObject({ blocked: 4096 })
    expect(quirks()).toEqual(['iommu-pages-from-stack'])
    lab.dma.freeAttrs(dev, 3 * 4096, memory.cpuAddr, memory.handle, 0)
    expect(lab.bus(dev).read(at(1)).blocked).toBe(4096)
    expect(must(lab.mem.allocPages(3 * 4096))).toBe(Number(lab.mem.resolve(memory.cpuAddr)?.phys) / 4096)
  })

  it('one page of it is mapped as it should be, and is refused to tables and to user space', () => {
    const { lab, dev, quirks } = open(true)
    const { cpuAddr, handle } = must(lab.dma.allocAttrs(dev, 4096, 0, 'frame'))
    expect(quirks()).toEqual([])
    expect(lab.dma.getSgtableAttrs(dev, cpuAddr, handle, 4096, 0)).toMatchObject({ errno: 'ENXIO' })
    expect(lab.dma.mmapAttrs(dev, cpuAddr, handle, 4096, 0)).toMatchObject({ errno: 'ENXIO' })
  })

  it('without a kernel mapping, its bytes are taken for page pointers', () => {
    const { lab, dev, quirks } = open(true)
    const { cpuAddr, handle } = must(lab.dma.allocAttrs(dev, 4096, NO_MAPPING, 'frame'))
    const table = must(lab.dma.getSgtableAttrs(dev, cpuAddr, handle, 4096, NO_MAPPING))
    expect(table.entries().map((entry) => entry.page.kind)).toEqual(['null'])
    expect(quirks()).toEqual(['iommu-memory-as-page-array'])
    const oops = oopsOf(() => lab.dma.mmapAttrs(dev, cpuAddr, handle, 4096, NO_MAPPING))
    expect(oops.function).toBe(kernel === 'arm@4.11' ? 'vm_insert_page' : 'validate_page_before_insert')
  })

  it('atomic memory of a device that does not snoop has no page array either', () => {
    const { lab, dev, quirks } = open(false)
    const { cpuAddr, handle } = must(lab.dma.allocAtomic(dev, 2 * 4096, 0, 'frame'))
    expect(must(lab.dma.getSgtableAttrs(dev, cpuAddr, handle, 4096, 0)).entry(0).page.kind).toBe('null')
    expect(() => lab.dma.mmapAttrs(dev, cpuAddr, handle, 4096, 0)).toThrow('NULL pointer')
    expect(quirks()).toEqual(['iommu-pages-from-stack', 'iommu-memory-as-page-array', 'iommu-memory-as-page-array'])
    lab.dma.freeAttrs(dev, 2 * 4096, cpuAddr, handle, 0)
    expect(must(lab.dma.allocAtomic(dev, 2 * 4096, 0, 'frame')).cpuAddr).toBe(cpuAddr)
  })

  it('a large buffer runs into the page behind the stack, where there is a guard page', () => {
    const { lab, dev } = open(true)
    const alloc = () => must(lab.dma.allocAttrs(dev, 2 ** 20, 0, 'frame')).handle
    const outcome = kernel === 'arm@4.11' ? alloc() : oopsOf(alloc).function
    expect(outcome).toBe(kernel === 'arm@4.11' ? 0x2000_0000 : '__iommu_create_mapping')
  })

  it('the window reaches over all of dma-ranges on v6.12, the first of them before', () => {
    const at = { cpu: RAM, len: 0x10_0000 }
    const dmaRanges = [
      { ...at, bus: 0x3000_0000 },
      { ...at, bus: 0x2000_0000 },
    ]
    const lab = behind({ kernel, importer: { dmaRanges } })
    const map = () => lab.dma.mapPageAttrs(lab.device('importer'), page(RAM), 0, 0x20_0000, DIR.TO_DEVICE, 0)
    expect(map()).toMatchObject(kernel === 'arm@4.11' ? { errno: 'EIO' } : { value: 0x2000_0000 })
  })

  it('a window that makes no mapping leaves the device what it has without an IOMMU', () => {
    const dmaRanges = [{ cpu: RAM, bus: RAM, len: 0x800 }]
    const lab = behind({ kernel, importer: { dmaRanges } })
    expect(must(lab.dma.mapPageAttrs(lab.device('importer'), page(RAM), 0, 64, DIR.TO_DEVICE, 0))).toBe(RAM)
  })

  it('a list that finds no bus address has the errno of its release', () => {
    const { lab, dev } = open(false)
    const table = lab.sgTable([{ page: page(RAM + 0x280_0000), offset: 0, length: 0x1000_1000 }])
    const errno = kernel === 'arm@4.11' ? 'EIO' : 'ENOMEM'
    expect(lab.dma.mapSgAttrs(dev, table, DIR.TO_DEVICE, 0)).toMatchObject({ errno })
  })
})
