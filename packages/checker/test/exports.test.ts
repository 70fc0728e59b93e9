// Lists of coherent memory whose page pointers are wrong.
import type { EventBody } from '@dmalab/api'
import { expect, it, test } from 'vitest'
import { check, POOL, RAM } from './events.ts'

const exported = (page: string, physAddr: number, place: number, device = 'dev'): EventBody => ({
  event: 'dma_get_sgtable',
  device,
  dmaAddr: POOL,
  size: 4096,
  pages: [page],
  physAddrs: [physAddr],
  places: [place],
})
const said = (...events: readonly EventBody[]): readonly string[] =>
  check(events).findings.map(({ severity, code, message }) => `${severity} ${code} ${message}`)

const LIST = 'warning page-less-export dev: the list of 0x60000000 (4 KiB) names'

test.each([
  [
    'no struct page',
    POOL,
    POOL,
    `${LIST} a struct page that does not exist, for 0x60000000; the memory lies at 0x60000000`,
  ],
  ['no struct page', POOL, -1, `${LIST} a struct page that does not exist, for 0x60000000`],
  [
    'no pointer to one',
    0,
    POOL,
    `${LIST} something that is not a pointer to a struct page; the memory lies at 0x60000000`,
  ],
  ['struct page', RAM, POOL, `${LIST} the page of unrelated RAM at 0x40000000; the memory lies at 0x60000000`],
  ['struct page', 0x1000, POOL, `${LIST} the page of other memory at 0x1000; the memory lies at 0x60000000`],
])('%s for 0x%x of memory at %d', (page, physAddr, place, text) => {
  expect(said(exported(page, physAddr, place))).toEqual([text])
})

test.each([
  ['its own page', RAM, RAM],
  ['a page, and nothing tells where the memory lies', RAM, -1],
])('%s is right', (_what, physAddr, place) => {
  expect(said(exported('struct page', physAddr, place))).toEqual([])
})

it('is reported once a device and kind', () => {
  const wrong = exported('no struct page', POOL, POOL)
  expect(
    said(wrong, wrong, exported('struct page', RAM, POOL), exported('no struct page', POOL, POOL, 'other')),
  ).toHaveLength(3)
})
