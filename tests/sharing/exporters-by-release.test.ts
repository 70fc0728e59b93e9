// What exporters were in v4.11 and what they are: lists that PRIME keeps, heaps that do not exist, queues without a device.
import { DIR, type Lab, PAGE_SIZE } from '@dmalab/api'
import { cmaHeap, createDumbBuffer, createUdmabuf, systemHeap } from '@dmalab/dma-buf'
import { isSimulatedOops } from '@dmalab/memory'
import { describe, expect, test } from 'vitest'
import { openBench, sharingMachine, value } from './sharing-bench.ts'

const SIZE = 4 * PAGE_SIZE
const OLD = 'arm@4.11'
const NEW = 'arm@6.12'

const attached = (kernel: string) => {
  const bench = openBench(kernel)
  const { lab } = bench
  const dumb = value(createDumbBuffer(lab.allocatorHost, lab.device('display'), SIZE, 'frame'))
  const buf = value(lab.dmaBuf.get(value(dumb.export())))
  return { ...bench, buf, attachment: value(lab.dmaBuf.attach(buf, lab.device('n'))) }
}

describe('a dumb buffer', () => {
  test('has whole pages', () => {
    const { lab } = openBench(NEW)
    const dumb = value(createDumbBuffer(lab.allocatorHost, lab.device('display'), 5000, 'frame'))
    expect(value(lab.dmaBuf.get(value(dumb.export()))).size).toBe(8192)
  })

  test.each([
    [OLD, { ok: false, errno: 'EBUSY' }],
    [NEW, { ok: true }],
  ])('%s: mapped in both directions, then in one more: %o', (kernel, told) => {
    const { lab, attachment } = attached(kernel)
    const table = value(lab.dmaBuf.mapAttachment(attachment, DIR.BIDIRECTIONAL))
    lab.dmaBuf.unmapAttachment(attachment, table, DIR.BIDIRECTIONAL)
    expect(lab.dmaBuf.mapAttachment(attachment, DIR.TO_DEVICE)).toMatchObject(told)
  })

  test.each([OLD, NEW])('%s: the mapping of an attachment lives until detach', (kernel) => {
    const { lab, buf, attachment, events } = attached(kernel)
    for (let i = 0; i < 2; i++) {
      const table = value(lab.dmaBuf.mapAttachment(attachment, DIR.TO_DEVICE))
      lab.dmaBuf.unmapAttachment(attachment, table, DIR.TO_DEVICE)
    }
    const told = () => events.flatMap(({ event }) => (/^dma_(un)?map_sg$/.test(event) ? [event] : []))
    expect(told()).toEqual(['dma_map_sg'])
    lab.dmaBuf.detach(buf, attachment)
    expect(told()).toEqual(['dma_map_sg', 'dma_unmap_sg'])
  })

  /** A dumb buffer of a pool outside RAM, mapped for an importer. */
  const mapPageless = (kernel: string) => {
    const machine = sharingMachine('arm')
    const devices = machine.devices.map((dev) => (dev.name === 'display' ? { ...dev, pools: ['poolb'] } : dev))
    const { lab } = openBench(kernel, { ...machine, devices })
    const dumb = value(createDumbBuffer(lab.allocatorHost, lab.device('display'), SIZE, 'frame'))
    const buf = value(lab.dmaBuf.get(value(dumb.export())))
    const attachment = value(lab.dmaBuf.attach(buf, lab.device('n')))
    return stopOf(() => lab.dmaBuf.mapAttachment(attachment, DIR.TO_DEVICE))
  }

  test('of memory without struct page, 4.11: -ENXIO becomes a NULL pointer that drm_gem_map_dma_buf() follows', () => {
    const callPath = ['drm_gem_map_dma_buf', 'dma_buf_map_attachment']
    expect(mapPageless(`${OLD}+pfn-valid`)).toMatchObject({ reason: 'NULL pointer', callPath })
  })

  test('of memory without struct page, 6.12: a fabricated page, and SKIP_CPU_SYNC keeps away from it', () => {
    expect(mapPageless(NEW)).toBeUndefined()
  })
})

const stopOf = (body: () => unknown) => {
  try {
    body()
  } catch (error) {
    if (isSimulatedOops(error)) return error.oops
    throw error
  }
  return undefined
}

test.each([
  ['system heap', (lab: Lab) => systemHeap(lab.allocatorHost).alloc(SIZE, 'frame')],
  ['CMA heap', (lab: Lab) => cmaHeap(lab.allocatorHost).alloc(SIZE, 'frame')],
  ['udmabuf', (lab: Lab) => createUdmabuf(lab.allocatorHost, value(lab.userAlloc(SIZE, 'frame')), 'frame')],
])('4.11 has no %s: its file is not there', (_name, alloc) => {
  expect(alloc(openBench(OLD).lab)).toMatchObject({ ok: false, errno: 'ENOENT' })
  expect(alloc(openBench(NEW).lab)).toMatchObject({ ok: true })
})

describe.each([OLD, `${OLD}+nopage-rfc`, NEW])('%s: a queue whose driver named no device', (kernel) => {
  test.each([
    ['vb2-dma-contig', 'WARNING: vb2_dc_alloc: the queue has no device'],
    ['vb2-dma-sg', 'WARNING: vb2_dma_sg_alloc: the queue has no device'],
  ])('%s: a warning and -EINVAL, for each kind of memory', (allocator, warning) => {
    const bench = openBench(kernel)
    const { lab } = bench
    const ops = lab.allocator(allocator)
    expect(ops.alloc(null, SIZE, DIR.FROM_DEVICE, 'frame')).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(bench.errors()).toEqual([warning])
    const user = value(lab.userAlloc(SIZE, 'user'))
    expect(ops.getUserptr(null, user, SIZE, DIR.FROM_DEVICE, 'user')).toMatchObject({ ok: false, errno: 'EINVAL' })
    const mem = value(ops.alloc(lab.device('n'), SIZE, DIR.FROM_DEVICE, 'frame'))
    const dbuf = value(ops.getDmabuf(mem))
    expect(ops.attachDmabuf(null, dbuf, SIZE, DIR.FROM_DEVICE)).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(bench.errors()).toHaveLength(3)
  })

  test('vb2-vmalloc does not look at it', () => {
    const bench = openBench(kernel)
    const { lab } = bench
    expect(lab.allocator('vb2-vmalloc').alloc(null, SIZE, DIR.FROM_DEVICE, 'frame')).toMatchObject({ ok: true })
    expect(bench.errors()).toEqual([])
  })
})
