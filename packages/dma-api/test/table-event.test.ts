// A list of coherent memory is reported beside where the memory lies, page by page.
import { ATTR, dma, type EventBody, pfn, type SgPage, vaddr } from '@dmalab/api'
import { expect, it, test } from 'vitest'
import { tellTable } from '../src/table-event.ts'
import { device, openTestLab, pool } from './lab.ts'

const POOL = 0x4200_0000

/** What is told of one entry of two pages, for 8 KiB of a pool. */
const told = (page: SgPage, { attrs = 0, tags = 1, wants = true, memoryAttrs = 0 } = {}): EventBody[] => {
  const lab = openTestLab({
    reserved: [pool('luma', POOL, 0x10_0000)],
    devices: [device('codec', { pools: ['luma'] })],
  })
  const got = lab.mapping.allocAttrs(lab.device('codec'), 8192, 0, 'frame')
  const table = lab.sgAlloc(1)
  if (!got.ok || !table.ok) throw new Error('no memory')
  table.value.setPage(0, page, 8192, 0)
  table.value.setAttrs(0, attrs)
  const events: EventBody[] = []
  const sink = { wants: () => wants, emit: (event: EventBody) => void events.push(event) }
  const memory = { device: 'codec', cpuAddr: got.value.cpuAddr, handle: dma(POOL), size: 8192, attrs: memoryAttrs }
  tellTable({ mem: lab.memory, sink, tags }, memory, table.value)
  return events
}

const FIRST = { event: 'dma_get_sgtable', device: 'codec', dmaAddr: POOL, size: 8192, places: [POOL, POOL + 4096] }

test.each([
  ['RAM', pfn(0x40100), ['struct page', 'struct page'], [0x4010_0000, 0x4010_1000]],
  ['nothing', pfn(0x90000), ['no struct page', 'no struct page'], [0x9000_0000, 0x9000_1000]],
])('a pointer to a page of %s', (_what, number, pages, physAddrs) => {
  expect(told({ kind: 'page', pfn: number })).toEqual([{ ...FIRST, pages, physAddrs }])
})

it('tells an address that is not a page pointer', () => {
  const [event] = told({ kind: 'vaddr', at: vaddr(0xffff_8000_8000_0000n) })
  expect(event).toMatchObject({ pages: ['no pointer to one', 'no pointer to one'] })
})

it('leaves out what is tagged as having no page', () => {
  expect(told({ kind: 'page', pfn: pfn(0x90000) }, { attrs: 1 })).toEqual([
    { ...FIRST, pages: [], physAddrs: [], places: [] },
  ])
  expect(told({ kind: 'page', pfn: pfn(0x90000) }, { attrs: 1, tags: 2 })).toMatchObject([{ places: FIRST.places }])
})

it('does not take the cookie of memory without a kernel mapping for its address', () => {
  const [event] = told({ kind: 'page', pfn: pfn(0x40100) }, { memoryAttrs: ATTR.NO_KERNEL_MAPPING })
  expect(event).toMatchObject({ pages: ['struct page', 'struct page'], places: [-1, -1] })
})

it('costs nothing where nothing listens', () => {
  expect(told({ kind: 'page', pfn: pfn(0x40100) }, { wants: false })).toEqual([])
})
