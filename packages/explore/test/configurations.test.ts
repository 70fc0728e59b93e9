import { expect, it } from 'vitest'
import type { Axis } from '../src/axes.ts'
import { configurationsOf } from '../src/configurations.ts'

const AXES: readonly Axis[] = [
  { name: 'pool', values: ['outside', 'none', 'two'], group: 'device', with: ['device'] },
  { name: 'importer', values: ['plain', 'coherent'], group: 'device', with: ['device'] },
  { name: 'size', values: ['4096', '6000'], group: 'build', with: [] },
]
const told = (which: 'single' | 'pairwise' | 'all') =>
  configurationsOf(AXES, which).map((configuration) => [...configuration.values()].join(' '))

it('each value alone follows the plain configuration, then each without the pool', () => {
  expect(told('single')).toEqual(['', 'none', 'two', 'coherent', '6000', 'none coherent'])
})

it('two values together follow each alone', () => {
  expect(told('pairwise')).toEqual([...told('single'), 'two coherent'])
})

it('all configurations are all combinations, those with few values that are not plain first', () => {
  expect(told('all')).toHaveLength(3 * 2 * 2)
  expect(told('all').slice(0, 5).toSorted()).toEqual(told('single').slice(0, 5).toSorted())
})

it('memory of a task, alone and with another value, is tried with restless caches too', () => {
  const axes: readonly Axis[] = [
    { name: 'memory', values: ['coherent', 'user'], group: 'sharing', with: ['build'] },
    { name: 'size', values: ['4096', '6000'], group: 'build', with: [] },
    { name: 'caches', values: ['quiet', 'adverse-1'], group: 'schedule', with: [] },
  ]
  const last = configurationsOf(axes, 'pairwise').at(-1) ?? new Map<string, string>()
  expect(Object.fromEntries(last)).toEqual({ memory: 'user', size: '6000', caches: 'adverse-1' })
  expect(configurationsOf(axes, 'single')).toContainEqual(
    new Map([
      ['memory', 'user'],
      ['caches', 'adverse-1'],
    ]),
  )
})

it('an attribute of a patch is tried on ordinary memory of each kind of device', () => {
  const axes: readonly Axis[] = [
    { name: 'pool', values: ['outside', 'none'], group: 'sharing', with: ['build'] },
    { name: 'importer', values: ['plain', 'offset'], group: 'device', with: [] },
    { name: 'attributes', values: ['none', 'WRITE_COMBINE', 'MINE'], group: 'build', with: [], own: ['MINE'] },
  ]
  const threes = configurationsOf(axes, 'pairwise').filter(({ size }) => size === 3)
  expect(threes.map((one) => Object.fromEntries(one))).toEqual([
    { pool: 'none', attributes: 'MINE', importer: 'offset' },
  ])
})
