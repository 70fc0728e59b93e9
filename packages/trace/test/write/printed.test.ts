// Every event that a kernel prints, in the words of each release; and what the writer adds in a marker before it.
import { type Event, type EventBody, TRACE_FORMATS, type TraceRelease } from '@dmalab/api'
import { describe, expect, it, test } from 'vitest'
import { createFtraceWriter, createReader } from '../../src/index.ts'
import { LIST_LIMIT, printed } from '../../src/write/body.ts'

const dev = { device: 'dev', dir: 1 } as const
const one = { ...dev, dmaAddr: 0x1000, size: 16 } as const
const buffer = { expName: 'exp', size: 4096, ino: 7 } as const
const video = { owner: 'q', queued: 1, ownedByDriver: 2, index: 3, type: 4, bytesused: 5, timestamp: 6 } as const
const fence = { driver: 'd', timeline: 't', context: 1, seqno: 2 } as const
const v4l2 = { minor: 0, index: 1, type: 'T', bytesused: 2, flags: 'F', field: 'I', timestamp: 3, sequence: 4 } as const
const list = {
  ...dev,
  nents: 2,
  ents: 1,
  truncated: false,
  dmaAddrs: [0x1000],
  sizes: [32],
  physAddrs: [0x10, 0x20],
  attrs: 0,
} as const

const HEAD = 'dev dir=TO_DEVICE dma_addr=1000 size=16'
const NO_PAGE = '0000000000000000'
const BUFFER = 'exp_name=exp size=4096 ino=7'
const VIDEO = 'owner = q, queued = 1, owned_by_drv = 2, index = 3, type = 4, bytesused = 5, timestamp = 6'
const V4L2 =
  'minor = 0, index = 1, type = T, bytesused = 2, flags = F, field = I, timestamp = 3, timecode = { type = 0x0, flags = , frames = 0, seconds = 0, minutes = 0, hours = 0, userbits = { 0 0 0 0 } }, sequence = 4'
const FENCE = 'driver=d timeline=t context=1 seqno=2'
const ERROR = 2 ** 64 - 1024

