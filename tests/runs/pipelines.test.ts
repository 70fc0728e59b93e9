// Pipelines in all ways that buffers can take: exported, imported, by address, copied, looked at; several consumers, queues, restart.
import type { ElementReport, KernelRun } from '@dmalab/api'
import { compileHotSync } from '@dmalab/hot'
import { shippedBoard } from '@dmalab/machine'
import { composeKernel, DEFAULT_OPTIONS, parseKernel, type PipelineRun, runPipeline, withOptions } from '@dmalab/runner'
import { describe, expect, test } from 'vitest'
import { openRegistry, planFor } from '@dmalab/lab/node'

const parts = { module: compileHotSync(), registry: await openRegistry() }
const nopool = shippedBoard('odroid-xu4-nopool')
const rockpro = shippedBoard('rk3399-rockpro64')
const SIZE = { width: 640, height: 480 }
const PICTURE = (640 * 480 * 3) / 2

interface More extends Partial<Omit<PipelineRun, 'options'>> {
  readonly frames?: number
  readonly buffers?: number
  readonly kernel?: string
  readonly bind?: Record<string, string>
}
const run = (line: string, more: More = {}): KernelRun => {
  const { frames = 9, buffers = 4, kernel = 'arm@4.11', bind = {}, machine = nopool, ...rest } = more
  const report = runPipeline(parts, [parseKernel(kernel, parts.registry)], {
    machine,
    options: { ...DEFAULT_OPTIONS, ...SIZE, frames, buffers },
    ...planFor(line, machine, bind, { size: SIZE }),
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
  [
    'user space in the middle, which makes pictures of its own',
    `${head} capture-io-mode=mmap ! videoconvert ! videoscale ! v4l2video7convert output-io-mode=mmap ! kmssink`,
    { codec: 0, videoconvert0: PICTURE, converter: PICTURE, display: 0 },
  ],
  ['user space at the beginning', 'videotestsrc ! videoconvert ! kmssink', { videotestsrc0: 0, display: PICTURE }],
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

describe('a camera gives pictures', () => {
  test.each([
    ['rk3399-rockpro64', 'isp0'],
    ['k3-am625-sk', 'camera'],
    ['bcm2711-rpi-4-b', 'camera'],
  ])('of %s', (board, camera) => {
    const one = run('v4l2src io-mode=dmabuf ! kmssink', { machine: shippedBoard(board), kernel: 'arm64@6.12' })
    expect(one).toMatchObject({ verdict: 'works', frames: { delivered: 9, intact: 9 }, zeroCopy: true, findings: [] })
    expect(one.elements).toMatchObject([
      { device: camera, mode: 'capture' },
      { device: 'display', mode: 'export' },
    ])
  })

  test('and fills as many buffers of the display as its queue wants, which may be more than were asked for', () => {
    const line = 'v4l2src io-mode=dmabuf-import ! kmssink'
    const one = run(line, { machine: rockpro, kernel: 'arm64@6.12', frames: 5, buffers: 1 })
    expect(one).toMatchObject({ verdict: 'works', frames: { delivered: 5, intact: 5 }, zeroCopy: true })
  })
})

test('with a buffer too few the pipeline waits for itself, and is told so', () => {
  const one = run(`${head} capture-io-mode=dmabuf ! kmssink`, { buffers: 1 })
  expect(one).toMatchObject({ verdict: 'refused', errno: 'EAGAIN', frames: { delivered: 1 } })
  expect(one.why).toContain('it needs one more (--buffers)')
})

test('a display takes its own buffers back as they are, though nobody else could map them', () => {
  const pools = shippedBoard('odroid-xu4-2017')
  const machine = {
    ...pools,
    devices: pools.devices.map((one) => (one.name === 'display' ? { ...one, pools: ['left'] } : one)),
  }
  expect(run('videotestsrc ! kmssink', { machine })).toMatchObject({ verdict: 'works', frames: { intact: 9 } })
  const others = `${head} capture-io-mode=dmabuf-import ! kmssink`
  expect(run(others, { machine })).toMatchObject({ verdict: 'fault', step: 'codec: REQBUFS capture' })
})

test('memory of malloc is scattered: a converter without an IOMMU refuses its address, one behind an IOMMU takes it', () => {
  const line = 'videotestsrc ! v4l2convert output-io-mode=userptr ! kmssink'
  expect(run(line)).toMatchObject({
    verdict: 'refused',
    step: 'converter: QBUF userptr',
    errno: 'EFAULT',
  })
  const board = shippedBoard('odroid-u3')
  const translated = { ...board, iommus: board.iommus.map((iommu) => ({ ...iommu, enabled: true })) }
  expect(run(line, { machine: translated, kernel: 'arm@6.12' })).toMatchObject({
    verdict: 'works',
    frames: { intact: 9 },
  })
})

test('a task that looks compares: what bounced and was not synced back is not the picture', () => {
  const line = 'v4l2src ! v4l2convert capture-io-mode=mmap ! fakesink'
  const cmdline = { 'iommu.passthrough': '1', swiotlb: 'force' }
  const stock = withOptions(composeKernel(parts.registry.kernels.get('arm64@6.12')), { config: {}, cmdline })
  const noSync = withOptions(
    composeKernel(parts.registry.kernels.get('arm64@6.12'), {
      name: 'no-sync',
      title: 'lists are never synced for the CPU',
      source: 'a test',
      hunks: [],
      ops: { 'dma-direct': (next) => ({ ...next, syncSgForCpu: () => undefined }) },
    }),
    { config: {}, cmdline },
  )
  const size = { width: 64, height: 32 }
  const options = { ...DEFAULT_OPTIONS, ...size, frames: 9 }
  const work = { machine: rockpro, options, ...planFor(line, rockpro, {}, { size }) }
  const [synced, stale] = runPipeline(parts, [stock, noSync], work).runs
  expect(synced).toMatchObject({ verdict: 'works', frames: { delivered: 9, intact: 9 } })
  // A buffer of scattered pages is no access to what lies behind its first one.
  expect(synced?.findings.map(({ code }) => code)).not.toContain('cpu-access-device-owned')
  expect(run(line, { machine: rockpro, kernel: 'arm64@6.12' })).toMatchObject({ verdict: 'works', findings: [] })
  expect(stale).toMatchObject({ verdict: 'corrupt', frames: { delivered: 9, intact: 0 } })
})

test('a decoder further down is given the pictures of the encoder before it', () => {
  const one = run('videotestsrc ! v4l2h264enc ! v4l2h264dec ! kmssink')
  expect(one).toMatchObject({ verdict: 'works', frames: { delivered: 9, intact: 9 }, findings: [] })
  expect(one.steps.map(({ step }) => step)).toContain('codec (v4l2h264dec0): copy and QBUF')
})

test('two elements on one device are told apart', () => {
  const line = `${head} ! videoconvert ! v4l2h264enc ! filesink location=out`
  const one = run(line)
  expect(one).toMatchObject({ verdict: 'works', frames: { delivered: 9, intact: 9 }, findings: [] })
  const steps = one.steps.map(({ step }) => step)
  expect(steps).toContain('codec (v4l2video4dec0): REQBUFS capture')
  expect(steps).toContain('codec (v4l2h264enc0): REQBUFS capture')
  expect(new Set(steps).size).toBe(steps.length)
})

describe('a device that cannot do the work is bad input', () => {
  test.each([
    [
      'v4l2src ! kmssink',
      { v4l2src: 'codec' },
      'v4l2src0 cannot work on codec: class codec works from memory to memory',
    ],
    ['videotestsrc ! kmssink', { kmssink: 'codec' }, 'kmssink0 cannot work on codec: class codec shows nothing'],
    [
      `${head} ! v4l2convert ! fakesink`,
      { v4l2convert: 'display' },
      'class display does not turn pictures into pictures',
    ],
    [`${head} ! mystery ! fakesink`, { mystery: 'display' }, 'display, which hands no pictures on to fakesink0'],
    [
      `${head} capture-io-mode=dmabuf-import ! tee name=t ! kmssink t. ! fakesink`,
      {},
      /1 more want its pictures: fakesink0/,
    ],
  ] as const)('%s', (line, bind, message) => {
    expect(() => run(line, { bind })).toThrow(message)
  })
})
