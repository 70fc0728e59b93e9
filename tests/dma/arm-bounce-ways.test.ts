// dmabounce: which bytes are copied when, in each direction, one by one and by list; what is lent comes back.
import { ATTR, DIR, type Direction, type Event, PAGE_SIZE, phys } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { type ArmLabOptions, must, openArmLab, oopsOf, page, RAM } from './arm-lab.ts'

const NEAR = RAM + 0x280_0000
const FAR = RAM + 0x380_0000
const open = (importer: ArmLabOptions['importer'] = { busLimit: RAM + 0x2ff_ffff }) => {
  const lab = openArmLab({ config: { DMABOUNCE: true }, importer: importer ?? {} })
  const events: Event[] = []
  lab.listen('op', (event) => events.push(event))
  const dev = lab.device('importer')
  const texts = () => events.flatMap((event) => (event.event === 'printk' ? [event.text] : []))
  const far = (len = PAGE_SIZE) => ({ phys: phys(FAR), len, kind: 'cached' }) as const
  const map = (at: number, size: number, dir: Direction, attrs = 0, offset = 0) =>
    lab.dma.mapPageAttrs(dev, page(at), offset, size, dir, attrs)
  const list = (places: readonly number[], length = PAGE_SIZE) =>
    lab.sgTable(places.map((at) => ({ page: page(at), offset: 0, length })))
  return { lab, dev, events, texts, far, map, list }
}

describe('which bytes are copied', () => {
  it.each([
    ['both ways', DIR.BIDIRECTIONAL, 0, true, true],
    ['to the device', DIR.TO_DEVICE, 0, true, false],
    ['from the device', DIR.FROM_DEVICE, 0, false, true],
    ['none, as was asked', DIR.BIDIRECTIONAL, ATTR.SKIP_CPU_SYNC, false, false],
  ] as const)('%s', (_, dir, attrs, inward, outward) => {
    const { lab, dev, far, map } = open()
    lab.userWrite(far(), { seed: 3 }, PAGE_SIZE, 'buffer')
    const handle = must(map(FAR, PAGE_SIZE, dir, attrs))
    const { wrong } = lab.bus(dev).read({ at: handle, len: PAGE_SIZE }, { seed: 3 })
    expect(wrong === 0).toBe(inward)
    lab.bus(dev).write({ at: handle, len: PAGE_SIZE }, { seed: 5 })
    lab.dma.unmapPageAttrs(dev, handle, PAGE_SIZE, dir, attrs)
    const seen = lab.userRead(far(), PAGE_SIZE, 'buffer')
    lab.userWrite(far(), { seed: outward ? 5 : 3 }, PAGE_SIZE, 'buffer')
    expect(seen).toEqual(lab.userRead(far(), PAGE_SIZE, 'buffer'))
  })

  it('what comes back is in memory, not in the cache alone', () => {
    const { lab, dev, map } = open()
    const handle = must(map(FAR, PAGE_SIZE, DIR.FROM_DEVICE))
    lab.bus(dev).write({ at: handle, len: PAGE_SIZE }, { seed: 5 })
    lab.dma.unmapPageAttrs(dev, handle, PAGE_SIZE, DIR.FROM_DEVICE, 0)
    expect(lab.bus(lab.device('codec')).read({ at: FAR as never, len: PAGE_SIZE }, { seed: 5 }).wrong).toBe(0)
  })

  it('a sync copies its own bytes and direction, from where it begins', () => {
    const { lab, dev, far, map } = open()
    const handle = must(map(FAR, PAGE_SIZE, DIR.BIDIRECTIONAL))
    lab.bus(dev).write({ at: handle, len: PAGE_SIZE }, new Uint8Array(PAGE_SIZE).fill(7))
    lab.userWrite(far(), new Uint8Array(PAGE_SIZE).fill(1), PAGE_SIZE, 'buffer')
    const at = (handle + 100) as typeof handle
    lab.dma.syncSingleForCpu(dev, at, 50, DIR.BIDIRECTIONAL)
    const bytes = lab.userRead(far(), PAGE_SIZE, 'buffer')
    expect([bytes[99], bytes[100], bytes[149], bytes[150]]).toEqual([1, 7, 7, 1])
    lab.userWrite(far(), new Uint8Array(PAGE_SIZE).fill(2), PAGE_SIZE, 'buffer')
    lab.dma.syncSingleForDevice(dev, at, 50, DIR.BIDIRECTIONAL)
    const seen = lab.bus(dev).fetch({ at: handle, len: PAGE_SIZE })
    expect([seen[99], seen[100], seen[149], seen[150]]).toEqual([7, 2, 2, 7])
  })

  it.each([
    [DIR.TO_DEVICE, 'cpu', false],
    [DIR.TO_DEVICE, 'device', true],
    [DIR.FROM_DEVICE, 'cpu', true],
    [DIR.FROM_DEVICE, 'device', false],
  ] as const)('by list, direction %i, for the %s: %s', (dir, side, copies) => {
    const { lab, dev, list } = open()
    const table = list([FAR, NEAR, FAR + PAGE_SIZE])
    expect(must(lab.dma.mapSgAttrs(dev, table, dir, 0))).toBe(3)
    const entries = table.entries()
    expect(entries.map(({ dmaAddress }, i) => dmaAddress === [FAR, NEAR, FAR + PAGE_SIZE][i])).toEqual([
      false,
      true,
      false,
    ])
    const last = { phys: phys(FAR + PAGE_SIZE), len: PAGE_SIZE, kind: 'cached' } as const
    const { dmaAddress } = table.entry(2)
    lab.bus(dev).write({ at: dmaAddress, len: PAGE_SIZE }, new Uint8Array(PAGE_SIZE).fill(7))
    lab.userWrite(last, new Uint8Array(PAGE_SIZE).fill(1), PAGE_SIZE, 'buffer')
    if (side === 'cpu') lab.dma.syncSgForCpu(dev, table, dir)
    else lab.dma.syncSgForDevice(dev, table, dir)
    const [user, device] = [lab.userRead(last, 1, 'buffer')[0], lab.bus(dev).fetch({ at: dmaAddress, len: 1 })[0]]
    expect([user, device]).toEqual(copies ? (side === 'cpu' ? [7, 7] : [1, 1]) : [1, 7])
  })
})

