import { expect, it } from 'vitest'
import { atLeast, type FindingCode, FINDINGS, SEVERITIES } from '../src/index.ts'

const codes = Object.keys(FINDINGS) as FindingCode[]

it('codes are lower-case words joined by hyphens, since they stand in files and on command lines', () => {
  expect(codes.filter((code) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(code))).toEqual([])
})

it('no two codes have the same title, and a title fits on a line', () => {
  const titles = codes.map((code) => FINDINGS[code].title)
  expect(new Set(titles).size).toBe(titles.length)
  expect(titles.filter((title) => title.length === 0 || title.length > 100)).toEqual([])
})

it('a severity reaches itself and those below', () => {
  const reached = SEVERITIES.map((severity) => SEVERITIES.filter((floor) => atLeast(severity, floor)))
  expect(reached).toEqual([['info'], ['info', 'warning'], ['info', 'warning', 'error']])
})
