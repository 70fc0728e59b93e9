// Logs that are long, cut, of many devices, or end in the middle: what is counted, what is named, and what is not judged.
import { ATTR, DIR, type Event, type EventBody } from '@dmalab/api'
import { describe, expect, it, test } from 'vitest'
import { createChecker, UNBIND_MARKER } from '../src/checker.ts'
import { alloc, check, codes, map, mapSg, RAM, said, sync, unmap, unmapSg } from './events.ts'

const log = { session: undefined }
const FROM = { dir: DIR.FROM_DEVICE }
const many = <T>(count: number, one: (n: number) => T): readonly T[] => Array.from({ length: count }, (_, n) => one(n))
const by = (event: EventBody, pid: number, interrupt = false): EventBody => Object.assign({}, event, { pid, interrupt })

describe('a marker', () => {
  test.each([
    ['unbound 0000:00:02.0', true],
    ['UNBIND: done', true],
    ['dev unbind end', true],
    ['unbind begin', false],
    ['unbind of dev starts: start of teardown', false],
    ['begin of the second unbind', true],
    ['unbinding', false],
    ['rebind', false],
  ])('%s ends a driver: %s', (text, ends) => {
    expect(UNBIND_MARKER.test(text)).toBe(ends)
  })
  it('that names no device means those that were active since the last one', () => {
    const marker = (text: string): EventBody => ({ event: 'marker', text })
    const events = [map(RAM), marker('test two'), map(RAM, { device: 'other' }), marker('unbound')]
    expect(check(events, log).findings.map(({ code, device }) => [code, device])).toEqual([
      ['unbind-pending', 'other'],
      ['leak-mapping', 'other'],
      ['live-at-end', 'dev'],
    ])
    expect(codes([map(RAM), marker('unbind begin'), marker('unbound')], log)).toEqual([
      'unbind-pending',
      'leak-mapping',
    ])
  })
  it("of one's own words is taken instead", () => {
    const events: readonly EventBody[] = [map(RAM), { event: 'marker', text: 'module gone' }]
    expect(codes(events, { ...log, unbindMarker: /gone/ })).toEqual(['unbind-pending', 'leak-mapping'])
    expect(codes(events, log)).toEqual(['live-at-end'])
  })
})

describe('numbers', () => {
  it('findings beyond what is kept are counted, code by code', () => {
    const events = [...many(5, () => unmap(RAM)), map(RAM), sync('device', RAM, FROM), unmap(RAM)]
    const { findings, summary } = check(events, { keep: 2 })
    expect(findings.map(({ code }) => code)).toEqual(['unmap-not-mapped', 'unmap-not-mapped', 'sync-direction'])
    expect(summary.counts).toEqual({ 'sync-direction': 1, 'unmap-not-mapped': 5 })
    expect(summary.bySeverity).toEqual({ info: 0, warning: 0, error: 6 })
    expect(summary.events).toBe(9)
  })
  it('what is lost is summed up, eight places are named, and one that does not say how many makes it unknown', () => {
    const lost = (count?: number): EventBody => ({ event: 'lost', count })
    const { findings, summary } = check(
      many(10, (n) => lost(n)),
      log,
    )
    expect(summary).toMatchObject({ lost: 45, complete: false })
    expect(findings).toMatchObject([
      { message: '45 events are missing: what crosses a gap is not checked', evidence: [1, 2, 3, 4, 5, 6, 7, 8] },
    ])
    expect(check([lost(2), lost(), lost(3)], log).summary.lost).toBeUndefined()
    expect(check([map(RAM), unmap(RAM)], log).summary).toMatchObject({
      lost: 0,
      complete: true,
      startsInTheMiddle: false,
      live: 0,
    })
  })
  it('live mappings are counted a device, and eight of them are named', () => {
    const { findings, summary } = check([...many(9, (n) => map(RAM + n * 8192)), map(RAM, { device: 'other' })], log)
    expect(findings).toMatchObject([
      { device: 'dev', message: 'dev: 9 mappings (36 KiB) live at the end', evidence: [1, 2, 3, 4, 5, 6, 7, 8] },
      { device: 'other', message: 'other: 1 mapping (4 KiB) live at the end', evidence: [10] },
    ])
    expect(summary.live).toBe(10)
  })
  it('what is live is told in the order in which it was made, however it was paired', () => {
    const events = [map(RAM + 0x4000), mapSg([RAM + 0x2000]), alloc(RAM + 0x8000), map(RAM), { event: 'end' } as const]
    expect(check(events).findings.map(({ evidence }) => evidence)).toEqual([
      [1, 5],
      [2, 5],
      [3, 5],
      [4, 5],
    ])
  })
  it('a pool that takes its memory back unseen is counted across a gap too', () => {
    expect(
      check([alloc(RAM), alloc(RAM), { event: 'lost', count: 1 }, alloc(RAM), alloc(RAM)], log).summary.untracedFrees,
    ).toBe(2)
  })
})