describe('what is copied', () => {
  it.each([
    ['the last bytes that the bus reaches', RAM + 0x2ff_f000, PAGE_SIZE, false],
    ['one byte beyond them', RAM + 0x2ff_f000, PAGE_SIZE + 1, true],
    ['the first beyond', RAM + 0x300_0000, 1, true],
  ])('%s', (_, at, size, copied) => {
    const { map, events } = open()
    expect(must(map(at, size, DIR.TO_DEVICE)) !== at).toBe(copied)
    const bounced = events.flatMap((one) => (one.event === 'swiotlb_bounced' ? [one] : []))
    const told = { device: 'importer', dmaMask: 2 ** 32 - 1, devAddr: at, physAddr: at, size, force: false }
    expect(bounced).toMatchObject(copied ? [told] : [])
  })

  it.each([
    ['a mapping as large as the mask', 2 ** 25, 'EIO', /no memory for a copy/],
    ['one byte larger', 2 ** 25 + 1, 'EIO', /are more than importer reaches/],
  ])('%s', (_, size, errno, why) => {
    const { map, texts } = open({ maskBits: 25 })
    expect(map(NEAR, size, DIR.TO_DEVICE)).toMatchObject({ errno, why: expect.stringMatching(why) })
    const what = texts().map((text) => text.replace(/^.*?importer: /, ''))
    expect(what).toEqual(
      size > 2 ** 25
        ? ['DMA mapping too big (requested 0x2000001 mask 0x1ffffff)']
        : [
            'alloc_safe_buffer: could not alloc dma memory (size=33554432)',
            'map_single: unable to map unsafe buffer 0xc2800000!',
          ],
    )
  })

  it('by the mask: what begins or ends beyond it', () => {
    const narrow = () => open({ maskBits: 31 })
    for (const [at, size, copied] of [
      [NEAR, PAGE_SIZE, false],
      [FAR, PAGE_SIZE, false],
    ] as const)
      expect(must(narrow().map(at, size, DIR.TO_DEVICE)) !== at).toBe(copied)
    expect(must(open({ maskBits: 30 }).map(NEAR, PAGE_SIZE, DIR.TO_DEVICE))).not.toBe(NEAR)
  })

  it('belongs to whoever owns the original while it stands for it', () => {
    const { lab, dev, map } = open()
    lab.mem.own(phys(FAR), PAGE_SIZE, 'frame')
    const handle = must(map(FAR, PAGE_SIZE, DIR.BIDIRECTIONAL))
    const access = { at: handle, len: PAGE_SIZE, owner: 'frame' }
    expect(lab.bus(dev).read(access).foreign).toBeUndefined()
    expect(lab.bus(dev).read({ ...access, owner: 'other' }).foreign).toBe('frame')
  })
})

