// What a log could neither prove nor exclude is reported; what was found has been judged.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { logPath, table } from '../../packages/trace/test/files.ts'
import { checkText } from './check-text.ts'

const codesOf = (log: string | Uint8Array): ReadonlySet<string> =>
  new Set(checkText(log).summary.notJudged.flatMap(({ codes }) => codes))
const event = (text: string): string => `        init-1       [000] .....     1.000001: ${text}\n`
const MAP = event('dma_map_page: dev dir=TO_DEVICE dma_addr=1000 size=64 phys_addr=1000 attrs=')
const UNMAP = event('dma_unmap_page: dev dir=TO_DEVICE dma_addr=1000 size=64 attrs=')

describe('a log', () => {
  it('of nothing judges nothing', () => {
    const { summary } = checkText('')
    expect(summary.examined).toBe(false)
  })
  it('of maps alone judges overlaps, and no unmap, sync or list', () => {
    const codes = codesOf(MAP)
    expect(codes.has('overlapping-mappings')).toBe(false)
    expect(
      ['unmap-size', 'sync-direction', 'sg-segment-too-long', 'leak-mapping', 'wrong-bytes'].filter(
        (code) => !codes.has(code),
      ),
    ).toEqual([])
    expect(codesOf(MAP + UNMAP).has('unmap-size')).toBe(false)
  })
  it('with a marker judges leaks of the mappings that it shows, not of memory that it does not', () => {
    const codes = codesOf(MAP + event('tracing_mark_write: unbind end'))
    expect([codes.has('leak-mapping'), codes.has('leak-coherent')]).toEqual([false, true])
  })
  for (const { file = '' } of table('traces.csv')) {
    const path = logPath(file)
    it.skipIf(path === undefined)(`${file}: no code is both found and not judged`, () => {
      const report = checkText(readFileSync(path ?? ''))
      const left = new Set(report.summary.notJudged.flatMap(({ codes }) => codes))
      expect(report.findings.map(({ code }) => code).filter((code) => left.has(code))).toEqual([])
      // Of fields as raw numbers only the markers can be read.
      expect(report.summary.examined).toBe(!file.includes('variant-raw'))
    })
  }
})
