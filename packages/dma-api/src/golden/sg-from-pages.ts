// Topics sg-from-pages and sg-kernel-suite: scatterlists from page lists, in one call or appended.
import type { GoldenAdapter, GoldenCase, GoldenContext, KResult, Scatterlists, SgTable } from '@dmalab/api'
import { openVectorLab } from './machine.ts'
import { num, pageTriples, pfns, status } from './values.ts'

const scatterlists = (context: GoldenContext): Scatterlists => {
  const lab = openVectorLab(context, { memory: [{ base: 0, len: 2 ** 20 }] })
  return lab.host(lab.device('device')).sg
}

const firstPages = (input: GoldenCase) => ({
  pfns: pfns(input['p']),
  offset: num(input['o'] ?? 0),
  size: num(input['s']),
  maxSegment: num(input['m']),
})

/** Both calls; the result is the first error, else that of the second. */
const append = (sg: Scatterlists, input: GoldenCase, secondSize: number, leftPages: number) => {
  const table = sg.appendTable()
  const first = firstPages(input)
  const one = sg.appendFromPages(table, first, leftPages)
  if (!one.ok) return { first: one, last: one, table }
  const second = { ...first, pfns: pfns(input['app']), offset: 0, size: secondSize }
  return { first: one, last: sg.appendFromPages(table, second, 0), table }
}

export const sgFromPages: GoldenAdapter = {
  topic: 'sg-from-pages',
  run(input, context) {
    const sg = scatterlists(context)
    if (input['app'] === undefined) {
      const made = sg.fromPages(firstPages(input))
      return made.ok ? { r: 0, e: pageTriples(made.value) } : { r: status(made) }
    }
    const { last, table } = append(sg, input, num(input['s2']), num(input['l']))
    if (!last.ok || table.table === null) return { r: status(last) }
    const { nents, origNents } = table.table
    return {
      r: 0,
      e: pageTriples(table.table),
      n: [nents, origNents, table.totalNents],
      last: Number(table.ended),
    }
  },
}

export const sgKernelSuite: GoldenAdapter = {
  topic: 'sg-kernel-suite',
  run(input, context) {
    const sg = scatterlists(context)
    if (input['app'] === undefined) return suiteAnswer(sg.fromPages(firstPages(input)))
    const { first, last, table } = append(sg, input, num(input['s']), pfns(input['p']).length)
    if (!first.ok || !last.ok || table.table === null) return { r: status(first) }
    return suiteAnswer({ ok: true, value: table.table })
  },
}

const suiteAnswer = (made: KResult<SgTable>): Readonly<Record<string, unknown>> =>
  made.ok ? { r: 0, x: made.value.nents, e: pageTriples(made.value) } : { r: status(made) }
