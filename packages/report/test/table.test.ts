// Tables of any length.
import { expect, it } from 'vitest'
import { table } from '../src/table.ts'

it('a table of more rows than any board has says how many more there are', () => {
  const rows = Array.from({ length: 304 }, (_, i) => [`row ${i}`])
  const text = table(['what'], rows)
  expect(text).toContain('row 299')
  expect(text).not.toContain('row 300')
  expect(text).toContain('4 more rows')
  expect(table(['what'], rows.slice(0, 300))).not.toContain('more rows')
})
