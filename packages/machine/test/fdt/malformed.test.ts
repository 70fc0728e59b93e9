import { describe, expect, it } from 'vitest'
import { parseFdt } from '../../src/fdt/parse.ts'
import { CORPUS, corpusBytes, corpusIsHere, corpusJson } from '../corpus.ts'

interface Case {
  readonly file: string
  readonly what: string
  readonly fdt_check_full: string
  readonly libfdt_walk?: { readonly nodes: number; readonly max_depth: number; readonly memreserve_entries: number }
}
const cases = corpusIsHere ? corpusJson<{ cases: Case[] }>('malformed/cases.json').cases : []

describe.skipIf(!corpusIsHere)(`malformed blobs of ${CORPUS}`, () => {
  it.each(cases)('$file: $what', ({ file, fdt_check_full, libfdt_walk }) => {
    const fdt = parseFdt(corpusBytes(`malformed/${file}`))
    expect(fdt.ok ? 'OK' : fdt.code).toBe(fdt_check_full)
    if (!fdt.ok || libfdt_walk === undefined) return
    expect({
      nodes: fdt.nodes.length,
      max_depth: fdt.nodes.reduce((deepest, node) => Math.max(deepest, node.depth), 0),
      memreserve_entries: fdt.reservations.length,
    }).toEqual({
      nodes: libfdt_walk.nodes,
      max_depth: libfdt_walk.max_depth,
      memreserve_entries: libfdt_walk.memreserve_entries,
    })
  })
})
