// Ownership of mapped bytes, accesses beside a mapping, and what an IOMMU fault was.
import { ATTR, DIR, type EventBody } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import {
  alloc,
  check,
  codes,
  cpuAccess,
  deviceAccess,
  map,
  mapSg,
  RAM,
  sync,
  syncSg,
  unmap,
  unmapSg,
} from './events.ts'

const FROM = { dir: DIR.FROM_DEVICE }
const BIDI = { dir: DIR.BIDIRECTIONAL }

describe('a device', () => {
  it('may access what is mapped, every segment of a list, and coherent memory', () => {
    const list = [RAM, RAM + 4096, RAM + 0x1_0000]
    expect(
      codes([mapSg(list), deviceAccess(false, RAM, 8192), deviceAccess(false, RAM + 0x1_0000), unmapSg(list)]),
    ).toEqual([])
    expect(codes([alloc(RAM), deviceAccess(true, RAM + 4096)])).toEqual(['live-at-end'])
  })
  it('must stay inside: where the mapping ends is said', () => {
    const { findings } = check([
      map(RAM, { ...FROM, size: 512 }),
      deviceAccess(true, RAM, 1024),
      unmap(RAM, { ...FROM, size: 512 }),
    ])
    expect(findings).toMatchObject([
      {
        code: 'device-access-overrun',
        message: 'dev wrote 1 KiB at 0x40000000: only 512 B from there on are mapped',
        evidence: [1, 2],
      },
    ])
  })
  it('must keep the direction', () => {
    expect(codes([map(RAM), deviceAccess(true, RAM), unmap(RAM)])).toEqual(['device-access-direction'])
    expect(codes([map(RAM, FROM), deviceAccess(false, RAM), unmap(RAM, FROM)])).toEqual(['device-access-direction'])
    expect(codes([map(RAM, BIDI), deviceAccess(false, RAM), deviceAccess(true, RAM), unmap(RAM, BIDI)])).toEqual([])
  })
  it("has nothing to say in another device's mapping", () => {
    expect(codes([map(RAM), deviceAccess(false, RAM, 4096, 'other'), unmap(RAM)])).toEqual(['device-access-unmapped'])
  })
  it('reads what the CPU wrote only after a sync', () => {
    const begin = [map(RAM), sync('cpu', RAM), cpuAccess(true, RAM)]
    expect(codes([...begin, deviceAccess(false, RAM), unmap(RAM)])).toEqual(['missing-sync'])
    expect(codes([...begin, sync('device', RAM), deviceAccess(false, RAM), unmap(RAM)])).toEqual([])
  })
  it('that is coherent needs no sync', () => {
    const other = { device: 'other' }
    const events = [
      map(RAM, other),
      sync('cpu', RAM, other),
      cpuAccess(true, RAM),
      deviceAccess(false, RAM, 64, 'other'),
      unmap(RAM, other),
    ]
    expect(codes(events)).toEqual([])
  })
})

describe('the CPU', () => {
  it('must leave alone what the device owns, but may read what the device only reads', () => {
    expect(codes([map(RAM), cpuAccess(true, RAM), unmap(RAM)])).toEqual(['cpu-access-device-owned'])
    expect(codes([map(RAM), cpuAccess(false, RAM), unmap(RAM)])).toEqual([])
    expect(codes([map(RAM, FROM), cpuAccess(false, RAM), unmap(RAM, FROM)])).toEqual(['cpu-access-device-owned'])
  })
  it('owns the bytes after a sync and after the unmap', () => {
    expect(
      codes([map(RAM, FROM), sync('cpu', RAM, FROM), cpuAccess(false, RAM), unmap(RAM, FROM), cpuAccess(true, RAM)]),
    ).toEqual([])
  })
  it('that reads old bytes without a sync has a stale read', () => {
    expect(codes([map(RAM, FROM), cpuAccess(false, RAM, 64), unmap(RAM, FROM)])).toEqual(
      ['wrong-bytes', 'stale-read'].toReversed(),
    )
  })
  it('owns a buffer mapped with SKIP_CPU_SYNC until it is synced for the device', () => {
    const skip = { dir: DIR.FROM_DEVICE, attrs: ATTR.SKIP_CPU_SYNC }
    const list = [RAM]
    expect(codes([mapSg(list, skip), cpuAccess(false, RAM), unmapSg(list, skip)])).toEqual([])
    expect(
      codes([mapSg(list, skip), syncSg('device', list, FROM), cpuAccess(false, RAM), unmapSg(list, skip)]),
    ).toEqual(['cpu-access-device-owned'])
  })
})

