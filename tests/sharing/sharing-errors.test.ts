// What user space gets when sharing fails: errno and kernel lines as measured on a real kernel with vivid over vb2-dma-contig.
import type { FrameFormat, Pfn, UserMapping } from '@dmalab/api'
import { DIR, PAGE_SIZE, phys, physOf } from '@dmalab/api'
import { createUdmabuf, systemHeap } from '@dmalab/dma-buf'
import { describe, expect, test } from 'vitest'
import { type Bench, must, openBench, sharingMachine, value } from './sharing-bench.ts'

const KERNEL = 'arm64@6.12'
const CORE = 'videobuf2_common: [n CAPTURE] '

/** The capture node with pictures of `size` bytes. */
const capture = (bench: Bench, size: number) => {
  const driver = bench.lab.open(bench.lab.device('n'))
  const format: FrameFormat = { width: 640, height: 480, planes: [{ payload: size, size }] }
  value(driver.setFormat(null, format))
  return must(driver.capture)
}

/** A queue for imports with one buffer, and what QBUF of `fd` answers. */
const qbufDmabuf = (bench: Bench, size: number, fd: number) => {
  const queue = capture(bench, size)
  value(queue.reqbufs('DMABUF', 1))
  return queue.qbuf({ index: 0, memory: 'DMABUF', planes: [{ fd }] })
}

/** A memfd of `pages` pages, none of them beside the one before. */
const scattered = ({ lab }: Bench, pages: number): UserMapping => {
  const frames: Pfn[] = Array.from({ length: pages }, () => value(lab.mem.allocPages(PAGE_SIZE, { owner: 'memfd' })))
  const down = frames.toReversed()
  return { phys: physOf(down[0] as Pfn), len: pages * PAGE_SIZE, kind: 'cached', pages: down }
}

