import { viewRuns, openLaboratory, specOf } from '@dmalab/lab'
import { describe, expect, test } from 'vitest'
import { graphOf } from '../src/graph.ts'

const view = await (async () => {
  const parts = await openLaboratory()
  return viewRuns(parts, specOf(parts.registry, { frames: 2 }, 'compare'))
})()
const edgesOf = (kernel: number): readonly string[] => {
  const { pipeline, report, runs } = view
  const [run, events] = [report.runs[kernel], runs[kernel]?.events]
  if (pipeline === null || run === undefined || events === undefined) throw new Error(`no run ${kernel}`)
  return graphOf(pipeline, run, events).edges.map(({ from, to, state }) => `${from.role} ${to.role}: ${state}`)
}

describe('the founding pipeline as a graph', () => {
  test('breaks in front of the converter where the kernel faults', () => {
    expect(edgesOf(0)).toContain('decoder converter: broken')
    expect(edgesOf(0)).toContain('converter sink: not reached')
  })

  test('breaks behind the decoder where the export is refused', () => {
    expect(edgesOf(1)).toContain('decoder converter: broken')
  })

  test('passes pictures without a copy with the patch', () => {
    expect(edgesOf(2).slice(-2)).toEqual(['decoder converter: zero-copy', 'converter sink: zero-copy'])
  })

  test('stands in columns: what waits for an element is right of it', () => {
    const { pipeline, report } = view
    if (pipeline === null || report.runs[0] === undefined) throw new Error('no pipeline')
    const { nodes } = graphOf(pipeline, report.runs[0], [])
    expect(nodes.map(({ x }) => x)).toEqual(nodes.map(({ x }) => x).toSorted((a, b) => a - b))
  })
})
