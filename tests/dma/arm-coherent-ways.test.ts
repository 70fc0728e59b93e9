// Coherent memory of arch/arm in each way it is had: snooping or not, in lowmem or highmem, behind an IOMMU or not; whatever fails on the
// way, nothing stays but what the kernel itself loses.
import {
  ATTR,
  type DeviceFacts,
  type Event,
  type Injection,
  type KernelVaddr,
  PAGE_SIZE,
  type ReservedRegion,
} from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { must, openArmLab, RAM } from './arm-lab.ts'

const MIB = 2 ** 20
const SIZE = 5 * PAGE_SIZE
const HIGHMEM = RAM + 64 * MIB
/** The pool for callers that may not sleep is the first of the area. */
const BOOT = 256 * 1024
const POOL: ReservedRegion = {
  name: 'pool',
  base: 0x5100_0000,
  len: MIB,
  compatible: 'shared-dma-pool',
  noMap: true,
  reusable: false,
}
const cma = (base: number): ReservedRegion => ({
  name: 'linux,cma',
  base,
  len: 8 * MIB,
  compatible: 'shared-dma-pool',
  noMap: false,
  reusable: true,
  default: 'cma',
})
const IOMMU = { name: 'sysmmu', model: 'samsung-sysmmu', enabled: true }
interface Options {
  readonly kernel?: string
  readonly device?: Partial<DeviceFacts>
  readonly base?: number
  readonly inject?: readonly Injection[]
}
const open = ({ kernel = 'arm@4.11', device = {}, base = RAM + 48 * MIB, inject = [] }: Options = {}) => {
  const lab = openArmLab({
    kernel,
    importer: device,
    iommus: [IOMMU],
    inject,
    machine: { reserved: [POOL, cma(base)] },
  })
  const events: Event[] = []
  lab.listen('op', (event) => events.push(event))
  const texts = () => events.flatMap((event) => (event.event === 'printk' ? [event.text] : []))
  return { lab, dev: lab.device('importer'), texts, events }
}

describe.each([
  ['lowmem, uncached', RAM + 48 * MIB, 0, false, 'uncached'],
  ['lowmem, write-combined', RAM + 48 * MIB, ATTR.WRITE_COMBINE, false, 'writecombine'],
  ['lowmem, snooping', RAM + 48 * MIB, 0, true, 'cached'],
  ['highmem, uncached', HIGHMEM, 0, false, 'uncached'],
  ['highmem, write-combined', HIGHMEM, ATTR.WRITE_COMBINE, false, 'writecombine'],
  ['highmem, snooping', HIGHMEM, ATTR.WRITE_COMBINE, true, 'cached'],
] as const)('%s', (_, base, attrs, coherent, kind) => {
  const place = base + BOOT
  it.each([SIZE, 1, PAGE_SIZE])('%i bytes are zeroed, seen by both sides, and come back whole', (size) => {
    const { lab, dev } = open({ device: { coherent }, base })
    const before = lab.balance()
    for (let round = 0; round < 2; round += 1) {
      const { cpuAddr, handle } = must(lab.dma.allocAttrs(dev, size, attrs, 'buffer'))
      expect(handle).toBe(place)
      expect(lab.mem.resolve(cpuAddr)).toEqual({ phys: place, kind })
      expect(lab.mem.isHighmemPfn((place / PAGE_SIZE) as never)).toBe(base === HIGHMEM)
      expect(lab.bus(dev).read({ at: handle, len: size }, new Uint8Array(size)).wrong).toBe(0)
      lab.bus(dev).write({ at: handle, len: size, owner: 'buffer' }, { seed: 9 })
      const mapping = must(lab.dma.mmapAttrs(dev, cpuAddr, handle, size, attrs))
      expect(mapping).toMatchObject({ kind, phys: place, len: Math.ceil(size / PAGE_SIZE) * PAGE_SIZE })
      expect(lab.userCompare(mapping, size, 'buffer').wrong).toBe(0)
      lab.dma.freeAttrs(dev, size, cpuAddr, handle, attrs)
      expect(lab.balance()).toEqual(before)
      expect(lab.mem.resolve(lab.mem.linearAddress(place as never))?.kind).toBe(base === HIGHMEM ? undefined : 'cached')
    }
  })

  it('what the CPU writes the device sees', () => {
    const { lab, dev } = open({ device: { coherent }, base })
    const { cpuAddr, handle } = must(lab.dma.allocAttrs(dev, SIZE, attrs, 'buffer'))
    const mapping = must(lab.dma.mmapAttrs(dev, cpuAddr, handle, SIZE, attrs))
    lab.userWrite(mapping, { seed: 4 }, SIZE, 'buffer')
    expect(lab.bus(dev).read({ at: handle, len: SIZE }, { seed: 4 }).wrong).toBe(0)
  })

  it('without a kernel mapping the address is that of the first struct page, and nothing is remapped', () => {
    const { lab, dev } = open({ device: { coherent }, base })
    const before = lab.balance()
    const got = must(lab.dma.allocAttrs(dev, SIZE, attrs + ATTR.NO_KERNEL_MAPPING, 'buffer'))
    expect(got).toEqual({ cpuAddr: lab.mem.pageStructAddress((place / PAGE_SIZE) as never), handle: place })
    expect(lab.balance().get('kernel mappings')).toBe(before.get('kernel mappings'))
    lab.dma.freeAttrs(dev, SIZE, got.cpuAddr, got.handle, ATTR.NO_KERNEL_MAPPING)
    expect(lab.balance()).toEqual(before)
  })

  it.each(['vmap', 'pages', 'alloc'] as const)('a failing %s leaves nothing', (what) => {
    for (const nth of [1, 2, 3]) {
      const { lab, dev } = open({ device: { coherent }, base, inject: [{ what, nth }] })
      const before = lab.balance()
      const got = lab.dma.allocAttrs(dev, SIZE, attrs, 'buffer')
      if (got.ok) lab.dma.freeAttrs(dev, SIZE, got.value.cpuAddr, got.value.handle, attrs)
      expect(lab.balance()).toEqual(before)
    }
  })
})

