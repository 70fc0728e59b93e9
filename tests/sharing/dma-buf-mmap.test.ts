// mmap(2) of a dma-buf from a later page on, exporter by exporter: where it leads, or what it is refused with.
import { DIR, type Lab, PAGE_SIZE, pfnOf } from '@dmalab/api'
import { cmaHeap, createDumbBuffer, createUdmabuf, systemHeap } from '@dmalab/dma-buf'
import { expect, test } from 'vitest'
import { openBench, sharingMachine, value } from './sharing-bench.ts'

const MIB = 2 ** 20
const SIZE = 4 * PAGE_SIZE

const exported = (lab: Lab, allocator: string, device: string): number => {
  const ops = lab.allocator(allocator)
  const mem = value(ops.alloc(lab.device(device), SIZE, DIR.BIDIRECTIONAL, 'frame'))
  return value(lab.dmaBuf.fd(value(ops.getDmabuf(mem))))
}
const EXPORTERS: Readonly<Record<string, (lab: Lab) => number>> = {
  'vb2-dma-contig': (lab) => exported(lab, 'vb2-dma-contig', 'n'),
  'vb2-dma-contig, a pool': (lab) => exported(lab, 'vb2-dma-contig', 'b'),
  'vb2-dma-sg': (lab) => exported(lab, 'vb2-dma-sg', 'sg'),
  'vb2-vmalloc': (lab) => exported(lab, 'vb2-vmalloc', 'vm'),
  'dumb buffer': (lab) =>
    value(value(createDumbBuffer(lab.allocatorHost, lab.device('display'), SIZE, 'frame')).export()),
  'system heap': (lab) => value(systemHeap(lab.allocatorHost).alloc(SIZE, 'frame')),
  'CMA heap': (lab) => value(cmaHeap(lab.allocatorHost).alloc(SIZE, 'frame')),
  udmabuf: (lab) => value(createUdmabuf(lab.allocatorHost, value(lab.userAlloc(SIZE, 'frame')), 'frame')),
}

/** The page of the buffer that a mapping from its third page on begins with; or the errno. */
const firstPage = (kernel: string, exporter: string): number | string => {
  const { lab } = openBench(kernel)
  const buf = value(lab.dmaBuf.get(EXPORTERS[exporter]?.(lab) ?? -1))
  const whole = value(lab.dmaBuf.mmap(buf))
  const pages = Array.from({ length: SIZE / PAGE_SIZE }, (_, page) => page)
  for (const page of pages) lab.userWrite(whole, { seed: page + 1 }, PAGE_SIZE, 'frame', page * PAGE_SIZE)
  const part = lab.dmaBuf.mmap(buf, { pgoff: 2, len: 2 * PAGE_SIZE })
  if (!part.ok) return part.errno
  expect(part.value.len).toBe(2 * PAGE_SIZE)
  const found = pages.filter((page) => {
    const content = { seed: page + 1 }
    return lab.userCompare(part.value, PAGE_SIZE, 'frame', { offset: 0, content }).wrong === 0
  })
  expect(found).toHaveLength(1)
  return found[0] ?? -1
}

const LOST_BY_ALL = { 'vb2-vmalloc': 0 }
test.each(
  Object.entries({
    ...LOST_BY_ALL,
    'vb2-dma-contig': 2,
    'vb2-dma-contig, a pool': 2,
    'vb2-dma-sg': 2,
    'dumb buffer': 'ENXIO',
    'system heap': 2,
    'CMA heap': 2,
    udmabuf: 2,
  }),
)('6.12, %s: page or errno %s', (exporter, told) => expect(firstPage('arm64@6.12', exporter)).toBe(told))

test.each(
  Object.entries({
    ...LOST_BY_ALL,
    'vb2-dma-contig': 0,
    'vb2-dma-contig, a pool': 0,
    'vb2-dma-sg': 0,
    'dumb buffer': 0,
  }),
)('4.11, %s: page %s', (exporter, told) => expect(firstPage('arm@4.11', exporter)).toBe(told))

test.each(Object.keys(EXPORTERS))('%s: an area that ends beyond the buffer is -EINVAL by the core', (exporter) => {
  const { lab } = openBench('arm64@6.12')
  const buf = value(lab.dmaBuf.get(EXPORTERS[exporter]?.(lab) ?? -1))
  for (const area of [
    { pgoff: 3, len: 2 * PAGE_SIZE },
    { pgoff: 4, len: PAGE_SIZE },
    { pgoff: 0, len: 5 * PAGE_SIZE },
  ])
    expect(lab.dmaBuf.mmap(buf, area)).toMatchObject({ ok: false, errno: 'EINVAL' })
})

test.each(['system heap', 'CMA heap'])('the %s clears highmem pages too, which have no linear address', (exporter) => {
  const machine = sharingMachine('arm')
  const { lab } = openBench('arm@6.12', {
    ...machine,
    layout: { lowmemEnd: 0x6400_0000 },
    reserved: machine.reserved.map((region) => (region.name === 'poold' ? { ...region, default: 'cma' } : region)),
  })
  for (const len of [4 * MIB, PAGE_SIZE]) while (lab.mem.allocPages(len).ok);
  const dirty = value(lab.userAlloc(SIZE, 'before', { highmem: true }))
  lab.userWrite(dirty, { seed: 1 }, SIZE, 'before')
  lab.userFree(dirty)
  const buf = value(lab.dmaBuf.get(EXPORTERS[exporter]?.(lab) ?? -1))
  const whole = value(lab.dmaBuf.mmap(buf))
  expect(lab.mem.isHighmemPfn(pfnOf(whole.phys))).toBe(true)
  expect(lab.userRead(whole, SIZE, 'frame').every((byte) => byte === 0)).toBe(true)
})
