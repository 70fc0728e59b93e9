// A table is looked at sixteen entries at a time: one that is empty is seen wherever it stands, and nothing behind it is taken back.
import { compileHotSync, Hot, IovaDomain } from '@dmalab/hot'
import { expect, it } from 'vitest'
import { openIoPgtable } from '../src/index.ts'

const PAGE = 4096
const PAGES = 40
const module = compileHotSync()

it.each(['ARM_64_LPAE_S1', 'ARM_64_LPAE_S2'] as const)('%s: an unmap ends at the first hole', (format) => {
  const { io } = new Hot(module, { lineSize: 64, poison: 0 })
  const config = { format, pageSizes: 0x40201000, ias: 40, oas: 40, quirks: 0, coherentWalk: true }
  const table = openIoPgtable(io, config)
  if (table === undefined) throw new Error('no such table')
  for (let hole = 0; hole < PAGES; hole++) {
    expect(table.mapPages(0, 0x4000_0000, PAGE, PAGES, 7)).toMatchObject({ mapped: PAGES * PAGE })
    expect(table.unmapPages(hole * PAGE, PAGE, 1, 1)).toBe(PAGE)
    expect(table.unmapPages(0, PAGE, PAGES, 1)).toBe(hole * PAGE)
    expect(table.unmapPages((hole + 1) * PAGE, PAGE, PAGES - hole - 1, 1)).toBe((PAGES - hole - 1) * PAGE)
    expect(table.mappedBytes()).toBe(0)
  }
})

it('a domain that begins at 0 hands out its first pfns last', () => {
  const { io } = new Hot(module, { lineSize: 64, poison: 0 })
  for (const [size, aligned] of [
    [3, true],
    [4, true],
    [5, false],
  ] as const) {
    const domain = new IovaDomain(io, PAGE, 0)
    expect(domain.alloc(size, size - 1, aligned)).toBe(0)
    expect(domain.alloc(1, size - 1, aligned)).toBe(undefined)
    domain.close()
  }
})