describe('an IOMMU fault', () => {
  const fault = (iova: number): EventBody => ({
    event: 'io_page_fault',
    driver: 'arm-smmu',
    device: 'dev',
    iova,
    flags: 1,
  })
  const why = (events: readonly EventBody[]): string =>
    check(events).findings.find(({ code }) => code === 'iommu-fault')?.message ?? ''
  const remapped: EventBody = {
    event: 'dma_map_page',
    device: 'dev',
    dir: 0,
    dmaAddr: 0xfff0_0000,
    size: 4096,
    physAddr: RAM,
    attrs: 0,
  }

  it('in a range that was unmapped is use after unmap', () => {
    expect(why([map(RAM), unmap(RAM), fault(RAM + 8)])).toContain('use after unmap')
  })
  it('at a physical address means the wrong address was programmed', () => {
    expect(why([remapped, fault(RAM)])).toContain('the device was given the wrong address')
  })
  it('right behind a mapping is an overrun', () => {
    expect(why([remapped, fault(0xfff0_1000)])).toContain('an overrun')
  })
  it('elsewhere is not explained', () => {
    expect(why([remapped, fault(0x1000)])).toContain('no mapping there')
  })
})

describe('overlaps', () => {
  it('of two mappings the device writes are reported, also where they begin in different cache lines', () => {
    expect(codes([map(RAM, FROM), map(RAM + 128, FROM)])).toContain('overlapping-mappings')
    expect(codes([map(RAM, FROM), map(RAM + 4096, FROM)])).not.toContain('overlapping-mappings')
    expect(codes([map(RAM), map(RAM + 128)])).not.toContain('overlapping-mappings')
  })
  it('end with the unmap', () => {
    expect(codes([map(RAM, FROM), unmap(RAM, FROM), map(RAM + 128, FROM)])).not.toContain('overlapping-mappings')
  })
  it('of two devices that both fill one buffer conflict', () => {
    expect(codes([map(RAM, FROM), map(RAM + 128, { ...FROM, device: 'other' })])).toContain('conflicting-directions')
    expect(codes([map(RAM, FROM), map(RAM + 128, { device: 'other' })])).not.toContain('conflicting-directions')
  })
})

describe('a bounced mapping with SKIP_CPU_SYNC', () => {
  /** Beside the note that tells of every bounce. */
  const harm = (...args: Parameters<typeof codes>): readonly string[] =>
    codes(...args).filter((code) => code !== 'bounced')
  const skip = { attrs: ATTR.SKIP_CPU_SYNC }
  const bounce: EventBody = {
    event: 'swiotlb_bounced',
    device: 'dev',
    dmaMask: 2 ** 32,
    devAddr: RAM,
    size: 4096,
    force: true,
  }
  const FROM_SKIP = { ...skip, dir: DIR.FROM_DEVICE }
  const by = (event: EventBody, pid: number): EventBody => Object.assign({}, event, { pid })
  const buffer = (event: 'vb2_qbuf' | 'vb2_buf_queue' | 'vb2_buf_done' | 'vb2_dqbuf', type: number): EventBody =>
    by({ event, owner: 'q', queued: 1, ownedByDriver: 0, index: 0, type, bytesused: 1, timestamp: 0 }, 7)
  const OUTPUT = 2
  const CAPTURE = 1
  const done = (type: number): readonly EventBody[] => [
    buffer('vb2_qbuf', type),
    buffer('vb2_buf_queue', type),
    buffer('vb2_buf_done', type),
  ]
  const cycle = (type: number): readonly EventBody[] => [...done(type), buffer('vb2_dqbuf', type)]
  const mapped = (events: readonly EventBody[], place = skip): readonly EventBody[] => [
    by(bounce, 7),
    by(mapSg([RAM], place), 7),
    ...events,
    by(unmapSg([RAM], place), 7),
  ]
  const log = { session: undefined }

  it('of which nothing shows its use is a note: one transfer to the device is right, and unused buffers lose nothing', () => {
    expect(harm([bounce, mapSg([RAM], skip), unmapSg([RAM], skip)])).toEqual(['bounce-not-synced'])
    expect(harm(mapped(cycle(OUTPUT)), log)).toEqual(['bounce-not-synced'])
    expect(harm(mapped([], FROM_SKIP), log)).toEqual(['bounce-not-synced'])
  })
  it('that is used again goes stale', () => {
    expect(harm(mapped([...cycle(OUTPUT), ...cycle(OUTPUT)]), log)).toEqual(['bounce-without-sync'])
    const read = deviceAccess(false, RAM)
    expect(harm([bounce, mapSg([RAM], skip), read, unmapSg([RAM], skip)])).toEqual(['bounce-not-synced'])
    expect(harm([bounce, mapSg([RAM], skip), read, read, unmapSg([RAM], skip)])).toEqual(['bounce-without-sync'])
  })
  it('loses what the device writes from the first time on', () => {
    expect(harm(mapped(cycle(CAPTURE), FROM_SKIP), log)).toEqual(['bounce-without-sync'])
    const write = deviceAccess(true, RAM)
    expect(harm([bounce, mapSg([RAM], FROM_SKIP), write, unmapSg([RAM], FROM_SKIP)])).toEqual(['bounce-without-sync'])
  })
  it('is told with how often it was used, and who missed what', () => {
    const told = (place: { dir?: number; attrs: number }, ...accesses: readonly EventBody[]): string | undefined =>
      check([bounce, mapSg([RAM], place), ...accesses, unmapSg([RAM], place)]).findings.find(
        ({ code }) => code === 'bounce-without-sync',
      )?.message
    const [read, write] = [deviceAccess(false, RAM), deviceAccess(true, RAM)]
    expect(told(skip, read, read)).toMatch(/used 2 times: the device got only what was in it when it was mapped$/)
    expect(told(FROM_SKIP, write)).toMatch(/used once: what the device wrote stayed in the bounce buffer$/)
  })
  it('is not used by a buffer that streaming off made done, by another direction, or by another task', () => {
    expect(harm(mapped(done(CAPTURE), FROM_SKIP), log)).toEqual(['bounce-not-synced'])
    expect(harm(mapped([...cycle(CAPTURE), ...cycle(CAPTURE)]), log)).toEqual(['bounce-not-synced'])
    const others = [...cycle(OUTPUT), ...cycle(OUTPUT)].map((event) => by(event, 8))
    expect(harm(mapped(others), log)).toEqual(['bounce-not-synced'])
  })
  it('is in order when it is synced, when it was not bounced, or when every transfer maps', () => {
    expect(harm([bounce, mapSg([RAM], skip), syncSg('device', [RAM]), unmapSg([RAM], skip)])).toEqual([])
    expect(harm([mapSg([RAM], skip), unmapSg([RAM], skip)])).toEqual([])
    expect(harm([bounce, mapSg([RAM]), unmapSg([RAM])])).toEqual([])
  })
  it('was not bounced when the bounce before it was refused', () => {
    const refused: EventBody = { ...map(RAM + 64), dmaAddr: 2 ** 64 } as EventBody
    const once = [mapSg([RAM], skip), unmapSg([RAM], skip)]
    expect(harm([bounce, refused, ...once])).toEqual(['mapping-failed'])
    // A refused list leaves no event at all.
    expect(harm([bounce, map(RAM + 8192), unmap(RAM + 8192), ...once])).toEqual([])
  })
})

