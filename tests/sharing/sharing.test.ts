// Buffers between nodes of different allocators: who accepts whose, what arrives, and what is left over.
import { describe, expect, test } from 'vitest'
import { type Bench, FORMAT, leftOver, must, openBench, passFrames, value } from './sharing-bench.ts'

describe('arm@4.11', () => {
  const KERNEL = 'arm@4.11'

  test.each([
    ['n', 'n'],
    ['n', 'nc'],
    ['n', 'sg'],
    ['n', 'vm'],
    ['nc', 'n'],
    ['sg', 'sg'],
    ['sg', 'vm'],
    ['vm', 'vm'],
    ['d', 'n'],
  ])('%s exports, %s imports: every frame arrives intact, nothing is left over', (exporter, importer) => {
    const bench = openBench(KERNEL)
    expect(passFrames(bench, exporter, importer, 10, 3)).toEqual({ captured: 10, delivered: 10, stale: 0, errno: null })
    expect(leftOver(bench)).toEqual([])
    expect(bench.errors()).toEqual([])
  })

  test.each([
    ['sg', 'n', 'contiguous chunk is too small 131072/230400 b'],
    ['sgc', 'nc', 'contiguous chunk is too small 131072/230400 b'],
    ['vm', 'n', 'contiguous chunk is too small 4096/230400 b'],
  ])('%s exports, %s imports: EFAULT, and nothing is left over', (exporter, importer, text) => {
    const bench = openBench(KERNEL)
    expect(passFrames(bench, exporter, importer, 10, 3)).toMatchObject({ delivered: 0, errno: 'EFAULT' })
    expect(bench.errors()).toEqual([text])
    expect(leftOver(bench)).toEqual([])
  })

  test('maps a shared buffer once, however often it is queued', () => {
    const bench = openBench(KERNEL)
    passFrames(bench, 'n', 'n', 10, 3)
    const maps = bench.events.filter(({ event }) => event === 'dma_map_sg')
    expect(maps).toHaveLength(3)
    expect(bench.events.filter(({ event }) => event === 'dma_unmap_sg')).toHaveLength(3)
  })

  test('a device that gathers fills a scattered buffer through several pieces', () => {
    const bench = openBench(KERNEL)
    passFrames(bench, 'sg', 'sg', 1, 1)
    const writes = bench.events.flatMap((event) => (event.event === 'device_access' && event.write ? [event.size] : []))
    // The driver takes two buffers at least; the second lies where the first one's search left room.
    expect(writes.slice(0, 4)).toEqual([131_072, 65_536, 32_768, 1024])
  })

  test('a cached exporter mapped once is cleaned once: a device that does not snoop sees each buffer’s first picture', () => {
    expect(passFrames(openBench(KERNEL), 'vm', 'sg', 10, 3)).toMatchObject({ delivered: 10, stale: 7 })
    expect(passFrames(openBench(KERNEL), 'vm', 'sgc', 10, 3)).toMatchObject({ delivered: 10, stale: 0 })
  })

  test('between drivers that copy with the CPU no list is mapped and nothing can be stale', () => {
    const bench = openBench(KERNEL)
    expect(passFrames(bench, 'vm', 'vm', 4, 2)).toMatchObject({ delivered: 4, stale: 0 })
    expect(bench.events.some(({ event }) => event === 'dma_map_sg')).toBe(false)
  })

  test('the display takes a contiguous buffer and refuses a scattered one', () => {
    const bench = openBench(KERNEL)
    const { driver: camera } = bench.open('n')
    const { driver: scattered } = bench.open('sg')
    const display = must(bench.open('display').driver.display)
    for (const one of [camera, scattered]) value(must(one.capture).reqbufs('MMAP', 1))
    const fd = value(must(camera.capture).expbuf(0, 0))
    const id = value(display.addFramebuffer([fd], FORMAT))
    value(must(camera.capture).qbuf({ index: 0, memory: 'MMAP' }))
    value(must(camera.capture).streamon())
    camera.work()
    expect(value(display.flip(id, 0))).toEqual({ frame: 0, bytes: 233_472, wrong: 0 })
    display.removeFramebuffer(id)
    const other = value(must(scattered.capture).expbuf(0, 0))
    expect(display.addFramebuffer([other], FORMAT)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(display.addFramebuffer([fd, 99], FORMAT)).toMatchObject({ ok: false, errno: 'EBADF' })
    for (const one of [camera, scattered]) one.close()
    for (const each of [fd, other]) bench.lab.dmaBuf.close(each)
    expect(leftOver(bench)).toEqual([])
  })

  test('a picture that a device still writes is not shown before it is finished', () => {
    const bench = openBench(KERNEL)
    const { driver: camera } = bench.open('n')
    const display = must(bench.open('display').driver.display)
    value(must(camera.capture).reqbufs('MMAP', 1))
    const id = value(display.addFramebuffer([value(must(camera.capture).expbuf(0, 0))], FORMAT))
    const [dbuf] = bench.lab.dmaBuf.live()
    if (dbuf === undefined) throw new Error('the buffer is exported')
    const resv = bench.lab.dmaBuf.resv(dbuf)
    const job = resv.newFence('gpu', 'ring')
    resv.addFence(job, 'write')
    expect(display.flip(id, 0)).toMatchObject({ ok: false, errno: 'ETIME' })
    resv.signal(job)
    expect(display.flip(id, 0).ok).toBe(true)
  })

  test('an importer that syncs reads the same bytes, and leaves a finished fence', () => {
    const bench = openBench(KERNEL)
    const { driver: camera } = bench.open('n')
    const port = must(bench.open('syncing').driver.display)
    const capture = must(camera.capture)
    value(capture.reqbufs('MMAP', 1))
    const id = value(port.addFramebuffer([value(capture.expbuf(0, 0))], FORMAT))
    value(capture.qbuf({ index: 0, memory: 'MMAP' }))
    value(capture.streamon())
    camera.work()
    expect(value(port.flip(id, 0))).toMatchObject({ bytes: 230_400, wrong: 0 })
    const names = bench.events.map(({ event }) => event)
    expect(names.filter((name) => /^dma_(fence|sync)/.test(name))).toEqual([
      'dma_fence_init',
      'dma_sync_sg_for_device',
      'dma_fence_signaled',
      'dma_fence_destroy',
      'dma_sync_sg_for_cpu',
    ])
  })

  test('the same dma-buf imported twice is one object, released with its last user', () => {
    const bench = openBench(KERNEL)
    const { driver: camera } = bench.open('n')
    const display = must(bench.open('display').driver.display)
    value(must(camera.capture).reqbufs('MMAP', 1))
    const fd = value(must(camera.capture).expbuf(0, 0))
    const ids = [value(display.addFramebuffer([fd], FORMAT)), value(display.addFramebuffer([fd], FORMAT))]
    expect(bench.lab.dmaBuf.live()[0]?.attachments).toHaveLength(1)
    for (const id of ids) display.removeFramebuffer(id)
    expect(bench.lab.dmaBuf.live()[0]?.attachments).toHaveLength(0)
  })
})

describe('memory without struct page, with the RFC', () => {
  const KERNEL = 'arm@4.11+nopage-rfc'

  test('passes to vb2 importers and to the display', () => {
    for (const importer of ['n', 'sg', 'vm']) {
      const bench = openBench(KERNEL)
      expect(passFrames(bench, 'b', importer, 6, 2)).toEqual({ captured: 6, delivered: 6, stale: 0, errno: null })
      expect(leftOver(bench)).toEqual([])
    }
  })

  const shareWith = (importer: string) => {
    const bench = openBench(KERNEL)
    const { driver: camera } = bench.open('b')
    const port = must(bench.open(importer).driver.display)
    const capture = must(camera.capture)
    value(capture.reqbufs('MMAP', 1))
    const id = value(port.addFramebuffer([value(capture.expbuf(0, 0))], FORMAT))
    value(capture.qbuf({ index: 0, memory: 'MMAP' }))
    value(capture.streamon())
    camera.work()
    return { flip: () => port.flip(id, 0), events: bench.events }
  }

  test('faults in the first sync of an importer that syncs: the RFC exempts map and unmap only', () => {
    expect(shareWith('syncing').flip).toThrow(
      expect.objectContaining({
        name: 'SimulatedOops',
        oops: expect.objectContaining({ reason: 'paging request', function: 'dma_cache_maint_page' }),
      }),
    )
  })

  test('is taken for pages by an importer that walks them: pixels are read as page members, and the CPU goes where no memory is', () => {
    const { flip, events } = shareWith('walking')
    expect(flip).toThrow(
      expect.objectContaining({ oops: expect.objectContaining({ reason: 'external abort', function: 'memcpy' }) }),
    )
    expect(events.map(({ event }) => event)).toContain('type_confusion')
  })
})

describe('non-coherent memory on request', () => {
  const pass = (kernel: string) => {
    const bench = openBench(kernel)
    const { driver } = bench.open('n')
    const capture = must(driver.capture)
    value(capture.reqbufs('MMAP', 2, { nonCoherent: true }))
    const mapping = value(capture.mmap(0, 0))
    value(capture.streamon())
    let wrong = 0
    for (let frame = 0; frame < 3; frame++) {
      value(capture.qbuf({ index: 0, memory: 'MMAP' }))
      driver.work()
      value(capture.dqbuf())
      wrong += bench.lab.userCompare(mapping, 230_400, 'n CAPTURE buffer 0 plane 0').wrong
    }
    capture.munmap(0, 0)
    driver.close()
    return { kind: mapping.kind, wrong, names: bench.events.map(({ event }) => event), bench }
  }

  test('is cached for the CPU and synced at QBUF and when the device is done', () => {
    const { kind, wrong, names, bench } = pass('arm64@6.12')
    expect({ kind, wrong }).toEqual({ kind: 'cached', wrong: 0 })
    for (const sync of ['dma_sync_sg_for_device', 'dma_sync_sg_for_cpu'])
      expect(names.filter((name) => name === sync)).toHaveLength(3)
    expect(names).not.toContain('dma_alloc')
    expect(leftOver(bench)).toEqual([])
  })

  test('is unknown to 4.11: the buffer is coherent', () => {
    const { kind, wrong, names } = pass('arm@4.11')
    expect({ kind: kind === 'cached', wrong }).toEqual({ kind: false, wrong: 0 })
    expect(names).toContain('dma_alloc')
    expect(names.some((name) => name.startsWith('dma_sync'))).toBe(false)
  })
})

describe('DMABUF_DEBUG', () => {
  const debugging = () => openBench('arm64@6.12', undefined, {}, { DMABUF_DEBUG: true })

  test('does not disturb importers that use bus addresses', () => {
    expect(passFrames(debugging(), 'n', 'n', 6, 2)).toEqual({ captured: 6, delivered: 6, stale: 0, errno: null })
    expect(passFrames(debugging(), 'sg', 'sg', 6, 2)).toMatchObject({ delivered: 6, errno: null })
  })

  test('makes one that walks pages look at something else', () => {
    const walk = (bench: Bench) => {
      const { driver } = bench.open('nc')
      const port = must(bench.open('walking').driver.display)
      const capture = must(driver.capture)
      value(capture.reqbufs('MMAP', 1))
      const id = value(port.addFramebuffer([value(capture.expbuf(0, 0))], FORMAT))
      value(capture.qbuf({ index: 0, memory: 'MMAP' }))
      value(capture.streamon())
      driver.work()
      return () => value(port.flip(id, 0)).wrong
    }
    expect(walk(openBench('arm64@6.12'))()).toBe(0)
    expect(walk(debugging())).toThrow(
      expect.objectContaining({
        name: 'SimulatedOops',
        oops: expect.objectContaining({ reason: 'paging request', function: 'drm_prime_sg_to_page_addr_arrays' }),
      }),
    )
  })
})