describe('the short way', () => {
  const checker = (session: boolean): ReturnType<typeof createChecker> => {
    const one = createChecker()
    if (session) one.onEvent({ event: 'end', at: 0 })
    return one
  }
  const mapped = (over: Partial<{ size: number; dir: number; phys: number; dma: number; attrs: number }> = {}) =>
    [
      'dev',
      over.dma ?? RAM,
      over.size ?? 4096,
      over.dir ?? DIR.FROM_DEVICE,
      over.attrs ?? 0,
      over.phys ?? RAM,
      1,
      7,
    ] as const
  test.each([
    ['a plain mapping', {}, true],
    ['the largest that it takes', { size: 2 ** 22 }, true],
    ['one byte more', { size: 2 ** 22 + 1 }, false],
    ['nothing', { size: 0 }, false],
    ['an address that failed', { dma: 2 ** 64 }, false],
    ['all ones of 32 bits', { dma: 2 ** 32 - 1 }, false],
    ['memory beyond all numbers', { phys: 2 ** 53 }, false],
  ])('takes %s: %o, %s', (_what, over, taken) => {
    expect(checker(false).onMap('dma_map_page', ...mapped(over))).toBe(taken)
  })
  test.each([
    ['the unmap that fits', RAM, 4096, DIR.FROM_DEVICE, 0, true],
    ['another size', RAM, 512, DIR.FROM_DEVICE, 0, false],
    ['another direction', RAM, 4096, DIR.TO_DEVICE, 0, false],
    ['another address', RAM + 64, 4096, DIR.FROM_DEVICE, 0, false],
    ['attributes, which its release does not compare', RAM, 4096, DIR.FROM_DEVICE, ATTR.PRIVILEGED, true],
    ['a resource', RAM, 4096, DIR.FROM_DEVICE, ATTR.MMIO, true],
  ])('%s', (_what, at, size, dir, attrs, taken) => {
    const one = checker(false)
    one.onMap('dma_map_page', ...mapped())
    expect(one.onUnmap('dma_unmap_page', 'dev', at, size, dir, attrs, 2)).toBe(taken)
  })
  it('leaves what shares a cache line, an address or a page with something that is live, and resources', () => {
    const one = checker(false)
    expect(one.onMap('dma_map_page', ...mapped())).toBe(true)
    expect(one.onMap('dma_map_page', ...mapped())).toBe(false)
    expect(one.onMap('dma_map_page', ...mapped({ dma: RAM + 0x8000, phys: RAM + 4095 }))).toBe(false)
    expect(one.onMap('dma_map_page', ...mapped({ dma: RAM + 0x8000, phys: RAM + 4096 }))).toBe(true)
    expect(one.onMap('dma_map_resource', ...mapped({ dma: 64, phys: 0x1000_0000 }))).toBe(false)
    expect(one.onMap('dma_map_phys', ...mapped({ dma: 64, phys: 0x1000_0000, attrs: ATTR.MMIO }))).toBe(false)
    expect(one.onName('map', 3, 1)).toBe(true)
    expect(one.onName('dma_alloc', 3, 1)).toBe(false)
  })
  it('says nothing to rules of plug-ins, so it takes nothing then', () => {
    const seen: string[] = []
    const rule = {
      name: 'own',
      source: 'x',
      codes: [],
      create: () => ({ onEvent: (event: Event) => void seen.push(event.event), onEnd() {} }),
    }
    const one = createChecker({ rules: [rule] })
    expect(one.onMap('dma_map_page', ...mapped())).toBe(false)
    expect(one.onUnmap('dma_unmap_page', 'dev', RAM, 4096, DIR.FROM_DEVICE, 0, 2)).toBe(false)
    expect(one.onName('map', 3, 1)).toBe(false)
    expect(one.onBare({ event: 'marker', text: 'x', at: 4 })).toBe(false)
    one.onEvent({ event: 'marker', text: 'x', at: 4 })
    expect(seen).toEqual(['marker'])
    expect(createChecker().onBare({ event: 'marker', text: 'x', at: 4 })).toBe(true)
    expect(createChecker({ thorough: true }).onMap('dma_map_page', ...mapped())).toBe(false)
  })
  it('events that it takes count, and show the kernel and what was examined', () => {
    const one = createChecker()
    one.onMap('dma_map_phys', ...mapped())
    one.onUnmap('dma_unmap_phys', 'dev', RAM, 4096, DIR.FROM_DEVICE, 0, 2)
    one.onName('unmap', 3, 5)
    const { summary, findings } = one.finish()
    expect(findings).toEqual([])
    expect(summary).toMatchObject({ events: 7, examined: true, kernelText: '7.3', live: 0 })
    const lacks = summary.notJudged.flatMap((one_) => one_.lacks)
    expect(lacks).not.toContain('no mapping')
    expect(lacks).not.toContain('no unmap')
    expect(lacks).toContain('no sync')
  })
})

