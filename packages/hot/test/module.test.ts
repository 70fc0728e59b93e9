import { describe, expect, it } from 'vitest'
import * as L from '../assembly/shared/layout.ts'
import { compileHot } from '../src/index.ts'
import { instantiate } from '../src/module.ts'
import { BUILDS, moduleOf } from './builds.ts'

describe.each(BUILDS)('%s build', (build) => {
  it('was compiled from the layout that the binding uses', () => {
    expect(instantiate(moduleOf(build)).layoutVersion()).toBe(L.LAYOUT_VERSION)
  })
  it('starts with 256 KiB', () => {
    expect(instantiate(moduleOf(build)).memory.buffer.byteLength).toBe(256 * 2 ** 10)
  })
})

it('carries the release build', async () => {
  const carried = WebAssembly.Module.exports(await compileHot())
  expect(carried).toEqual(WebAssembly.Module.exports(moduleOf('release')))
})