describe('what is lent', () => {
  it.each([1, 2048, 2049, 4096, 4097, 0x1_0000])('%i bytes come back', (size) => {
    const { lab, dev, map } = open()
    const before = lab.balance()
    const taken = [0, 1, 2].map((n) => must(map(FAR + n * 0x1_0000, size, DIR.BIDIRECTIONAL)))
    expect(new Set(taken).size).toBe(3)
    expect(lab.balance()).not.toEqual(before)
    for (const handle of taken) lab.dma.unmapPageAttrs(dev, handle, size, DIR.BIDIRECTIONAL, 0)
    expect(lab.balance()).toEqual(before)
  })

  it('a list whose last entry fails gives back the copies of those before', () => {
    const { lab, dev, list } = open()
    const before = lab.balance()
    const table = list([FAR, FAR + PAGE_SIZE, RAM + 0x500_0000])
    expect(lab.dma.mapSgAttrs(dev, table, DIR.BIDIRECTIONAL, 0)).toMatchObject({ errno: 'EIO' })
    lab.sgFree(table)
    expect(lab.balance()).toEqual(before)
  })

  it('a handle of no mapping is told as such', () => {
    const { lab, dev, texts } = open()
    const invalid = (2 ** 32 - 1) as never
    lab.dma.syncSingleForCpu(dev, invalid, 1, DIR.TO_DEVICE)
    oopsOf(() => lab.dma.syncSingleForDevice(dev, invalid, 1, DIR.TO_DEVICE))
    lab.dma.unmapPageAttrs(dev, invalid, 1, DIR.TO_DEVICE, 0)
    expect(texts().map((text) => text.replace(/^.*Trying/, 'Trying'))).toEqual([
      'Trying to __dmabounce_sync_for_cpu invalid mapping',
      'Trying to __dmabounce_sync_for_device invalid mapping',
      'Trying to dmabounce_unmap_page invalid mapping',
    ])
  })

  it('a copy in another direction than it was taken stops the kernel', () => {
    const { lab, dev, map } = open()
    const at = must(map(FAR, PAGE_SIZE, DIR.TO_DEVICE))
    const stop = (body: () => void) => oopsOf(body).function
    expect(stop(() => lab.dma.unmapPageAttrs(dev, at, PAGE_SIZE, DIR.FROM_DEVICE, 0))).toBe('dmabounce_unmap_page')
    expect(stop(() => lab.dma.syncSingleForDevice(dev, at, 1, DIR.BIDIRECTIONAL))).toBe('dmabounce_sync_for_device')
    lab.dma.unmapPageAttrs(dev, at, PAGE_SIZE, DIR.TO_DEVICE, 0)
  })
})