describe('what is refused', () => {
  it('a buffer of no bytes', () => {
    const { lab, dev } = open()
    expect(lab.dma.allocAttrs(dev, 0, 0, 'b')).toEqual({ ok: false, errno: 'ENOMEM', why: 'no block is of 0 bytes' })
  })

  it('a free of what was never had, which the kernel only tells', () => {
    const { lab, dev, texts } = open()
    const before = lab.balance()
    lab.dma.freeAttrs(dev, SIZE, 0xf123_4000n as KernelVaddr, 0x1000 as never, 0)
    expect(texts()).toEqual(['Freeing invalid buffer 0xf1234000'])
    expect(lab.balance()).toEqual(before)
  })

  it.each([
    ['from its first page', 0, 5, true],
    ['its last page', 4, 1, true],
    ['one page too many', 4, 2, false],
    ['behind its end', 5, 1, false],
    ['all but the first', 1, 4, true],
    ['one more', 1, 5, false],
  ])('a user mapping %s', (_, pgoff, pages, fits) => {
    for (const iommu of [false, true]) {
      const { lab, dev } = open({ device: iommu ? { iommu: 'sysmmu' } : {} })
      const { cpuAddr, handle } = must(lab.dma.allocAttrs(dev, SIZE, 0, 'buffer'))
      const got = lab.dma.mmapAttrs(dev, cpuAddr, handle, SIZE, 0, pages * PAGE_SIZE, pgoff)
      expect(got.ok).toBe(fits)
      expect(got.ok ? got.value.len : got.errno).toBe(fits ? pages * PAGE_SIZE : 'ENXIO')
    }
  })
})

describe('for a caller that may not sleep', () => {
  it.each([false, true])('comes of the pool, or of pages where the device snoops (%s), and goes back', (coherent) => {
    const { lab, dev } = open({ device: { coherent } })
    const before = lab.balance()
    const { cpuAddr, handle } = must(lab.dma.allocAtomic(dev, SIZE, 0, 'buffer'))
    expect(lab.balance().get('bytes of atomic pools')).toBe(coherent ? 0 : SIZE)
    expect(lab.mem.resolve(cpuAddr)).toEqual({ phys: handle, kind: coherent ? 'cached' : 'uncached' })
    expect(lab.bus(dev).read({ at: handle, len: SIZE }, new Uint8Array(SIZE)).wrong).toBe(0)
    lab.dma.freeAttrs(dev, SIZE, cpuAddr, handle, 0)
    expect(lab.balance()).toEqual(before)
  })

  it('what lies outside of the device’s windows goes back at once', () => {
    const { lab, dev } = open({ device: { dmaRanges: [{ cpu: RAM, bus: 0, len: PAGE_SIZE }] }, kernel: 'arm@4.11' })
    const before = lab.balance()
    const got = [lab.dma.allocAtomic(dev, SIZE, 0, 'b'), lab.dma.allocAttrs(dev, SIZE, 0, 'b')]
    for (const one of got) if (one.ok) lab.dma.freeAttrs(dev, SIZE, one.value.cpuAddr, one.value.handle, 0)
    expect(lab.balance()).toEqual(before)
  })
})