const ROWS: readonly (readonly [name: string, event: object, body: string])[] = [
  ['dma_map_page', { ...one, physAddr: 0x5000, attrs: 0 }, `${HEAD} phys_addr=5000 attrs=`],
  ['dma_map_resource', { ...one, physAddr: 0x5000, attrs: 32 }, `${HEAD} phys_addr=5000 attrs=SKIP_CPU_SYNC`],
  [
    'dma_map_page',
    { ...one, dmaAddr: ERROR, physAddr: 0x5000, attrs: 0 },
    `dev dir=TO_DEVICE dma_addr=${'f'.repeat(16)} size=16 phys_addr=5000 attrs=`,
  ],
  ['dma_unmap_page', { ...one, attrs: 0 }, `${HEAD} attrs=`],
  ['dma_unmap_resource', { ...one, attrs: 0 }, `${HEAD} attrs=`],
  [
    'dma_alloc',
    { ...one, virtAddr: 'ff00', flags: 'GFP_KERNEL', attrs: 4 },
    `${HEAD} virt_addr=ff00 flags=GFP_KERNEL attrs=WRITE_COMBINE`,
  ],
  ['dma_alloc', { ...one, virtAddr: '', flags: '', attrs: 0 }, `${HEAD} virt_addr=${NO_PAGE} flags=none attrs=`],
  ['dma_alloc_pages', { ...one, virtAddr: '1', flags: 'x', attrs: 0 }, `${HEAD} virt_addr=1 flags=x attrs=`],
  ['dma_alloc_sgt_err', { ...one, virtAddr: '1', flags: 'x', attrs: 0 }, `${HEAD} virt_addr=1 flags=x attrs=`],
  ['dma_free', { ...one, virtAddr: '1', attrs: 0 }, `${HEAD} virt_addr=1 attrs=`],
  ['dma_free_pages', { ...one, virtAddr: '', attrs: 0 }, `${HEAD} virt_addr=${NO_PAGE} attrs=`],
  [
    'dma_alloc_sgt',
    { ...one, physAddrs: [1, 2], flags: '', attrs: 0 },
    `${HEAD} phys_addrs={0x1,0x2} flags=none attrs=`,
  ],
  ['dma_free_sgt', { ...one, physAddrs: [] }, `${HEAD} phys_addrs={}`],
  [
    'dma_map_sg',
    list,
    'dev dir=TO_DEVICE nents=2/2 ents=1/1 dma_addrs={0x1000} sizes={0x20} phys_addrs={0x10,0x20} attrs=',
  ],
  ['dma_map_sg_err', { ...dev, physAddrs: [1], err: -5, attrs: 0 }, 'dev dir=TO_DEVICE dma_addrs={0x1} err=-5 attrs='],
  ['dma_unmap_sg', { ...dev, physAddrs: [1], attrs: 0 }, 'dev dir=TO_DEVICE phys_addrs={0x1} attrs='],
  ['dma_sync_single_for_cpu', one, HEAD],
  ['dma_sync_single_for_device', one, HEAD],
  ['dma_sync_sg_for_cpu', { ...dev, dmaAddrs: [1], sizes: [2] }, 'dev dir=TO_DEVICE dma_addrs={0x1} sizes={0x2}'],
  ['dma_sync_sg_for_device', { ...dev, dmaAddrs: [1], sizes: [2] }, 'dev dir=TO_DEVICE dma_addrs={0x1} sizes={0x2}'],
  ...['dma_buf_export', 'dma_buf_put', 'dma_buf_mmap_internal', 'dma_buf_mmap'].map(
    (name) => [name, buffer, BUFFER] as const,
  ),
  ['dma_buf_fd', { ...buffer, fd: 9 }, `${BUFFER} fd=9`],
  ['dma_buf_get', { ...buffer, fd: 9 }, `${BUFFER} fd=9`],
  [
    'dma_buf_dynamic_attach',
    { ...buffer, attachment: 'a', isDynamic: true, device: 'dev' },
    `${BUFFER} attachment:a is_dynamic=1 dev_name=dev`,
  ],
  [
    'dma_buf_detach',
    { ...buffer, attachment: 'a', isDynamic: false, device: 'dev' },
    `${BUFFER} attachment:a is_dynamic=0 dev_name=dev`,
  ],
  ...['emit', 'init', 'destroy', 'enable_signal', 'signaled', 'wait_start', 'wait_end'].map(
    (name) => [`dma_fence_${name}`, fence, FENCE] as const,
  ),
  [
    'swiotlb_bounced',
    { device: 'dev', dmaMask: 0xffff_ffff, devAddr: 0x1000, size: 16, force: true },
    'dev_name: dev dma_mask=ffffffff dev_addr=1000 size=16 FORCE',
  ],
  [
    'swiotlb_bounced',
    { device: 'dev', dmaMask: 0xffff_ffff, devAddr: 0x1000, size: 16, force: false },
    'dev_name: dev dma_mask=ffffffff dev_addr=1000 size=16 NORMAL',
  ],
  ['add_device_to_group', { group: 3, device: 'dev' }, 'IOMMU: groupID=3 device=dev'],
  ['remove_device_from_group', { group: 3, device: 'dev' }, 'IOMMU: groupID=3 device=dev'],
  ['attach_device_to_domain', { device: 'dev' }, 'IOMMU: device=dev'],
  ['detach_device_from_domain', { device: 'dev' }, 'IOMMU: device=dev'],
  [
    'map',
    { iova: 16, end: 32, physAddr: 48, size: 16 },
    'IOMMU: iova=0x0000000000000010 - 0x0000000000000020 paddr=0x0000000000000030 size=16',
  ],
  [
    'unmap',
    { iova: 16, end: 32, size: 16, unmappedSize: 8 },
    'IOMMU: iova=0x0000000000000010 - 0x0000000000000020 size=16 unmapped_size=8',
  ],
  [
    'io_page_fault',
    { driver: 'smmu', device: 'dev', iova: 16, flags: 3 },
    'IOMMU:smmu dev iova=0x0000000000000010 flags=0x0003',
  ],
  ['cma_alloc_start', { name: 'c', count: 1, align: 2 }, 'name=c count=1 align=2'],
  [
    'cma_alloc_finish',
    { name: 'c', pfn: 255, count: 1, align: 2, errno: -12 },
    `name=c pfn=0xff page=${NO_PAGE} count=1 align=2 errorno=-12`,
  ],
  [
    'cma_alloc_busy_retry',
    { name: 'c', pfn: 255, count: 1, align: 2 },
    `name=c pfn=0xff page=${NO_PAGE} count=1 align=2`,
  ],
  ['cma_release', { name: 'c', pfn: 255, count: 1 }, `name=c pfn=0xff page=${NO_PAGE} count=1`],
  ...['vb2_qbuf', 'vb2_buf_queue', 'vb2_buf_done', 'vb2_dqbuf'].map((name) => [name, video, VIDEO] as const),
  ['v4l2_qbuf', v4l2, V4L2],
  ['v4l2_dqbuf', v4l2, V4L2],
]

