// The body of each event as kernels print it, field by field; whatever is a little different is damage.
import { describe, expect, it, test } from 'vitest'
import { decodeText, EVENT_NAMES } from '../src/read/decode.ts'

const PAIR = 'dir=TO_DEVICE dma_addr=ffffe000 size=4096'
const pair = { device: '0000:00:02.0', dir: 1, dmaAddr: 0xffff_e000, size: 4096 }
const buffer = { expName: 'vb2', size: 8192, ino: 7 }
const fence = { driver: 'i915 gt', timeline: 'rcs0 x', context: 12, seqno: 34 }
const vb2 = { owner: 'vid 0', queued: 2, ownedByDriver: 1, index: 3, type: 9, bytesused: 77, timestamp: 88 }

type Row = readonly [name: string, body: string, event: object]
const ROWS: readonly Row[] = [
  ...['dma_map_page', 'dma_map_resource', 'dma_map_phys'].map((event): Row => [
    event,
    `0000:00:02.0 ${PAIR} phys_addr=421c9000 attrs=SKIP_CPU_SYNC|0x8000`,
    { event, ...pair, attrs: 0x8020, physAddr: 0x421c_9000 },
  ]),
  ...['dma_unmap_page', 'dma_unmap_resource', 'dma_unmap_phys'].map((event): Row => [
    event,
    `0000:00:02.0 ${PAIR} attrs=NO_WARN`,
    { event, ...pair, attrs: 256 },
  ]),
  ...['dma_alloc', 'dma_alloc_pages', 'dma_alloc_sgt_err'].map((event): Row => [
    event,
    `0000:00:02.0 ${PAIR} virt_addr=00000000c0de flags=GFP_KERNEL|__GFP_ZERO attrs=`,
    { event, ...pair, attrs: 0, virtAddr: '00000000c0de', flags: 'GFP_KERNEL|__GFP_ZERO' },
  ]),
  ...['dma_free', 'dma_free_pages'].map((event): Row => [
    event,
    `0000:00:02.0 ${PAIR} virt_addr=00000000c0de attrs=NO_WARN`,
    { event, ...pair, attrs: 256, virtAddr: '00000000c0de' },
  ]),
  [
    'dma_alloc_sgt',
    `0000:00:02.0 ${PAIR} phys_addrs={0x1000,0x3000} flags=GFP_KERNEL attrs=NO_WARN`,
    { event: 'dma_alloc_sgt', ...pair, attrs: 256, physAddrs: [0x1000, 0x3000], flags: 'GFP_KERNEL' },
  ],
  ['dma_free_sgt', `0000:00:02.0 ${PAIR} phys_addrs={0x1000}`, { event: 'dma_free_sgt', ...pair, physAddrs: [0x1000] }],
  ...['dma_sync_single_for_cpu', 'dma_sync_single_for_device'].map((event): Row => [
    event,
    `0000:00:02.0 ${PAIR}`,
    { event, ...pair },
  ]),
  ...['dma_sync_sg_for_cpu', 'dma_sync_sg_for_device'].map((event): Row => [
    event,
    'dev dir=NONE dma_addrs={0x1000,0x3000} sizes={0x20,0x40}',
    { event, device: 'dev', dir: 3, dmaAddrs: [0x1000, 0x3000], sizes: [32, 64] },
  ]),
  [
    'dma_map_sg_err',
    'dev dir=BIDIRECTIONAL dma_addrs={0x1000,0x3000} err=-12 attrs=NO_WARN',
    { event: 'dma_map_sg_err', device: 'dev', dir: 0, physAddrs: [0x1000, 0x3000], err: -12, attrs: 256 },
  ],
  ...['dma_buf_export', 'dma_buf_put', 'dma_buf_mmap_internal', 'dma_buf_mmap'].map((event): Row => [
    event,
    'exp_name=vb2 size=8192 ino=7',
    { event, ...buffer },
  ]),
  ...['dma_buf_fd', 'dma_buf_get'].map((event): Row => [
    event,
    'exp_name=vb2 size=8192 ino=7 fd=12',
    { event, ...buffer, fd: 12 },
  ]),
  ['dma_buf_fd', 'exp_name=vb2 size=8192 ino=7 fd=-1', { event: 'dma_buf_fd', ...buffer, fd: -1 }],
  ...['dma_buf_dynamic_attach', 'dma_buf_detach'].flatMap((event): readonly Row[] =>
    [0, 1].map((dynamic) => [
      event,
      `exp_name=vb2 size=8192 ino=7 attachment:00000000c0de is_dynamic=${dynamic} dev_name=codec`,
      { event, ...buffer, attachment: '00000000c0de', isDynamic: dynamic === 1, device: 'codec' },
    ]),
  ),
  ...['emit', 'init', 'destroy', 'enable_signal', 'signaled', 'wait_start', 'wait_end'].flatMap(
    (suffix): readonly Row[] =>
      ['dma_fence_', 'fence_'].map((stem) => [
        `${stem}${suffix}`,
        'driver=i915 gt timeline=rcs0 x context=12 seqno=34',
        { event: `dma_fence_${suffix}`, ...fence },
      ]),
  ),
  ...(
    [
      [' FORCE', true],
      [' NORMAL', false],
      [' NO_FORCE', false],
      [' swiotlb_force', true],
      [' ', false],
      ['', false],
    ] as const
  ).map(([word, force]): Row => [
    'swiotlb_bounced',
    `dev_name: codec dma_mask=ffffffff dev_addr=80001000 size=512${word}`,
    { event: 'swiotlb_bounced', device: 'codec', dmaMask: 0xffff_ffff, devAddr: 0x8000_1000, size: 512, force },
  ]),
  ['map', 'IOMMU: iova=0x10000 - 0x13000 paddr=0x42000 size=12288', mapped(0x1_3000)],
  ['map', 'IOMMU: iova=0x10000 paddr=0x42000 size=12288', mapped(0x1_3000)],
  ['map', 'IOMMU: iova=0x10000 paddr=0x42000 size=0x3000', mapped(0x1_3000)],
  ['map', 'IOMMU: iova=0x10000 - 0x14000 paddr=0x42000 size=12288', mapped(0x1_4000)],
  ['unmap', 'IOMMU: iova=0x10000 - 0x13000 size=12288 unmapped_size=4096', unmapped(0x1_3000, 4096)],
  ['unmap', 'IOMMU: iova=0x10000 size=0x3000 unmapped_size=0x1000', unmapped(0x1_3000, 4096)],
  ['unmap', 'IOMMU: iova=0x10000 size=12288', unmapped(0x1_3000, 12_288)],
  ...['add_device_to_group', 'remove_device_from_group'].map((event): Row => [
    event,
    'IOMMU: groupID=12 device=codec',
    { event, group: 12, device: 'codec' },
  ]),
  ...['attach_device_to_domain', 'detach_device_from_domain'].map((event): Row => [
    event,
    'IOMMU: device=codec',
    { event, device: 'codec' },
  ]),
  ...['IOMMU:smmu', 'IOMMU: smmu'].map((head): Row => [
    'io_page_fault',
    `${head} codec iova=0xffffe000 flags=0x1`,
    { event: 'io_page_fault', driver: 'smmu', device: 'codec', iova: 0xffff_e000, flags: 1 },
  ]),
  ...[
    'name=linux,cma count=12 align=3',
    'name=linux,cma request_count=12 align=3',
    'name=linux,cma request_count=12 available_count=5 total_count=9 align=3',
  ].map((body): Row => ['cma_alloc_start', body, { event: 'cma_alloc_start', name: 'linux,cma', count: 12, align: 3 }]),
  ...['cma_alloc_finish', 'cma_alloc_busy_retry', 'cma_alloc'].flatMap((name): readonly Row[] => {
    const event = name === 'cma_alloc' ? 'cma_alloc_finish' : name
    const found = { event, name: 'left', pfn: 0x4200, count: 12, align: 3 }
    return [
      [name, 'name=left pfn=0x4200 page=00000000c0de count=12 align=3 errorno=-16', { ...found, errno: -16 }],
      [name, 'name=left pfn=4200 page=(null) count=12 align=3', found],
      [name, 'pfn=4200 page=00000000c0de count=12 align=3', { ...found, name: '' }],
    ]
  }),
  [
    'cma_release',
    'name=left pfn=0x4200 page=x count=12',
    { event: 'cma_release', name: 'left', pfn: 0x4200, count: 12 },
  ],
  ['cma_release', 'pfn=4200 page=x count=12', { event: 'cma_release', name: '', pfn: 0x4200, count: 12 }],
  ...['vb2_qbuf', 'vb2_buf_queue', 'vb2_buf_done', 'vb2_dqbuf'].flatMap((event): readonly Row[] => {
    const body = 'owner = vid 0, queued = 2, owned_by_drv = 1, index = 3, type = 9, bytesused = 77'
    return [
      [event, `${body}, timestamp = 88`, { event, ...vb2 }],
      [event, body, { event, ...vb2, timestamp: 0 }],
      [event, body.replace('drv = 1', 'drv = -1'), { event, ...vb2, ownedByDriver: -1, timestamp: 0 }],
    ]
  }),
  ...['v4l2_qbuf', 'v4l2_dqbuf'].flatMap((event): readonly Row[] =>
    ['', 'fh = 00000000c0de, '].map((fh) => [
      event,
      `minor = -1, ${fh}index = 3, type = VIDEO_CAPTURE, bytesused = 77, flags = DONE|MAPPED, field = NONE, timestamp = 88, timecode = { type = , x }, sequence = 9`,
      {
        event,
        minor: -1,
        index: 3,
        type: 'VIDEO_CAPTURE',
        bytesused: 77,
        flags: 'DONE|MAPPED',
        field: 'NONE',
        timestamp: 88,
        sequence: 9,
      },
    ]),
  ),
]
function mapped(end: number): object {
  return { event: 'map', iova: 0x1_0000, end, physAddr: 0x4_2000, size: 12_288 }
}
function unmapped(end: number, unmappedSize: number): object {
  return { event: 'unmap', iova: 0x1_0000, end, size: 12_288, unmappedSize }
}

