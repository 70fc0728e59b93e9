// Which events a log must hold before the absence of a finding means anything.
import { FINDINGS, type EventName } from '@dmalab/api'
import { describe, expect, it, test } from 'vitest'
import { examinedAny, notJudged } from '../src/judged.ts'

const MAP_ONE = ['dma_map_page', 'dma_map_phys', 'dma_map_resource'] as const
const MAP = [...MAP_ONE, 'dma_map_sg'] as const
const UNMAP = ['dma_unmap_page', 'dma_unmap_phys', 'dma_unmap_resource', 'dma_unmap_sg'] as const
const ALLOC = ['dma_alloc', 'dma_alloc_pages', 'dma_alloc_sgt'] as const
const FREE = ['dma_free', 'dma_free_pages', 'dma_free_sgt'] as const
const SYNC_SG = ['dma_sync_sg_for_cpu', 'dma_sync_sg_for_device'] as const
const SYNC = ['dma_sync_single_for_cpu', 'dma_sync_single_for_device', ...SYNC_SG] as const
const TAKE = [...MAP, 'dma_map_sg_err', ...ALLOC] as const
const GONE = ['driver_unbound', 'remove_device_from_group', 'marker'] as const
const BOUNCE = ['swiotlb_bounced'] as const
const DMA_BUF = [
  'dma_buf_export',
  'dma_buf_get',
  'dma_buf_fd',
  'dma_buf_dynamic_attach',
  'dma_buf_detach',
  'dma_buf_put',
] as const
const IOMMU = ['io_page_fault', 'attach_device_to_domain', 'add_device_to_group', 'map', 'unmap'] as const
const BUFFER = ['vb2_qbuf', 'vb2_buf_queue', 'vb2_buf_done', 'vb2_dqbuf'] as const

/** What is missing where none of the events stands in the log, and the findings that need one of them. */
const NEEDS: readonly (readonly [lacks: string, events: readonly EventName[], codes: readonly string[]])[] = [
  [
    'no mapping',
    MAP,
    ['cacheline-overlap', 'cacheline-overlap-overflow', 'overlapping-mappings', 'conflicting-directions'],
  ],
  ['no mapping of a page', MAP_ONE, ['map-zero-length']],
  ['no unmap', UNMAP, ['unmap-error-cookie', 'unmap-direction']],
  [
    'no unmap and no free',
    [...UNMAP, ...FREE],
    ['unmap-not-mapped', 'unmap-size', 'unmap-function', 'unmap-attributes', 'unmap-before-log'],
  ],
  ['no unmap of a list', ['dma_unmap_sg'], ['unmap-sg-count']],
  ['no free of coherent memory', FREE, ['free-cpu-address']],
  ['no mapping and no allocation', TAKE, ['mapping-failed', 'live-at-end']],
  [
    'no sync',
    SYNC,
    ['sync-not-mapped', 'sync-outside-range', 'sync-direction', 'sync-cpu-read-only', 'sync-device-write-only'],
  ],
  ['no sync of a list', SYNC_SG, ['sync-sg-count']],
  ['no bounce', BOUNCE, ['bounce-without-sync', 'bounce-not-synced', 'bounced']],
  ['no video buffer', BUFFER, ['vb2-state']],
  ['no dma-buf', DMA_BUF, ['dma-buf-use-after-put', 'dma-buf-detach-unattached']],
  ['no IOMMU', IOMMU, ['iommu-fault']],
]
/** Those that need the end of a driver, and what it may have left behind. */
const LEFT: readonly (readonly [code: string, events: readonly EventName[], lacks: string])[] = [
  ['unbind-pending', TAKE, 'no mapping and no allocation'],
  ['leak-mapping', MAP, 'no mapping'],
  ['leak-coherent', ALLOC, 'no allocation of coherent memory'],
]
const ALWAYS = ['log-incomplete', 'tracking-limit']
const reasons = (...events: EventName[]): ReadonlyMap<string, string> =>
  new Map(notJudged(new Set(events), new Set()).flatMap(({ lacks, codes }) => codes.map((code) => [code, lacks])))

describe.each(NEEDS)('%s', (lacks, events, codes) => {
  it('is said of a log without any of these events, and of none with one of them', () => {
    const without = reasons()
    expect(codes.map((code) => without.get(code))).toEqual(codes.map(() => lacks))
    for (const event of events) {
      const left = reasons(event)
      expect(codes.filter((code) => left.has(code))).toEqual([])
    }
    // Any other event leaves it as it is.
    const others = NEEDS.flatMap(([, all]) => all).filter((event) => !events.includes(event))
    const left = reasons(...others)
    expect(codes.map((code) => left.get(code))).toEqual(codes.map(() => lacks))
  })
})

test.each(LEFT)('%s needs the end of a driver too', (code, events, lacks) => {
  expect(reasons().get(code)).toBe('no end of a driver')
  for (const event of events) expect(reasons(event).get(code)).toBe('no end of a driver')
  for (const end of GONE) {
    expect(reasons(end).get(code)).toBe(lacks)
    for (const event of events) expect(reasons(end, event).has(code)).toBe(false)
  }
})

test('what speaks of the log itself is always judged, and all that is left needs a run of the model', () => {
  const known = [...NEEDS.flatMap(([, , codes]) => codes), ...LEFT.map(([code]) => code), ...ALWAYS]
  const everything = [...new Set([...NEEDS.flatMap(([, events]) => events), ...GONE])]
  const left = reasons(...everything)
  const runs = Object.keys(FINDINGS).filter((code) => !known.includes(code))
  expect([...left.keys()].toSorted()).toEqual(runs.toSorted())
  expect(new Set(left.values())).toEqual(new Set(['only a run of the model shows it']))
  expect(ALWAYS.filter((code) => reasons().has(code))).toEqual([])
})

test('a run of the model judges everything, and what was found has been judged', () => {
  expect(notJudged(new Set(['session']), new Set())).toEqual([])
  const told = notJudged(new Set(), new Set(['iommu-fault', 'vb2-state']))
  expect(told.some(({ codes }) => codes.includes('iommu-fault' as never))).toBe(false)
})

test.each([
  [['session'], true],
  [['dma_map_page'], true],
  [['dma_free'], true],
  [['vb2_qbuf'], true],
  [['map'], true],
  [['driver_unbound'], false],
  [['marker', 'lost', 'kernel_release'], false],
  [[], false],
] as const)('%o say something about DMA: %s', (events, examined) => {
  expect(examinedAny(new Set<EventName>(events))).toBe(examined)
})
