// What every event prints, field by field, in the forms that kernels have given it; and what is one letter off is damage.
import { describe, expect, it, test } from 'vitest'
import { readBodies as read } from './lines.ts'

type Row = readonly [name: string, body: string, fields: Readonly<Record<string, unknown>>]
const DEV = '0000:00:02.0'
const ONE = { device: DEV, dir: 2, dmaAddr: 0xffff_e12c_8000, size: 12_345 }
const LINE = `${DEV} dir=FROM_DEVICE dma_addr=ffffe12c8000 size=12345`
const BUF = { expName: 'udmabuf', size: 614_400, ino: 4711 }
const BUF_LINE = 'exp_name=udmabuf size=614400 ino=4711'

const BODIES: readonly Row[] = [
  [
    'dma_map_page',
    `${LINE} phys_addr=42ab1000 attrs=SKIP_CPU_SYNC|NO_WARN`,
    { ...ONE, physAddr: 0x42ab_1000, attrs: 32 + 256 },
  ],
  ['dma_map_resource', `${LINE} phys_addr=fe801000 attrs=`, { ...ONE, physAddr: 0xfe80_1000, attrs: 0 }],
  ['dma_map_phys', `${LINE} phys_addr=fe801000 attrs=MMIO`, { ...ONE, physAddr: 0xfe80_1000, attrs: 1024 }],
  ['dma_unmap_page', `${LINE} attrs=PRIVILEGED`, { ...ONE, attrs: 512 }],
  ['dma_unmap_resource', `${LINE} attrs=`, { ...ONE, attrs: 0 }],
  ['dma_unmap_phys', `${LINE} attrs=MMIO`, { ...ONE, attrs: 1024 }],
  [
    'dma_alloc',
    `${LINE} virt_addr=00000000c0de1000 flags=GFP_KERNEL|__GFP_ZERO attrs=`,
    { ...ONE, virtAddr: '00000000c0de1000', flags: 'GFP_KERNEL|__GFP_ZERO', attrs: 0 },
  ],
  [
    'dma_alloc_pages',
    `${LINE} virt_addr=00000000c0de1000 flags=GFP_KERNEL attrs=`,
    { ...ONE, virtAddr: '00000000c0de1000', flags: 'GFP_KERNEL', attrs: 0 },
  ],
  [
    'dma_alloc_sgt_err',
    `${LINE} virt_addr=0000000000000000 flags=GFP_KERNEL attrs=NO_WARN`,
    { ...ONE, virtAddr: '0000000000000000', flags: 'GFP_KERNEL', attrs: 256 },
  ],
  [
    'dma_alloc_sgt',
    `${LINE} phys_addrs={0x42ab1000,0x42ac2000} flags=GFP_KERNEL attrs=`,
    { ...ONE, physAddrs: [0x42ab_1000, 0x42ac_2000], flags: 'GFP_KERNEL', attrs: 0 },
  ],
  ['dma_free', `${LINE} virt_addr=00000000c0de1000 attrs=`, { ...ONE, virtAddr: '00000000c0de1000', attrs: 0 }],
  ['dma_free_pages', `${LINE} virt_addr=00000000c0de1000 attrs=`, { ...ONE, virtAddr: '00000000c0de1000', attrs: 0 }],
  ['dma_free_sgt', `${LINE} phys_addrs={0x42ab1000}`, { ...ONE, physAddrs: [0x42ab_1000] }],
  ['dma_sync_single_for_cpu', LINE, ONE],
  ['dma_sync_single_for_device', LINE, ONE],
  [
    'dma_sync_sg_for_cpu',
    `${DEV} dir=BIDIRECTIONAL dma_addrs={0x1000,0x20000} sizes={0x1000,0x200}`,
    { device: DEV, dir: 0, dmaAddrs: [0x1000, 0x2_0000], sizes: [0x1000, 0x200] },
  ],
  ['dma_sync_sg_for_device', `${DEV} dir=7 dma_addrs={} sizes={}`, { device: DEV, dir: 7, dmaAddrs: [], sizes: [] }],
  [
    'dma_map_sg_err',
    `${DEV} dir=TO_DEVICE dma_addrs={0x1000,0x2000} err=-12 attrs=NO_WARN`,
    { device: DEV, dir: 1, physAddrs: [0x1000, 0x2000], err: -12, attrs: 256 },
  ],
  [
    'dma_map_sg',
    `${DEV} dir=TO_DEVICE nents=130/140 ents=128/129 [TRUNCATED] dma_addrs={0x1000} sizes={0x100} phys_addrs={0x1000,0x2000} attrs=NO_WARN`,
    {
      device: DEV,
      dir: 1,
      nents: 140,
      ents: 129,
      truncated: true,
      dmaAddrs: [0x1000],
      sizes: [0x100],
      physAddrs: [0x1000, 0x2000],
      attrs: 256,
    },
  ],
  [
    'dma_unmap_sg',
    `${DEV} dir=TO_DEVICE phys_addrs={0x1000,0x2000} attrs=NO_WARN`,
    { device: DEV, dir: 1, physAddrs: [0x1000, 0x2000], attrs: 256 },
  ],
  ['dma_buf_export', BUF_LINE, BUF],
  ['dma_buf_put', BUF_LINE, BUF],
  ['dma_buf_mmap_internal', BUF_LINE, BUF],
  ['dma_buf_mmap', BUF_LINE, BUF],
  ['dma_buf_fd', `${BUF_LINE} fd=-23`, { ...BUF, fd: -23 }],
  ['dma_buf_get', `${BUF_LINE} fd=42`, { ...BUF, fd: 42 }],
  [
    'dma_buf_dynamic_attach',
    `${BUF_LINE} attachment:00000000aa11bb22 is_dynamic=1 dev_name=gpu.0`,
    { ...BUF, attachment: '00000000aa11bb22', isDynamic: true, device: 'gpu.0' },
  ],
  [
    'dma_buf_detach',
    `${BUF_LINE} attachment:00000000aa11bb22 is_dynamic=0 dev_name=gpu.0`,
    { ...BUF, attachment: '00000000aa11bb22', isDynamic: false, device: 'gpu.0' },
  ],
  ...['emit', 'init', 'destroy', 'enable_signal', 'signaled', 'wait_start', 'wait_end'].map((what): Row => [
    `dma_fence_${what}`,
    'driver=a driver timeline=ring 0 context=31 seqno=4294967296',
    { driver: 'a driver', timeline: 'ring 0', context: 31, seqno: 2 ** 32 },
  ]),
  [
    'swiotlb_bounced',
    `dev_name: ${DEV} dma_mask=ffffffff dev_addr=142345000 size=12345 FORCE`,
    { device: DEV, dmaMask: 0xffff_ffff, devAddr: 0x1_4234_5000, size: 12_345, force: true },
  ],
  [
    'swiotlb_bounced',
    `dev_name: ${DEV} dma_mask=ffffffff dev_addr=142345000 size=12345`,
    { device: DEV, dmaMask: 0xffff_ffff, devAddr: 0x1_4234_5000, size: 12_345, force: false },
  ],
  [
    'map',
    'IOMMU: iova=0x00000000fff00000 - 0x00000000fff02000 paddr=0x0000000042345000 size=8192',
    { iova: 0xfff0_0000, end: 0xfff0_2000, physAddr: 0x4234_5000, size: 8192 },
  ],
  [
    'map',
    'IOMMU: iova=0xfff00000 paddr=0x42345000 size=0x2000',
    { iova: 0xfff0_0000, end: 0xfff0_2000, physAddr: 0x4234_5000, size: 8192 },
  ],
  [
    'unmap',
    'IOMMU: iova=0xfff00000 - 0xfff02000 size=8192 unmapped_size=4096',
    { iova: 0xfff0_0000, end: 0xfff0_2000, size: 8192, unmappedSize: 4096 },
  ],
  [
    'unmap',
    'IOMMU: iova=0xfff00000 size=0x2000',
    { iova: 0xfff0_0000, end: 0xfff0_2000, size: 8192, unmappedSize: 8192 },
  ],
  ['add_device_to_group', `IOMMU: groupID=12 device=${DEV}`, { group: 12, device: DEV }],
  ['remove_device_from_group', `IOMMU: groupID=12 device=${DEV}`, { group: 12, device: DEV }],
  ['attach_device_to_domain', `IOMMU: device=${DEV}`, { device: DEV }],
  ['detach_device_from_domain', `IOMMU: device=${DEV}`, { device: DEV }],
  [
    'io_page_fault',
    `IOMMU:arm-smmu ${DEV} iova=0x00000000fff00000 flags=0x0011`,
    { driver: 'arm-smmu', device: DEV, iova: 0xfff0_0000, flags: 0x11 },
  ],
  [
    'io_page_fault',
    `IOMMU: arm-smmu ${DEV} iova=0xfff00000 flags=0x1`,
    { driver: 'arm-smmu', device: DEV, iova: 0xfff0_0000, flags: 1 },
  ],
  ['cma_alloc_start', 'name=reserved count=256 align=8', { name: 'reserved', count: 256, align: 8 }],
  [
    'cma_alloc_start',
    'name=reserved request_count=256 available_count=1024 total_count=16384 align=12',
    { name: 'reserved', count: 256, align: 12 },
  ],
  [
    'cma_alloc_finish',
    'name=reserved pfn=0x5e000 page=ffffffe001d00000 count=256 align=10 errorno=-16',
    { name: 'reserved', pfn: 0x5_e000, count: 256, align: 10, errno: -16 },
  ],
  [
    'cma_alloc_busy_retry',
    'name=reserved pfn=0x5e000 page=ffffffe001d00000 count=16 align=4',
    { name: 'reserved', pfn: 0x5_e000, count: 16, align: 4 },
  ],
  ['cma_release', 'pfn=5e0ff page=ffffffe001d00000 count=256', { name: '', pfn: 0x5_e0ff, count: 256 }],
  ...['vb2_qbuf', 'vb2_buf_queue', 'vb2_buf_done', 'vb2_dqbuf'].map((what): Row => [
    what,
    'owner = 00000000571a6715, queued = 12, owned_by_drv = 11, index = 10, type = 13, bytesused = 614400, timestamp = 3233423000',
    {
      owner: '00000000571a6715',
      queued: 12,
      ownedByDriver: 11,
      index: 10,
      type: 13,
      bytesused: 614_400,
      timestamp: 3_233_423_000,
    },
  ]),
  [
    'vb2_buf_done',
    'owner = x, queued = 1, owned_by_drv = -1, index = 0, type = 1, bytesused = 10',
    { owner: 'x', queued: 1, ownedByDriver: -1, index: 0, type: 1, bytesused: 10, timestamp: 0 },
  ],
  ...['v4l2_qbuf', 'v4l2_dqbuf'].map((what): Row => [
    what,
    'minor = 12, index = 31, type = VIDEO_CAPTURE, bytesused = 614400, flags = MAPPED|QUEUED, field = NONE, timestamp = 3233423000, timecode = { type = 24FPS, flags = , frames = 0 }, sequence = 17',
    {
      minor: 12,
      index: 31,
      type: 'VIDEO_CAPTURE',
      bytesused: 614_400,
      flags: 'MAPPED|QUEUED',
      field: 'NONE',
      timestamp: 3_233_423_000,
      sequence: 17,
    },
  ]),
  [
    'v4l2_qbuf',
    'minor = -1, fh = 00000000c8, index = 0, type = 9, bytesused = 0, flags = , field = , timestamp = 0, timecode = {}, sequence = 0',
    { minor: -1, index: 0, type: '9', bytesused: 0, flags: '', field: '', timestamp: 0, sequence: 0 },
  ],
]
/** Lines that the end of a buffer may cut, and texts. */
const OPEN = /^(?:dma_map_sg|dma_unmap_sg|tracing_mark_write)$/