describe('video buffers and fences', () => {
  const vb2 = (event: 'vb2_qbuf' | 'vb2_buf_queue' | 'vb2_buf_done' | 'vb2_dqbuf'): EventBody => ({
    event,
    owner: 'q',
    queued: 1,
    ownedByDriver: 0,
    index: 0,
    type: 1,
    bytesused: 0,
    timestamp: 0,
  })
  it('a buffer is taken only after it is done, and done only after it was given to the driver', () => {
    expect(codes([vb2('vb2_qbuf'), vb2('vb2_buf_queue'), vb2('vb2_buf_done'), vb2('vb2_dqbuf')])).toEqual([])
    expect(codes([vb2('vb2_qbuf'), vb2('vb2_buf_queue'), vb2('vb2_dqbuf')])).toEqual(['vb2-state'])
    expect(codes([vb2('vb2_qbuf'), vb2('vb2_buf_done')])).toEqual(['vb2-state'])
  })
  it('a buffer taken back by streaming off may be queued again', () => {
    expect(
      codes([vb2('vb2_qbuf'), vb2('vb2_buf_queue'), vb2('vb2_buf_done'), vb2('vb2_qbuf'), vb2('vb2_buf_queue')]),
    ).toEqual([])
  })
  const fence = (event: 'dma_fence_signaled' | 'dma_fence_wait_start', seqno: number): EventBody => ({
    event,
    driver: 'gpu',
    timeline: 'ring',
    context: 1,
    seqno,
  })
  it('fences are signaled once and in order, and no wait is left open', () => {
    expect(codes([fence('dma_fence_wait_start', 1), fence('dma_fence_signaled', 1), { event: 'end' }])).toEqual([])
    expect(codes([fence('dma_fence_wait_start', 1), { event: 'end' }])).toEqual(['fence-never-signaled'])
    expect(codes([fence('dma_fence_signaled', 1), fence('dma_fence_signaled', 1)])).toEqual(['fence-signaled-twice'])
    expect(codes([fence('dma_fence_signaled', 2), fence('dma_fence_signaled', 1)])).toEqual(['fence-order'])
  })
  it('a log proves nothing about fences', () => {
    expect(codes([fence('dma_fence_signaled', 2), fence('dma_fence_signaled', 1)], { session: undefined })).toEqual([])
  })
})
