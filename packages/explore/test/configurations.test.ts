import { expect, it } from 'vitest'
import { configurationsOf } from '../src/configurations.ts'

const AXES = [
  { name: 'pool', values: ['outside', 'none', 'two'], pairs: true },
  { name: 'importer', values: ['plain', 'coherent'], pairs: true },
  { name: 'size', values: ['4096', '6000'], pairs: false },
]
const told = (which: 'single' | 'pairwise' | 'all') =>
  configurationsOf(AXES, which).map((configuration) => [...configuration.values()].join(' '))

it('each value alone follows the plain configuration', () => {
  expect(told('single')).toEqual(['', 'none', 'two', 'coherent', '6000'])
})

it('two values together follow each alone', () => {
  expect(told('pairwise')).toEqual([...told('single'), 'none coherent', 'two coherent'])
})

it('all configurations are all combinations, those with few values that are not plain first', () => {
  expect(told('all')).toHaveLength(3 * 2 * 2)
  expect(told('all').slice(0, 5).toSorted()).toEqual(told('single').toSorted())
})