describe('a log that begins in the middle', () => {
  const known = (count: number): readonly EventBody[] =>
    many(count, (n) => [by(map(RAM + n * 8192), 7), by(unmap(RAM + n * 8192), 7)]).flat()
  const stray = unmap(0x7000_0000)
  test.each([
    ['after three mappings that were undone', [...known(3), by(stray, 7)], 'unmap-before-log'],
    ['after four', [...known(4), by(stray, 7)], 'unmap-not-mapped'],
    ['by another task', [...known(4), by(stray, 8)], 'unmap-before-log'],
    ['by an interrupt', [...known(4), by(stray, 7, true)], 'unmap-before-log'],
    ['without a process id', [...known(4), stray], 'unmap-before-log'],
    ['of another device', [...known(4), by({ ...stray, device: 'other' } as EventBody, 7)], 'unmap-before-log'],
    [
      'of coherent memory, which lives long',
      [...known(4), by({ ...stray, event: 'dma_free', virtAddr: '0xa' } as EventBody, 7)],
      'unmap-before-log',
    ],
  ])('one unknown unmap %s', (_what, events, code) => {
    expect(codes(events, log)).toEqual([code])
  })
  it('counts what it does not know, and names eight', () => {
    expect(
      said(
        many(9, (n) => unmap(RAM + n * 8192)),
        log,
      ),
    ).toEqual([
      'unmap-before-log dev: 9 unmaps, frees or syncs of memory whose mapping the log does not show @1,2,3,4,5,6,7,8',
    ])
    expect(check([unmap(RAM)], log).summary.startsInTheMiddle).toBe(true)
  })
  it('knows the lists of one task from those of another', () => {
    expect(codes([unmapSg([RAM])], log)).toEqual(['unmap-before-log'])
    expect(codes([mapSg([RAM]), unmapSg([RAM]), unmapSg([RAM])], log)).toEqual(['unmap-before-log'])
  })
})

