// What holds for every patch that is shipped.
import { pluginApi } from '@dmalab/api'
import { expect, it } from 'vitest'
import plugin from '../src/index.ts'

const { patches = [] } = plugin(pluginApi)
const corrections = patches.filter(({ name }) => name.startsWith('fix-'))

it('each has a name of its own, and says in one line what it does and where it comes from', () => {
  expect(new Set(patches.map(({ name }) => name)).size).toBe(patches.length)
  expect(patches.filter(({ title, source }) => title === '' || title.includes('\n') || source === '')).toEqual([])
})

it('each names the files, and the functions or types, that it changes', () => {
  expect(
    patches.filter(
      ({ hunks }) =>
        hunks.length === 0 ||
        hunks.some(({ file, symbol, what }) => !file.includes('/') || symbol === '' || what === ''),
    ),
  ).toEqual([])
})

it('a correction sets one fact, and no two set the same', () => {
  const facts = corrections.map((patch) => Object.keys(patch.facts ?? {}))
  expect(facts.filter((names) => names.length !== 1)).toEqual([])
  expect(new Set(facts.flat()).size).toBe(corrections.length)
})