describe('errno and kernel lines of each action', () => {
  test('REQBUFS USERPTR on a contiguous queue: EINVAL', () => {
    const bench = openBench(KERNEL)
    expect(capture(bench, 460_800).reqbufs('USERPTR', 2)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(bench.debug()).toEqual([`${CORE}vb2_verify_memory_type: USERPTR for current setup unsupported`])
  })

  test('REQBUFS MMAP of 16588800 bytes without CMA: ENOMEM', () => {
    const machine = sharingMachine('arm64')
    const bench = openBench(KERNEL, {
      ...machine,
      reserved: [],
      devices: machine.devices.map((one) => ({ ...one, pools: [] })),
    })
    expect(capture(bench, 16_588_800).reqbufs('MMAP', 4)).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(bench.errors().at(-1)).toBe('vivid n: dma alloc of size 16588800 failed')
    expect(bench.debug().filter((text) => !text.includes('allocated 0'))).toEqual([
      `${CORE}__vb2_queue_alloc: failed allocating memory for buffer 0`,
      `${CORE}vb2_core_reqbufs: memory allocation failed`,
    ])
  })

  test('EXPBUF plane 1 of a single-plane buffer: EINVAL', () => {
    const bench = openBench(KERNEL)
    const queue = capture(bench, 460_800)
    value(queue.reqbufs('MMAP', 2))
    expect(queue.expbuf(0, 1)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(bench.debug().at(-1)).toBe(`${CORE}vb2_core_expbuf: buffer plane out of range`)
  })

  test('REQBUFS(0) while an exported fd is open: ok, and the memory is orphaned until it is closed', () => {
    const bench = openBench(KERNEL)
    const queue = capture(bench, 460_800)
    value(queue.reqbufs('MMAP', 2))
    const fd = value(queue.expbuf(0, 0))
    expect(queue.reqbufs('MMAP', 0)).toEqual({ ok: true, value: 0 })
    expect(bench.debug()).toContain(`${CORE}vb2_core_reqbufs: memory in use, orphaning buffers`)
    const frees = () => bench.events.filter(({ event }) => event === 'dma_free').length
    expect(frees()).toBe(1)
    bench.lab.dmaBuf.close(fd)
    expect(frees()).toBe(2)
  })

  test('QBUF of a system heap buffer of 1843200 bytes: EFAULT', () => {
    const bench = openBench(KERNEL)
    const fd = value(systemHeap(bench.lab.allocatorHost).alloc(1_843_200, 'heap'))
    expect(qbufDmabuf(bench, 1_843_200, fd)).toMatchObject({ ok: false, errno: 'EFAULT' })
    expect(bench.errors()).toEqual(['contiguous chunk is too small 1048576/1843200'])
    expect(bench.debug().slice(-2)).toEqual([
      `${CORE}__prepare_dmabuf: failed to map dmabuf for plane 0`,
      `${CORE}__buf_prepare: buffer preparation failed: -14`,
    ])
  })

  test('QBUF of a buffer of 65536 bytes for a plane of 460800: EINVAL', () => {
    const bench = openBench(KERNEL)
    const fd = value(systemHeap(bench.lab.allocatorHost).alloc(65_536, 'heap'))
    expect(qbufDmabuf(bench, 460_800, fd)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(bench.debug()).toContain(
      `${CORE}__prepare_dmabuf: invalid dmabuf length 65536 for plane 0, minimum length 460800`,
    )
  })

  test('QBUF of a scattered udmabuf: EFAULT', () => {
    const bench = openBench(KERNEL)
    const fd = value(createUdmabuf(bench.lab.allocatorHost, scattered(bench, 113), 'memfd'))
    expect(qbufDmabuf(bench, 460_800, fd)).toMatchObject({ ok: false, errno: 'EFAULT' })
    expect(bench.errors()).toEqual(['contiguous chunk is too small 4096/462848'])
    expect(bench.events.find(({ event }) => event === 'dma_map_sg')).toMatchObject({ nents: 113, attrs: 32, dir: 2 })
  })

  test('QBUF with a closed fd: EINVAL', () => {
    const bench = openBench(KERNEL)
    expect(qbufDmabuf(bench, 460_800, 77)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(bench.debug()).toContain(`${CORE}__prepare_dmabuf: invalid dmabuf fd for plane 0`)
  })
})

describe('with swiotlb=force', () => {
  const forced = (): Bench => {
    const machine = sharingMachine('arm64')
    return openBench(
      'arm64@6.12',
      { ...machine, memory: [{ base: 0x4000_0000, len: 5 * 2 ** 30 }] },
      { swiotlb: 'force' },
    )
  }

  test('QBUF of the scattered udmabuf is accepted: bounce slots lie side by side', () => {
    const bench = forced()
    const fd = value(createUdmabuf(bench.lab.allocatorHost, scattered(bench, 113), 'memfd'))
    expect(qbufDmabuf(bench, 460_800, fd)).toEqual({ ok: true, value: undefined })
    expect([...bench.errors(), ...bench.debug().filter((text) => text.includes('fail'))]).toEqual([])
  })

  test('QBUF of a system heap buffer: EINVAL, because 1 MiB does not fit into 128 slots', () => {
    const bench = forced()
    const fd = value(systemHeap(bench.lab.allocatorHost).alloc(1_843_200, 'heap'))
    expect(qbufDmabuf(bench, 1_843_200, fd)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(bench.errors()).toEqual([
      'vivid n: swiotlb buffer is full (sz: 1048576 bytes), total 32768 (slots), used 0 (slots)',
      'Error getting dmabuf scatterlist',
    ])
    expect(bench.events.some(({ event }) => event === 'dma_map_sg')).toBe(false)
  })

  test('re-import of a vb2 buffer larger than 256 KiB: EINVAL, and the exporter says so first', () => {
    const bench = forced()
    const source = capture(bench, 462_848)
    value(source.reqbufs('MMAP', 2))
    const fd = value(source.expbuf(0, 0))
    const driver = bench.lab.open(bench.lab.device('nc'))
    value(driver.setFormat(null, { width: 640, height: 360, planes: [{ payload: 460_800, size: 460_800 }] }))
    const queue = must(driver.capture)
    value(queue.reqbufs('DMABUF', 1))
    expect(queue.qbuf({ index: 0, memory: 'DMABUF', planes: [{ fd }] })).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(bench.errors().slice(-2)).toEqual(['failed to map scatterlist', 'Error getting dmabuf scatterlist'])
  })
})

describe('memory of the task at a contiguous queue', () => {
  const acquire = (bench: Bench, user: UserMapping, size: number) =>
    bench.lab.allocator('vb2-dma-contig').getUserptr(bench.lab.device('n'), user, size, DIR.TO_DEVICE, 'malloc')

  test('scattered: EFAULT, and nothing stays mapped', () => {
    const bench = openBench(KERNEL)
    expect(acquire(bench, scattered(bench, 57), 57 * PAGE_SIZE)).toMatchObject({ ok: false, errno: 'EFAULT' })
    expect(bench.errors()).toEqual(['contiguous mapping is too small 4096/233472'])
    const names = bench.events.map(({ event }) => event).filter((name) => /^dma_(un)?map/.test(name))
    expect(names).toEqual(['dma_map_sg', 'dma_unmap_sg'])
  })

  test('not on cache lines of its own: EINVAL', () => {
    const bench = openBench(KERNEL)
    const user = value(bench.lab.userAlloc(PAGE_SIZE, 'malloc'))
    expect(acquire(bench, user, 100)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(acquire(bench, { ...user, phys: (user.phys + 8) as typeof user.phys }, 128)).toMatchObject({
      errno: 'EINVAL',
    })
  })

  test('without struct page: mapped as a resource, since there is no page to list', () => {
    const bench = openBench(KERNEL)
    const pool: UserMapping = { phys: phys(0x7400_0000), len: 65_536, kind: 'uncached' }
    const mem = value(acquire(bench, pool, 65_536))
    expect(mem.dmaAddr).toBe(0x7400_0000)
    bench.lab.allocator('vb2-dma-contig').putUserptr(mem)
    const names = bench.events.map(({ event }) => event).filter((name) => /^dma_(un)?map/.test(name))
    expect(names).toEqual(['dma_map_resource', 'dma_unmap_resource'])
  })
})

test('the events of a refused import are those of the recorded one: get, attach, map, unmap, detach, put', () => {
  const bench = openBench(KERNEL)
  const fd = value(createUdmabuf(bench.lab.allocatorHost, scattered(bench, 113), 'memfd'))
  qbufDmabuf(bench, 460_800, fd)
  const names = bench.events.map(({ event }) => event).filter((name) => /^dma_(buf|map|unmap)/.test(name))
  expect(names).toEqual([
    'dma_buf_export',
    'dma_buf_fd',
    'dma_buf_get',
    'dma_buf_dynamic_attach',
    'dma_map_sg',
    'dma_unmap_sg',
    'dma_buf_detach',
    'dma_buf_put',
  ])
})
