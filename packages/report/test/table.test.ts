// Tables of any length.
import { expect, it } from 'vitest'
import { table } from '../src/table.ts'

it('a table is as wide as the terminal at most: cells in several lines, and lists where even that is too wide', () => {
  const rows = [['a place with a long name of many words', 'what lies there', '0x1000000000']]
  const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length))
  expect(widest(table(['where', 'what', 'at'], rows))).toBe(75)
  const narrow = table(['where', 'what', 'at'], rows, 50)
  expect(widest(narrow)).toBeLessThanOrEqual(50)
  expect(narrow).toContain('│ 0x1000000000 │')
  expect(table(['where', 'what', 'at'], rows, 20)).toBe(
    ['where  a place with a long name', '       of many words', 'what   what lies there', 'at     0x1000000000'].join(
      '\n',
    ),
  )
})

it('in a list, a title of several lines stands in one', () => {
  expect(table(['step', 'arm@4.11\n+pfn-valid\n+nopage-rfc'], [['EXPBUF', 'ok']], 20)).toBe(
    [`${'step'.padEnd(29)}  EXPBUF`, 'arm@4.11+pfn-valid+nopage-rfc  ok'].join('\n'),
  )
})

it('a table of more rows than any board has says how many more there are', () => {
  const rows = Array.from({ length: 304 }, (_, i) => [`row ${i}`])
  const text = table(['what'], rows)
  expect(text).toContain('row 299')
  expect(text).not.toContain('row 300')
  expect(text).toContain('4 more rows')
  expect(table(['what'], rows.slice(0, 300))).not.toContain('more rows')
})