describe.each(ROWS)('%s: %s', (name, body, event) => {
  it('is read field by field', () => expect(decodeText(name, body)).toEqual(event))

  it('is damage when something stands before or behind it, or a part is missing', () => {
    // Names of drivers and queues may hold blanks.
    const isFree = /^(?:driver=|owner = )/.test(body)
    const words = body.split(' ')
    const odd = [
      ...(isFree ? [] : [`x ${body}`]),
      ...(body.endsWith(' ') ? [] : [`${body} x=1`]),
      body.replace(/=/, '~'),
      body.replace(/=(?=[^=]*$)/, '~'),
      // Older kernels name no area.
      ...(/^name=\S+ pfn=/.test(body) ? [] : [words.slice(1).join(' ')]),
      // A number too long to be one.
      body.replace(/(size|ino|count|context|index|groupID)(= ?|=)\d+/, '$1$2123456789012345678901'),
      body.replace(/(dma_addr|dma_mask|paddr|pfn|iova)=(?:0x)?[0-9a-f]+/, (all) => `${all}${'f'.repeat(17)}`),
    ].filter((text) => text !== body)
    expect(odd.filter((text) => decodeText(name, text) !== undefined)).toEqual([])
  })
})

describe('lists, which a line may cut off', () => {
  const SG =
    'dev dir=FROM_DEVICE nents=3/30 ents=2/20 dma_addrs={0x1000,0x3000} sizes={0x20,0x10} phys_addrs={0x8000,0x9000,0xc000} attrs=NO_WARN'
  const whole = {
    event: 'dma_map_sg',
    device: 'dev',
    dir: 2,
    nents: 30,
    ents: 20,
    truncated: false,
    dmaAddrs: [0x1000, 0x3000],
    sizes: [32, 16],
    physAddrs: [0x8000, 0x9000, 0xc000],
    attrs: 256,
  }
  it.each([
    [SG, whole],
    [SG.replace('ents=2/20 ', 'ents=2/20 [TRUNCATED] '), { ...whole, truncated: true }],
    [SG.replace('nents=3/30 ents=2/20 ', ''), { ...whole, nents: 3, ents: 2 }],
    [SG.replace(' attrs=NO_WARN', ''), { ...whole, truncated: true, attrs: 0 }],
    [SG.slice(0, SG.indexOf(' phys')), { ...whole, truncated: true, physAddrs: [], attrs: 0 }],
    [SG.slice(0, SG.indexOf(' sizes')), { ...whole, truncated: true, sizes: [], physAddrs: [], attrs: 0 }],
    [
      SG.slice(0, SG.indexOf(',0x3000') + 4),
      { ...whole, truncated: true, dmaAddrs: [0x1000], sizes: [], physAddrs: [], attrs: 0 },
    ],
    [`x ${SG}`, undefined],
    [SG.replace(' dir=', ' di='), undefined],
    [SG.replace('dma_addrs={', 'dma_addrs='), undefined],
  ])('%s', (body, event) => expect(decodeText('dma_map_sg', body)).toEqual(event))

  const UNMAP = 'dev dir=FROM_DEVICE phys_addrs={0x8000,0x9000} attrs=NO_WARN'
  const undone = { event: 'dma_unmap_sg', device: 'dev', dir: 2, physAddrs: [0x8000, 0x9000], attrs: 256 }
  it.each([
    [UNMAP, undone],
    [UNMAP.replace('NO_WARN', ''), { ...undone, attrs: 0 }],
    [UNMAP.replace(' attrs=NO_WARN', ''), { ...undone, attrs: 0, truncated: true }],
    [UNMAP.slice(0, UNMAP.indexOf(',0x9')), { ...undone, physAddrs: [], attrs: 0, truncated: true }],
    [`x ${UNMAP}`, undefined],
    [UNMAP.replace('{', ''), undefined],
  ])('%s', (body, event) => expect(decodeText('dma_unmap_sg', body)).toEqual(event))
})

test('markers are text, and trace-cmd repeats their name', () => {
  expect(decodeText('tracing_mark_write', 'tracing_mark_write: begin')).toEqual({
    event: 'marker',
    text: 'tracing_mark_write: begin',
  })
  expect(decodeText('print', 'tracing_mark_write: begin')).toEqual({ event: 'marker', text: 'begin' })
  expect(decodeText('print', 'say tracing_mark_write: x')).toEqual({
    event: 'marker',
    text: 'say tracing_mark_write: x',
  })
})

test('every event that is known is here', () => {
  const here = new Set([...ROWS.map(([name]) => name), 'dma_map_sg', 'dma_unmap_sg', 'tracing_mark_write', 'print'])
  expect(EVENT_NAMES.filter((name) => !here.has(name))).toEqual([])
  expect(decodeText('sched_switch', 'x')).toBeUndefined()
})