test.each(BODIES)('%s: %s', (name, body, fields) => {
  const { events, summary } = read(`${name}: ${body}`)
  expect(summary.damagedCount).toBe(0)
  expect(summary.events).toEqual({ [name]: 1 })
  expect(events).toEqual([{ event: name, ...fields }])
})

describe('a body that is off', () => {
  const strict = BODIES.filter(([name]) => !OPEN.test(name))
  test.each(strict)('%s: more behind %s, or before it, is damage', (name, body) => {
    const damaged = { summary: { damagedCount: 1, lost: 1, gaps: 1, events: {} } }
    expect(read(`${name}: ${body} more`)).toMatchObject(damaged)
    expect(read(`${name}: more ${body}`)).toMatchObject(damaged)
  })
  it('has no numbers of more digits than 64 bits have', () => {
    const { summary } = read(
      `dma_unmap_page: dev dir=TO_DEVICE dma_addr=${'f'.repeat(17)} size=1 attrs=`,
      `dma_sync_single_for_cpu: dev dir=TO_DEVICE dma_addr=1 size=${'9'.repeat(21)}`,
    )
    expect(summary.damagedCount).toBe(2)
    expect(
      read(`dma_unmap_page: dev dir=TO_DEVICE dma_addr=${'f'.repeat(16)} size=${'1'.repeat(20)} attrs=`).summary
        .damagedCount,
    ).toBe(0)
  })
  it('has no lists with elements that are no numbers', () => {
    for (const body of [
      'dma_sync_sg_for_cpu: dev dir=1 dma_addrs={0x} sizes={1}',
      'dma_sync_sg_for_cpu: dev dir=1 dma_addrs={1} sizes={xf}',
      'dma_free_sgt: dev dir=TO_DEVICE dma_addr=1 size=1 phys_addrs={fx}',
    ])
      expect(read(body).summary.damagedCount).toBe(1)
  })
})