const body = (event: string, fields: object): EventBody => ({ event, ...fields }) as EventBody

test.each(ROWS)('%s %j', (name, fields, text) => {
  expect(printed(body(name, fields), TRACE_FORMATS['6.12'])).toEqual({ name, body: text })
})

/** Placeholders and addresses that stand for an error are read as what they are, not as what they stand for. */
const LOSSLESS = ROWS.filter(([, , text]) => !/0{16}|f{16}|flags=none/.test(text))
test.each(LOSSLESS)('%s %j is read as what it was', (name, fields) => {
  const events: Event[] = []
  const writer = createFtraceWriter('6.12')
  writer.onEvent({ ...body(name, fields), at: 1 })
  const lines = writer.finish()
  const reader = createReader({ onEvent: (event) => events.push(event) })
  reader.push(Buffer.from(lines, 'latin1'))
  reader.end()
  expect(events).toMatchObject([{ event: name, ...fields }])
  expect(lines).not.toContain('dmalab: ')
})

it('a marker is printed in one line, and what no kernel prints is not printed', () => {
  const format = TRACE_FORMATS['6.12']
  expect(printed(body('marker', { text: 'a\nb\nc' }), format)).toEqual({ name: 'tracing_mark_write', body: 'a b c' })
  for (const name of ['session', 'step', 'end', 'oops', 'lost', 'pool_free', 'cpu_access'])
    expect(printed(body(name, {}), format)).toBeUndefined()
})

const MMIO = 1024
test.each<readonly [TraceRelease, string, number, string, string]>([
  ['6.12', 'dma_map_page', 0, 'dma_map_page', ''],
  ['6.12', 'dma_map_phys', 0, 'dma_map_page', ''],
  ['6.12', 'dma_map_phys', MMIO, 'dma_map_resource', ''],
  ['6.12', 'dma_map_phys', MMIO + 32, 'dma_map_resource', 'SKIP_CPU_SYNC'],
  ['6.12', 'dma_map_resource', 0, 'dma_map_resource', ''],
  ['7.2', 'dma_map_page', 0, 'dma_map_phys', ''],
  ['7.2', 'dma_map_phys', 0, 'dma_map_phys', ''],
  ['7.2', 'dma_map_phys', MMIO, 'dma_map_phys', 'MMIO'],
  ['7.2', 'dma_map_resource', 0, 'dma_map_phys', 'MMIO'],
  ['7.2', 'dma_map_resource', MMIO, 'dma_map_phys', 'MMIO'],
])('in %s %s with attributes %d is %s', (release, event, attrs, name, told) => {
  const format = TRACE_FORMATS[release]
  expect(printed(body(event, { ...one, physAddr: 1, attrs }), format)).toEqual({
    name,
    body: `${HEAD} phys_addr=1 attrs=${told}`,
  })
  const unmap = event.replace('map', 'unmap')
  expect(printed(body(unmap, { ...one, attrs }), format)).toEqual({
    name: name.replace('map', 'unmap'),
    body: `${HEAD} attrs=${told}`,
  })
})

describe('what stands before a line', () => {
  const lineOf = (event: object): string => {
    const writer = createFtraceWriter('6.12')
    writer.onEvent({ ...body('attach_device_to_domain', { device: 'dev' }), at: 3, ...event } as Event)
    return writer.finish().split('\n').at(-2)?.split(' attach')[0] ?? ''
  }
  test.each([
    [{}, '          dmalab-1       [000] .....     0.000003:'],
    [{ at: 1_500_000 }, '          dmalab-1       [000] .....     1.500000:'],
    [{ task: 'app', pid: 123, cpu: 12 }, '             app-123     [012] .....     0.000003:'],
    [{ task: 'a-name-of-more-than-16', pid: 1234567 }, 'a-name-of-more-t-1234567 [000] .....     0.000003:'],
    [{ interrupt: true, time: '12.5' }, '          dmalab-1       [000] ..h..         12.5:'],
    [{ interrupt: false }, '          dmalab-1       [000] .....     0.000003:'],
  ])('%j', (event, head) => {
    expect(lineOf(event)).toBe(head)
  })
  it('a CPU access names its task in itself', () => {
    const writer = createFtraceWriter('6.12')
    writer.onEvent({ ...body('cpu_access', { task: 'app', write: true }), at: 3, pid: 7, cpu: 1 } as Event)
    expect(writer.finish().split('\n').at(-2)).toBe(
      '          dmalab-7       [001] .....     0.000003: tracing_mark_write: dmalab: {"event":"cpu_access","task":"app","write":true}',
    )
  })
})

