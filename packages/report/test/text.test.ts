// Reports as text: what a person must find in them, and that nothing of this machine is.
import type { KernelRun, RunReport } from '@dmalab/api'
import { expect, test } from 'vitest'
import { compareText, runText } from '../src/index.ts'

const run = (more: Partial<KernelRun>): KernelRun => ({
  kernel: 'arm@4.11',
  verdict: 'works',
  assuming: null,
  assumptions: [],
  step: null,
  errno: null,
  why: null,
  oops: null,
  frames: { wanted: 2, delivered: 2, intact: 2 },
  steps: [
    { step: 'codec: EXPBUF', outcome: 'ok', detail: '8 dma-bufs' },
    { step: 'all frames', outcome: 'ok', detail: '2 of 2 intact' },
  ],
  cache: { lines: 1234567, writtenBack: 0, skippedEntries: 0, skippedLines: 0 },
  elements: [{ element: 'dec', device: 'codec', buffers: 4, mode: 'export', cpuBytesPerFrame: 0 }],
  zeroCopy: true,
  findings: [],
  ...more,
})
const report = (...runs: KernelRun[]): RunReport => ({
  schema: 1,
  notes: [],
  assumptions: [],
  ignored: [],
  notExamined: [],
  scenario: 'filesrc ! dec ! sink',
  board: 'some-board',
  options: { frames: 2, width: 640, height: 480, format: 'NV12', buffers: 4, seed: 1 },
  bindings: [{ element: 'dec', device: 'codec', by: 'board' }],
  source: 'seeded bitstream',
  runs,
})
const oops = {
  address: '0xee220000',
  function: 'dma_cache_maint_page',
  callPath: ['dma_cache_maint_page', 'arm_dma_map_sg'],
  reason: 'paging request',
  text: ['Unable to handle kernel paging request at virtual address ee220000', 'PC is at dma_cache_maint_page'],
} as const
const fault = run({
  kernel: 'arm@4.11+x',
  verdict: 'fault',
  step: 'codec: EXPBUF',
  oops,
  steps: [
    { step: 'codec: EXPBUF', outcome: 'fault', detail: 'paging request' },
    { step: 'all frames', outcome: 'not reached', detail: '' },
  ],
})

test('a comparison has a column a kernel, a row a step, and the verdict last', () => {
  const lines = compareText(report(run({}), fault)).split('\n')
  const rows = lines.filter((line) => line.startsWith('│')).map((line) => line.split('│').map((cell) => cell.trim()))
  expect(rows).toContainEqual(['', 'codec: EXPBUF', 'ok', 'FAULT', ''])
  expect(rows).toContainEqual(['', 'all frames', 'ok', '-', ''])
  expect(rows.findIndex((row) => row[1] === 'verdict')).toBeGreaterThan(
    rows.findIndex((row) => row[1] === 'all frames'),
  )
  expect(lines.join('\n')).toContain('dma_cache_maint_page < arm_dma_map_sg')
})

test('a comparison stays under 100 columns, whatever the line and the reasons', () => {
  const long = run({ verdict: 'refused', step: 's', errno: 'ENOMEM', why: 'a reason of many words '.repeat(20) })
  const text = compareText({ ...report(long, fault), scenario: 'filesrc ! '.repeat(40) })
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(100)
})

test('tagged entries are counted only where a patch tags some', () => {
  expect(runText(report(run({})))).not.toContain('tagged')
  const tagged = { lines: 8, writtenBack: 0, skippedEntries: 2, skippedLines: 64 }
  expect(runText(report(run({ cache: tagged })))).toContain('2 tagged entries saved 64')
})

test('a run shows the console text of a fault and where it ended', () => {
  const text = runText(report(fault))
  for (const line of oops.text) expect(text).toContain(line)
  expect(text).toContain('ended at: codec: EXPBUF')
})

test('a run that works says how many frames, and that nobody copied them', () => {
  const text = runText(report(run({})))
  expect(text).toContain('works, 2 of 2 frames delivered, 2 intact, zero-copy')
  expect(text).toContain('1,234,567 operations')
})

test('many findings of one code are counted, not listed', () => {
  const findings = Array.from(
    { length: 9 },
    (_, i) => ({ code: 'wrong-bytes', severity: 'error', message: `buffer ${i}` }) as const,
  )
  const text = runText(report(run({ verdict: 'corrupt', findings })))
  expect(text.match(/wrong-bytes: buffer/g)).toHaveLength(4)
  expect(text).toContain('5 more wrong-bytes')
})

test('how the work was understood stands before the runs, a line each', () => {
  const told = {
    notes: ['--size 64 takes the place of width of caps filter capsfilter0'],
    assumptions: [{ kind: 'format', what: 'dec makes pictures of NV12', why: 'x', howToState: '--format' }],
    ignored: [{ what: 'sync=false of sink', why: 'no effect' }],
  } as const
  const text = runText({ ...report(run({})), ...told })
  expect(text).toContain('--size 64 takes the place of width of caps filter capsfilter0\n')
  expect(text).toContain('assumed format: dec makes pictures of NV12\n')
  expect(text).toMatch(/ignored: sync=false of sink .*no effect/)
  expect(runText(report(run({})))).not.toMatch(/assumed|ignored/)
})
