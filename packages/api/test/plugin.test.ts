import { expect, it } from 'vitest'
import * as api from '../src/index.ts'
import * as values from '../src/values.ts'

it('a plug-in gets the functions and constants of the vocabulary, and the contract number', () => {
  expect(api.pluginApi).toEqual({ ...values, version: api.PLUGIN_API })
  expect(Number.isSafeInteger(api.PLUGIN_API)).toBe(true)
})

it('what it gets are the very functions that the rooms use', () => {
  const exported: Readonly<Record<string, unknown>> = api
  const others = Object.entries(values).filter(([name, value]) => exported[name] !== value)
  expect(others.map(([name]) => name)).toEqual([])
})