describe('what the model knows beside the line', () => {
  const marker = (event: object, release: TraceRelease | undefined = '6.12'): unknown => {
    const writer = createFtraceWriter(release)
    writer.onEvent({ at: 0, ...event } as Event)
    const [, text] = /dmalab: (.*)/.exec(writer.finish()) ?? []
    return text === undefined ? undefined : JSON.parse(text)
  }
  const alloc = { event: 'dma_alloc', ...one, virtAddr: '1', flags: 'x', attrs: 0 }
  const bounce = { event: 'swiotlb_bounced', device: 'd', dmaMask: 1, devAddr: 1, size: 1, force: false }
  const map = { event: 'dma_map_sg', ...list }
  const long = (nents: number, ents: number, more: object = {}) => ({
    ...map,
    nents,
    ents,
    dmaAddrs: Array.from({ length: ents }, (_, i) => i),
    sizes: Array.from({ length: ents }, () => 1),
    physAddrs: Array.from({ length: nents }, (_, i) => i),
    ...more,
  })
  const records = [{ page: 1, offset: 0, length: 1, attrs: 0, dmaAddress: 0, dmaLength: 0 }]
  test.each([
    ['an allocation', alloc, undefined],
    ['its pool', { ...alloc, pool: 'p' }, { event: 'with', pool: 'p' }],
    ['its place', { ...alloc, physAddr: 5 }, { event: 'with', physAddr: 5 }],
    ['both', { ...alloc, pool: 'p', physAddr: 5 }, { event: 'with', pool: 'p', physAddr: 5 }],
    ['a bounce', bounce, undefined],
    ['where from', { ...bounce, physAddr: 5 }, { event: 'with', physAddr: 5 }],
    ['an area', { ...alloc, area: 'cma' }, { event: 'with', area: 'cma' }],
    ['a mapping, which prints its place', { event: 'dma_map_page', ...one, physAddr: 5, attrs: 0 }, undefined],
    ['a list', map, undefined],
    ['its entries', { ...map, records }, { event: 'with', records }],
    ['a list as long as is printed', long(LIST_LIMIT, LIST_LIMIT), undefined],
    ['a longer one that was cut', long(LIST_LIMIT + 1, 1, { truncated: true }), undefined],
  ])('%s', (_what, event, extra) => {
    expect(marker(event)).toEqual(extra)
  })
  it.each([
    [LIST_LIMIT + 1, 1],
    [1, LIST_LIMIT + 1],
  ])('a list of %d and %d entries is whole in the marker, and cut in the line', (nents, ents) => {
    const event = long(nents, ents)
    const { dmaAddrs, sizes, physAddrs } = event
    expect(marker(event)).toEqual({ event: 'with', dmaAddrs, sizes, physAddrs, truncated: false })
    const { body: text = '' } = printed(event as unknown as EventBody, TRACE_FORMATS['6.12']) ?? {}
    expect(text).toContain(
      `nents=${Math.min(nents, 128)}/${nents} ents=${Math.min(ents, 128)}/${ents} [TRUNCATED] dma_addrs={`,
    )
    expect(text.match(/0x/g)).toHaveLength(Math.min(nents, 128) + 2 * Math.min(ents, 128))
  })
  it('the form is that of the session, unless one is given', () => {
    const session = (traceFormat: string, event = 'session') => ({ event, traceFormat, at: 0 }) as unknown as Event
    const event = { ...body('dma_map_page', { ...one, physAddr: 1, attrs: 0 }), at: 1 } as Event
    const text = (release?: TraceRelease, first: Event = session('7.2')): string => {
      const writer = createFtraceWriter(release)
      writer.onEvent(first)
      writer.onEvent(event)
      return writer.finish().split('\n').at(-2) ?? ''
    }
    expect(text()).toContain(': dma_map_phys: ')
    expect(text('6.12')).toContain(': dma_map_page: ')
    expect(text(undefined, session('6.15'))).toContain(': dma_map_page: ')
    expect(text(undefined, session('7.2', 'end'))).toContain(': dma_map_page: ')
  })
})