describe('what is not judged', () => {
  const without = (...events: readonly EventBody[]): Record<string, readonly string[]> =>
    Object.fromEntries(check(events, log).summary.notJudged.map(({ lacks, codes: list }) => [lacks, list]))
  const base = { device: 'dev', dmaAddr: RAM, size: 4096, dir: 0, attrs: 0 }
  const list = { device: 'dev', dir: 0, attrs: 0, physAddrs: [RAM] }
  test.each<[string, EventBody]>([
    ['no mapping', map(RAM)],
    ['no mapping', mapSg([RAM])],
    ['no mapping of a page', { ...base, event: 'dma_map_resource', physAddr: RAM }],
    ['no unmap', { ...base, event: 'dma_unmap_phys' }],
    ['no unmap of a list', { ...list, event: 'dma_unmap_sg' }],
    ['no unmap and no free', { ...base, event: 'dma_free', virtAddr: '0xa' }],
    ['no free of coherent memory', { ...base, event: 'dma_free_pages', virtAddr: '0xa' }],
    ['no sync', sync('cpu', RAM)],
    ['no sync of a list', { event: 'dma_sync_sg_for_cpu', device: 'dev', dir: 0, dmaAddrs: [RAM], sizes: [4096] }],
    ['no bounce', { event: 'swiotlb_bounced', device: 'dev', dmaMask: 1, devAddr: RAM, size: 1, force: false }],
    ['no IOMMU', { event: 'add_device_to_group', group: 1, device: 'dev' }],
    ['no dma-buf', { event: 'dma_buf_put', expName: 'x', size: 1, ino: 1 }],
    ['no end of a driver', { event: 'driver_unbound', device: 'dev' }],
    ['no mapping and no allocation', alloc(RAM)],
  ])('%s is lacking until one comes', (lacks, event) => {
    expect(without()).toHaveProperty([lacks])
    // A leak needs both: the end of a driver, and what it took.
    const left = without(event)
    expect(left[lacks] ?? ['unbind-pending']).toEqual(['unbind-pending'])
    expect(check([event], log).summary.examined).toBe(lacks !== 'no end of a driver')
  })
  it('what only a run of the model shows stays out in a log, and a run judges all', () => {
    expect(without(map(RAM), unmap(RAM))['only a run of the model shows it']).toEqual(
      expect.arrayContaining(['stale-read', 'wrong-bytes', 'device-access-unmapped']),
    )
    expect(check([]).summary).toMatchObject({ notJudged: [], examined: true })
  })
  it('each lack is told once, with its codes', () => {
    const told = check([], log).summary.notJudged.map(({ lacks }) => lacks)
    expect(new Set(told).size).toBe(told.length)
    expect(without()['no sync']).toEqual([
      'sync-not-mapped',
      'sync-outside-range',
      'sync-direction',
      'sync-cpu-read-only',
      'sync-device-write-only',
    ])
    expect(without()['no bounce']).toEqual(['bounce-without-sync', 'bounce-not-synced', 'bounced'])
  })
  it('what was found was judged', () => {
    const events: readonly EventBody[] = [map(RAM, FROM), map(RAM, FROM)]
    expect(Object.values(without(...events)).flat()).not.toContain('cacheline-overlap')
    expect(Object.values(without(...events)).flat()).toContain('unmap-size')
  })
})

it('that forgot mappings of a run, for they were too many, calls no unmap of them an error', () => {
  const places = many(25, (n) => RAM + n * 0x1000)
  const events = [...places.map((at) => map(at)), ...places.map((at) => unmap(at))]
  const { findings } = check(events, { follow: 10 })
  expect(findings.map(({ code, severity }) => [code, severity])).toEqual([
    ['unmap-before-log', 'info'],
    ['tracking-limit', 'info'],
  ])
})
