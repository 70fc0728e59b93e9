import { expect, it } from 'vitest'
import type { Configuration } from '../src/axes.ts'
import { groupsOf } from '../src/searcher.ts'

const of = (values: Readonly<Record<string, string>>): Configuration => new Map(Object.entries(values))
const CONFIGURATIONS = [
  of({}),
  of({ 'failing call': 'iova:1' }),
  of({ importer: 'iommu' }),
  of({ importer: 'iommu', 'failing call': 'iova:1' }),
  of({ importer: 'iommu', 'failing call': 'iova:2' }),
  of({ 'failing call': 'iova:2' }),
]

it('configurations that differ in the failing call alone are one group', () => {
  expect(groupsOf(CONFIGURATIONS, () => true)).toEqual([[0], [1, 5], [2], [3, 4]])
})

it('what was searched is in no group', () => {
  expect(groupsOf(CONFIGURATIONS, (number) => number > 3)).toEqual([[4], [5]])
})
