// Pipelines in all ways that buffers can take: exported, imported, by address, copied, looked at; several consumers, queues, restart.
import type { ElementReport, KernelRun, Machine, Patch } from '@dmalab/api'
import { shippedBoard } from '@dmalab/machine'
import { describe, expect, test } from 'vitest'
import { openLaboratory as openWith, type RunRequest } from '@dmalab/lab'
import { openLaboratory, run as runWork } from '@dmalab/lab/node'

const laboratory = await openLaboratory()
const nopool = shippedBoard('odroid-xu4-nopool')
const rockpro = shippedBoard('rk3399-rockpro64')
const PICTURE = (640 * 480 * 3) / 2

interface More extends RunRequest {
  readonly machine?: Machine
  readonly kernel?: string
}
const run = async (work: string, { machine = nopool, kernel = 'arm@4.11', ...more }: More = {}): Promise<KernelRun> => {
  const request = {
    board: machine,
    kernels: [kernel],
    work,
    size: '640x480',
    frames: 9,
    assume: ['all'] as const,
    ...more,
  }
  const { runs } = await runWork(request, { laboratory })
  const [first] = runs
  if (first === undefined) throw new Error('a report has runs')
  return first
}
const copies = ({ elements }: KernelRun): Record<string, number> =>
  Object.fromEntries(elements.map((e: ElementReport) => [e.device ?? e.element, e.cpuBytesPerFrame]))

const head = 'filesrc location=nowhere ! h264parse ! v4l2video4dec'
type Way = readonly [what: string, line: string, copied: Record<string, number>, bind?: Record<string, string>]
const ways: readonly Way[] = [
  [
    'export, import',
    `${head} capture-io-mode=dmabuf ! v4l2video7convert output-io-mode=dmabuf-import ! kmssink`,
    { codec: 0, converter: 0, display: 0 },
  ],
  [
    'the producer fills what the consumer exports',
    'v4l2src io-mode=dmabuf-import ! v4l2video7convert output-io-mode=dmabuf ! kmssink',
    { vivid: 0, converter: 0, display: 0 },
    { v4l2src: 'vivid' },
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
    'buffers of the screen, filled by the converter',
    `${head} ! v4l2video7convert output-io-mode=dmabuf-import capture-io-mode=dmabuf-import ! kmssink`,
    { codec: 0, converter: 0, display: 0 },
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
  test.each(ways.map(([what, line, copied, bind = {}]) => ({ what, line, copied, bind })))(
    '$what',
    async ({ line, copied, bind }) => {
      const one = await run(line, { bind })
      expect(one.findings.filter((f) => f.severity === 'error')).toEqual([])
      expect(one).toMatchObject({ verdict: 'works', frames: { delivered: 9, intact: 9 } })
      expect(copies(one)).toEqual(copied)
      expect(one.zeroCopy).toBe(Object.values(copied).every((bytes) => bytes === 0))
    },
  )
})

test('stopped and started again, the rest arrives too', async () => {
  const one = await run(ways[0]?.[1] ?? '', { restart: 4 })
  expect(one).toMatchObject({ verdict: 'works', frames: { delivered: 9, intact: 9 }, findings: [] })
  expect(one.steps.map((row) => row.step)).toContain('restart')
})

test('a failing map in the middle is refused, and nothing is left behind', async () => {
  const one = await run(ways[0]?.[1] ?? '', { inject: ['mapSg@converter:3'] })
  expect(one).toMatchObject({ verdict: 'refused', step: 'converter: QBUF dma-buf', errno: 'EINVAL' })
  expect(one.findings.map((f) => f.code)).not.toContain('leak-mapping')
  expect(one.findings.map((f) => f.code)).not.toContain('leak-attachment')
})

test('a queue without that kind of memory refuses it', async () => {
  const refused = { verdict: 'refused', step: 'codec: REQBUFS capture', errno: 'EINVAL' }
  for (const mode of ['userptr', 'dmabuf-import'])
    expect(await run(`${head} capture-io-mode=${mode} ! kmssink`)).toMatchObject(refused)
  const camera = { machine: shippedBoard('bcm2711-rpi-4-b'), kernel: 'arm64@6.12' }
  expect(await run('v4l2src io-mode=rw ! kmssink', camera)).toMatchObject({ verdict: 'refused', errno: 'EINVAL' })
  expect(await run('v4l2src io-mode=rw ! kmssink', { ...camera, bind: { v4l2src: 'vivid' } })).toMatchObject({
    verdict: 'works',
  })
})

test('modes that do not fit are bad input', async () => {
  const line = `${head} capture-io-mode=mmap ! v4l2video7convert output-io-mode=dmabuf-import ! kmssink`
  await expect(run(line)).rejects.toThrow(/only imports dma-bufs/)
})

