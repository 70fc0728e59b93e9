// Pipelines in all ways that buffers can take: exported, imported, by address, copied, looked at; several consumers, queues, restart.
import type { ElementReport, KernelRun } from '@dmalab/api'
import { compileHotSync } from '@dmalab/hot'
import { shippedBoard } from '@dmalab/machine'
import { DEFAULT_OPTIONS, parseKernel, type PipelineRun, runPipeline } from '@dmalab/runner'
import { describe, expect, test } from 'vitest'
import { openRegistry, planFor } from '../src/index.ts'

const parts = { module: compileHotSync(), registry: await openRegistry() }
const machine = shippedBoard('odroid-xu4-nopool')
const SIZE = { width: 640, height: 480 }
const PICTURE = (640 * 480 * 3) / 2

const run = (
  line: string,
  more: Partial<PipelineRun> & { readonly frames?: number; readonly kernel?: string } = {},
): KernelRun => {
  const { frames = 9, kernel = 'arm@4.11', ...rest } = more
  const options = { ...DEFAULT_OPTIONS, ...SIZE, frames }
  const report = runPipeline(parts, [parseKernel(kernel, parts.registry)], {
    machine,
    options,
    ...planFor(line, machine, {}),
    ...rest,
  })
  const [first] = report.runs
  if (first === undefined) throw new Error('a report has runs')
  return first
}
const copies = ({ elements }: KernelRun): Record<string, number> =>
  Object.fromEntries(elements.map((e: ElementReport) => [e.device ?? e.element, e.cpuBytesPerFrame]))

const head = 'filesrc location=nowhere ! h264parse ! v4l2video4dec'
const ways: readonly (readonly [what: string, line: string, copied: Record<string, number>])[] = [
  [
    'export, import',
    `${head} capture-io-mode=dmabuf ! v4l2video7convert output-io-mode=dmabuf-import ! kmssink`,
    { codec: 0, converter: 0, display: 0 },
  ],
  [
    'the producer fills what the consumer exports',
    `${head} capture-io-mode=dmabuf-import ! v4l2video7convert output-io-mode=dmabuf ! kmssink`,
    { codec: 0, converter: 0, display: 0 },
  ],
  [
    'by address',
    `${head} capture-io-mode=mmap ! v4l2video7convert output-io-mode=userptr ! kmssink`,
    { codec: 0, converter: 0, display: 0 },
  ],
  [
    'a copy between queues',
    `${head} capture-io-mode=mmap ! v4l2video7convert output-io-mode=mmap ! kmssink`,
    { codec: 0, converter: PICTURE, display: 0 },
  ],
  ['a copy to the screen', `${head} capture-io-mode=mmap ! kmssink`, { codec: 0, display: PICTURE }],
  [
    'buffers of the screen, filled by the decoder',
    `${head} capture-io-mode=dmabuf-import ! kmssink`,
    { codec: 0, display: 0 },
  ],
  ['user space that looks', `${head} capture-io-mode=mmap ! fakesink`, { codec: 0, fakesink0: 0 }],
  [
    'two consumers behind a tee, with queues',
    `${head} capture-io-mode=dmabuf ! tee name=t ! queue max-size-buffers=2 ! v4l2video7convert output-io-mode=dmabuf-import ! kmssink t. ! queue ! fakesink`,
    { codec: 0, converter: 0, display: 0, fakesink0: 0 },
  ],
]

describe('every picture arrives, nothing is left behind, and the CPU copies what is said', () => {
  test.each(ways)('%s', (_what, line, copied) => {
    const one = run(line)
    expect(one.findings.filter((f) => f.severity === 'error')).toEqual([])
    expect(one).toMatchObject({ verdict: 'works', frames: { delivered: 9, intact: 9 } })
    expect(copies(one)).toEqual(copied)
    expect(one.zeroCopy).toBe(Object.values(copied).every((bytes) => bytes === 0))
  })
})

test('stopped and started again, the rest arrives too', () => {
  const one = run(ways[0]?.[1] ?? '', { restartAt: 4 })
  expect(one).toMatchObject({ verdict: 'works', frames: { delivered: 9, intact: 9 }, findings: [] })
  expect(one.steps.map((row) => row.step)).toContain('restart')
})

test('a failing map in the middle is refused, and nothing is left behind', () => {
  const one = run(ways[0]?.[1] ?? '', { inject: [{ what: 'mapSg', nth: 3, device: 'converter' }] })
  expect(one).toMatchObject({ verdict: 'refused', step: 'converter: QBUF dma-buf', errno: 'EINVAL' })
  expect(one.findings.map((f) => f.code)).not.toContain('leak-mapping')
  expect(one.findings.map((f) => f.code)).not.toContain('leak-attachment')
})

test('modes that do not fit are bad input', () => {
  expect(() => run(`${head} capture-io-mode=mmap ! v4l2video7convert output-io-mode=dmabuf-import ! kmssink`)).toThrow(
    /only imports dma-bufs/,
  )
})
