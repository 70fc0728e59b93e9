// Coherent memory behind dma-iommu at its edges: the end of a mapping for a task, memory that is not there, and what the tracepoints say.
import { DIR, pfnOf } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { openIommuLab, value } from './iommu-lab.ts'

describe('a mapping for a task', () => {
  it.each([
    [0, 8192, undefined],
    [1, 4096, undefined],
    [1, 8192, 'ENXIO'],
    [2, 0, 'ENXIO'],
    [2, 4096, 'ENXIO'],
  ])('from page %i on, %i bytes of two pages', (pgoff, len, errno) => {
    const { lab, card } = openIommuLab()
    const { cpuAddr, handle } = value(lab.dma.allocAttrs(card, 8192, 0, 'buffer'))
    const mapped = lab.dma.mmapAttrs(card, cpuAddr, handle, 8192, 0, len, pgoff)
    expect(mapped).toMatchObject(
      errno === undefined ? { ok: true, value: { len, pages: { length: len / 4096 } } } : { ok: false, errno },
    )
  })
})

it('memory that was given back already is not given back to the pages again', () => {
  const { lab, card } = openIommuLab()
  const { cpuAddr, handle } = value(lab.dma.allocAttrs(card, 8192, 0, 'buffer'))
  lab.dma.freeAttrs(card, 8192, cpuAddr, handle, 0)
  const free = (): unknown => lab.balance().get('bytes of free memory')
  const before = free()
  expect(() => lab.dma.freeAttrs(card, 8192, cpuAddr, handle, 0)).not.toThrow()
  expect(free()).toBe(before)
})

it('the tables tell what was mapped and unmapped, from where to where', () => {
  const { lab, card, events } = openIommuLab()
  const user = value(lab.userAlloc(8192, 'frame'))
  const page = { kind: 'page', pfn: pfnOf(user.phys) } as const
  const at = value(lab.dma.mapPageAttrs(card, page, 0, 8192, DIR.TO_DEVICE, 0))
  lab.dma.unmapPageAttrs(card, at, 8192, DIR.TO_DEVICE, 0)
  const told = events.filter(({ event }) => event === 'map' || event === 'unmap')
  expect(told).toMatchObject([
    { event: 'map', iova: at, end: at + 8192, physAddr: user.phys, size: 8192 },
    { event: 'unmap', iova: at, end: at + 8192, size: 8192, unmappedSize: 8192 },
  ])
})