describe('a camera gives pictures', () => {
  test.each([
    ['rk3399-rockpro64', 'isp0'],
    ['k3-am625-sk', 'camera'],
    ['bcm2711-rpi-4-b', 'camera'],
  ])('of %s', async (board, camera) => {
    const one = await run('v4l2src io-mode=dmabuf ! kmssink', { machine: shippedBoard(board), kernel: 'arm64@6.12' })
    expect(one).toMatchObject({ verdict: 'works', frames: { delivered: 9, intact: 9 }, zeroCopy: true, findings: [] })
    expect(one.elements).toMatchObject([
      { device: camera, mode: 'capture' },
      { device: 'display', mode: 'export' },
    ])
  })

  test('and fills as many buffers of the display as its queue wants, which may be more than were asked for', async () => {
    const line = 'v4l2src io-mode=dmabuf-import ! kmssink'
    const one = await run(line, { machine: rockpro, kernel: 'arm64@6.12', frames: 5, buffers: 1 })
    expect(one).toMatchObject({ verdict: 'works', frames: { delivered: 5, intact: 5 }, zeroCopy: true })
  })
})

test('with a buffer too few the pipeline waits for itself, and is told so', async () => {
  const one = await run(`${head} capture-io-mode=dmabuf ! kmssink`, { buffers: 1 })
  expect(one).toMatchObject({ verdict: 'refused', errno: 'EAGAIN', frames: { delivered: 1 } })
  expect(one.why).toContain('it needs one more (--buffers)')
})

test('a display takes its own buffers back as they are, though no other device could map them', async () => {
  const pools = shippedBoard('odroid-xu4-2017')
  const machine = {
    ...pools,
    devices: pools.devices.map((one) => (one.name === 'display' ? { ...one, pools: ['left'] } : one)),
  }
  expect(await run('videotestsrc ! kmssink', { machine })).toMatchObject({ verdict: 'works', frames: { intact: 9 } })
  const others = 'videotestsrc ! v4l2video7convert capture-io-mode=dmabuf-import ! kmssink'
  expect(await run(others, { machine })).toMatchObject({ verdict: 'fault', step: 'converter: REQBUFS capture' })
})

test('memory of malloc is scattered: a converter without an IOMMU refuses its address, one behind an IOMMU takes it', async () => {
  const line = 'videotestsrc ! v4l2convert output-io-mode=userptr ! kmssink'
  expect(await run(line)).toMatchObject({
    verdict: 'refused',
    step: 'converter: QBUF userptr',
    errno: 'EFAULT',
  })
  const board = shippedBoard('odroid-u3')
  const translated = { ...board, iommus: board.iommus.map((iommu) => ({ ...iommu, enabled: true })) }
  expect(await run(line, { machine: translated, kernel: 'arm@6.12' })).toMatchObject({
    verdict: 'works',
    frames: { intact: 9 },
  })
})

test('a task that looks compares: what bounced and was not synced back is not the picture', async () => {
  const line = 'v4l2src ! v4l2convert capture-io-mode=mmap ! fakesink'
  const noSync: Patch = {
    name: 'no-sync',
    title: 'lists are never synced for the CPU',
    source: 'a test',
    hunks: [],
    functions: { dma_direct_sync_sg_for_cpu: () => () => undefined },
  }
  const patched = await openWith([() => ({ name: 'no-sync', patches: [noSync] })])
  const { runs } = await runWork(
    {
      board: rockpro,
      kernels: ['arm64@6.12', 'arm64@6.12+no-sync'],
      cmdline: 'iommu.passthrough=1 swiotlb=force',
      work: line,
      assume: ['all'],
      size: '64x32',
      frames: 9,
    },
    { laboratory: patched },
  )
  const [synced, stale] = runs
  expect(synced).toMatchObject({ verdict: 'works', frames: { delivered: 9, intact: 9 } })
  // A buffer of scattered pages is not an access to what lies behind its first one.
  expect(synced?.findings.map(({ code }) => code)).not.toContain('cpu-access-device-owned')
  expect(await run(line, { machine: rockpro, kernel: 'arm64@6.12' })).toMatchObject({ verdict: 'works', findings: [] })
  expect(stale).toMatchObject({ verdict: 'corrupt', frames: { delivered: 9, intact: 0 } })
})

test('a decoder further down is given the pictures of the encoder before it', async () => {
  const one = await run('videotestsrc ! v4l2h264enc ! v4l2h264dec ! kmssink')
  expect(one).toMatchObject({ verdict: 'works', frames: { delivered: 9, intact: 9 }, findings: [] })
  expect(one.steps.map(({ step }) => step)).toContain('codec (v4l2h264dec0): copy and QBUF')
})

test('two elements on one device are told apart', async () => {
  const line = `${head} ! videoconvert ! v4l2h264enc ! filesink location=out`
  const one = await run(line)
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
      'v4l2src0 needs a driver that captures pictures, and that of codec does not: s5p-mfc decodes',
    ],
    [
      'videotestsrc ! kmssink',
      { kmssink: 'codec' },
      'kmssink0 needs a driver that shows frame buffers, and that of codec does not',
    ],
    [
      `${head} ! v4l2convert ! fakesink`,
      { v4l2convert: 'display' },
      'v4l2convert0 needs a driver that converts pictures from memory to memory, and that of display does not',
    ],
    [`${head} ! mystery ! fakesink`, { mystery: 'display' }, 'display, which passes no pictures to fakesink0'],
    [
      `${head} capture-io-mode=dmabuf-import ! tee name=t ! kmssink t. ! fakesink`,
      {},
      /1 more want its pictures: fakesink0/,
    ],
  ] as const)('%s', async (line, bind, message) => {
    await expect(run(line, { bind })).rejects.toThrow(message)
  })
})
