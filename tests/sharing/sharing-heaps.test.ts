// Buffers of no device driver, from heaps and udmabuf: who imports them, and what is left over.
import { DIR } from '@dmalab/api'
import { createUdmabuf, cmaHeap, systemHeap } from '@dmalab/dma-buf'
import { describe, expect, test } from 'vitest'
import { type Bench, FORMAT, leftOver, must, openBench, value } from './sharing-bench.ts'

describe('buffers of no device driver', () => {
  const importHeap = (kernel: string, fdOf: (bench: Bench) => number, importer: string) => {
    const bench = openBench(kernel)
    const fd = fdOf(bench)
    const { driver } = bench.open(importer)
    const capture = must(driver.capture)
    value(capture.reqbufs('DMABUF', 1))
    const queued = capture.qbuf({ index: 0, memory: 'DMABUF', planes: [{ fd }] })
    return { bench, capture, queued, driver, fd }
  }

  test('the system heap gives 15 pieces for 1843200 bytes; a contiguous importer sees 1 MiB', () => {
    const machineOf = (size: number) => ({ ...FORMAT, planes: [{ payload: size, size }] })
    const bench = openBench('arm@6.12')
    const fd = value(systemHeap(bench.lab.allocatorHost).alloc(1_843_200, 'frame'))
    const driver = bench.lab.open(bench.lab.device('n'))
    value(driver.setFormat(null, machineOf(1_843_200)))
    const capture = must(driver.capture)
    value(capture.reqbufs('DMABUF', 1))
    expect(capture.qbuf({ index: 0, memory: 'DMABUF', planes: [{ fd }] })).toMatchObject({ ok: false, errno: 'EFAULT' })
    expect(bench.errors()).toEqual(['contiguous chunk is too small 1048576/1843200'])
    const map = bench.events.find(({ event }) => event === 'dma_map_sg')
    expect(map).toMatchObject({ nents: 15, dir: DIR.FROM_DEVICE })
    driver.close()
    bench.lab.dmaBuf.close(fd)
    expect(leftOver(bench)).toEqual([])
  })

  test('the CMA heap is contiguous: a device writes into it', () => {
    const { bench, capture, queued, driver, fd } = importHeap(
      'arm@6.12',
      ({ lab }) => value(cmaHeap(lab.allocatorHost).alloc(230_400, 'frame')),
      'n',
    )
    expect(queued.ok).toBe(true)
    value(capture.streamon())
    driver.work()
    expect(value(capture.dqbuf())).toMatchObject({ index: 0, error: false })
    driver.close()
    expect(leftOver(bench)).toEqual(['frame'])
    bench.lab.dmaBuf.close(fd)
    expect(leftOver(bench)).toEqual([])
  })

  test('udmabuf takes whole pages of the task, up to its limit, and keeps an attachment mapped', () => {
    const bench = openBench('arm@6.12')
    const { lab } = bench
    const memory = value(lab.userAlloc(233_472, 'memfd'))
    expect(createUdmabuf(lab.allocatorHost, { ...memory, len: 100 }, 'memfd')).toMatchObject({
      ok: false,
      errno: 'EINVAL',
    })
    const fd = value(createUdmabuf(lab.allocatorHost, memory, 'memfd'))
    const { driver } = bench.open('sg')
    const output = must(driver.output)
    lab.userWrite(memory, { seed: 4 }, 230_400, 'memfd')
    value(output.reqbufs('DMABUF', 1))
    value(output.streamon())
    value(lab.dmaBuf.syncIoctl(fd, 'start', { read: false, write: true }))
    value(lab.dmaBuf.syncIoctl(fd, 'end', { read: false, write: true }))
    value(output.qbuf({ index: 0, memory: 'DMABUF', planes: [{ fd, bytesused: 230_400 }] }))
    expect(driver.work()).toHaveLength(1)
    driver.close()
    expect(bench.events.filter(({ event }) => event === 'dma_unmap_sg')).toHaveLength(1)
  })
})