describe.each(['arm@4.11', 'arm@6.12'])('%s, behind an IOMMU', (kernel) => {
  const behind = (more: Options = {}) =>
    open({
      kernel,
      ...more,
      device: { iommu: 'sysmmu', dmaRanges: [{ cpu: 0, bus: 0x2000_0000, len: 0x1000_0000 }], ...more.device },
    })
  const ways = [
    ['scattered', 0],
    ['write-combined', ATTR.WRITE_COMBINE],
    ['page by page', ATTR.ALLOC_SINGLE_PAGES],
    ['in one piece', ATTR.FORCE_CONTIGUOUS],
    ['without a mapping', ATTR.NO_KERNEL_MAPPING],
    ['in one piece, without a mapping', ATTR.NO_KERNEL_MAPPING + ATTR.FORCE_CONTIGUOUS],
  ] as const

  it.each(ways)('%s: reached by both sides, and comes back whole', (_, attrs) => {
    const { lab, dev } = behind()
    const before = lab.balance()
    const { cpuAddr, handle } = must(lab.dma.allocAttrs(dev, SIZE, attrs, 'buffer'))
    expect(handle).toBe(0x2000_0000)
    expect(lab.bus(dev).read({ at: handle, len: SIZE }, new Uint8Array(SIZE)).wrong).toBe(0)
    expect(lab.bus(dev).read({ at: (handle + SIZE) as never, len: PAGE_SIZE }).blocked).toBe(PAGE_SIZE)
    lab.dma.freeAttrs(dev, SIZE, cpuAddr, handle, attrs)
    expect(lab.bus(dev).read({ at: handle, len: SIZE }).blocked).toBe(SIZE)
    expect(lab.balance()).toEqual(before)
  })

  it('takes the largest blocks that fit, and single pages where that is asked', () => {
    const entries = (attrs: number) => {
      const { lab, dev } = behind()
      const pages = 256 + 16 + 3
      const { cpuAddr, handle } = must(lab.dma.allocAttrs(dev, pages * PAGE_SIZE, attrs, 'buffer'))
      const mapping = must(lab.dma.mmapAttrs(dev, cpuAddr, handle, pages * PAGE_SIZE, attrs))
      const frames = mapping.pages ?? []
      return { count: frames.length, aligned: (frames[0] ?? 1) % 256 === 0 && (frames[256] ?? 1) % 16 === 0 }
    }
    expect(entries(0)).toEqual({ count: 275, aligned: true })
    expect(entries(ATTR.ALLOC_SINGLE_PAGES).count).toBe(275)
  })

  it.each(['pages', 'vmap', 'iova'] as const)('a failing %s leaves nothing', (what) => {
    const refused = [1, 2, 3, 4].map((nth) => {
      const { lab, dev } = behind({ inject: [{ what, nth }] })
      const before = lab.balance()
      const got = lab.dma.allocAttrs(dev, SIZE, 0, 'buffer')
      if (got.ok) lab.dma.freeAttrs(dev, SIZE, got.value.cpuAddr, got.value.handle, 0)
      expect(lab.balance()).toEqual(before)
      expect(lab.bus(dev).read({ at: 0x2000_0000 as never, len: SIZE }).blocked).toBe(SIZE)
      return !got.ok
    })
    expect(refused.includes(true)).toBe(true)
  })

  it('memory that ends in the middle of a buffer is given back, page for page', () => {
    const { lab, dev } = behind()
    const before = lab.balance()
    expect(lab.dma.allocAttrs(dev, 0x800_0000, 0, 'buffer')).toMatchObject({ errno: 'ENOMEM' })
    expect(lab.balance()).toEqual(before)
  })

  it('a free of what was never had, which the kernel only tells', () => {
    const { lab, dev, texts } = behind()
    const before = lab.balance()
    lab.dma.freeAttrs(dev, SIZE, 0xf123_4000n as KernelVaddr, 0x2000_0000 as never, 0)
    expect(texts()).toEqual(['trying to free invalid coherent area: 0xf1234000'])
    expect(lab.balance()).toEqual(before)
  })

  it('a buffer of no bytes has no window', () => {
    const { lab, dev } = behind()
    expect(lab.dma.allocAttrs(dev, 0, 0, 'b')).toMatchObject({ errno: 'ENOMEM' })
    expect(lab.dma.allocAttrs(dev, 0, ATTR.FORCE_CONTIGUOUS + ATTR.NO_KERNEL_MAPPING, 'b')).toMatchObject({
      errno: 'ENOMEM',
    })
  })

  it('a refusal of bus addresses loses the memory of a device that snoops, and no other', () => {
    const lost = [false, true].map((coherent) => {
      const { lab, dev, events } = behind({ device: { coherent }, inject: [{ what: 'iova', nth: 1 }] })
      const before = lab.balance()
      expect(lab.dma.allocAtomic(dev, 2 * PAGE_SIZE, 0, 'b')).toMatchObject({ errno: 'ENOMEM' })
      const quirks = events.flatMap((one) => (one.event === 'kernel_quirk' ? [one.code] : []))
      const free = (balance: typeof before) => balance.get('bytes of free memory') ?? 0
      return [free(before) - free(lab.balance()), quirks]
    })
    expect(lost).toEqual([
      [0, []],
      [2 * PAGE_SIZE, ['iommu-refused-memory-lost']],
    ])
  })
})
