// Speed is measured by hand; that all versions do the same is tested always.
import { describe, expect, it } from 'vitest'
import { checkRow } from '../src/check.mjs'
import { loadRows } from '../src/rows.mjs'

const rows = await loadRows(undefined)

describe('bench rows', () => {
  it('are found by being in rows/', () => {
    expect(rows.map(({ name }) => name)).toContain('frame-pipeline')
  })
  it.each(rows.map((row) => ({ name: row.name, row })))('$name: all versions agree', async ({ row }) => {
    expect(await checkRow(row)).toEqual([])
  })
  it('are caught when a version gives something else', async () => {
    const version = (result: number) => ({
      check: 1,
      open: async () => ({ work: 1, run: () => {}, result: () => result }),
    })
    const row = { name: 'broken', versions: { naive: version(1), wasm: version(2) } }
    expect(await checkRow(row)).toEqual([expect.stringMatching(/^broken: wasm gave .*2.*, naive gave .*1/)])
  })
})
