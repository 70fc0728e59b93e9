// Whatever ran, and whichever call failed on the way: in the end nothing is missing that was there, and nothing is lent that was not.
import { shippedBoard } from '@dmalab/machine'
import { INJECTABLE, type RunReport } from '@dmalab/api'
import type { RunRequest } from '@dmalab/lab'
import { openLaboratory, run } from '@dmalab/lab/node'
import { expect, test } from 'vitest'
import { requestOf, scenarioBoard, scenarioFiles } from './scenario-files.ts'

const laboratory = await openLaboratory()

interface Ended {
  readonly report: RunReport
  /** Of the runs that ended without a fault. */
  readonly left: readonly string[]
}
const end = async (request: RunRequest): Promise<Ended> => {
  const left: string[] = []
  const report = await run(request, { laboratory, onEnd: (lines) => void left.push(...lines) })
  return { report, left }
}

const head = 'filesrc location=nowhere ! h264parse ! v4l2h264dec'
const small = { frames: 2, size: '64x32', buffers: 2 }
const nopool = { ...small, board: shippedBoard('odroid-xu4-nopool'), kernels: ['arm@4.11'] }
const rockpro = { ...small, board: shippedBoard('rk3399-rockpro64'), kernels: ['arm64@6.12'] }
const bouncing = { ...rockpro, cmdline: 'iommu.passthrough=1 swiotlb=force' }
const stateless =
  'filesrc location=nowhere ! h264parse ! v4l2slh264dec ! v4l2convert output-io-mode=dmabuf-import ! kmssink'
const exported = `${head} capture-io-mode=dmabuf ! v4l2convert output-io-mode=dmabuf-import ! kmssink`
const pipelines: readonly (readonly [what: string, request: RunRequest])[] = [
  ['exported buffers', { ...nopool, work: exported }],
  ['exported buffers, behind an IOMMU', { ...rockpro, work: stateless }],
  ['exported buffers that bounce', { ...bouncing, work: stateless }],
  [
    "the consumer's buffers",
    { ...nopool, work: `${head} capture-io-mode=dmabuf-import ! v4l2convert output-io-mode=dmabuf ! kmssink` },
  ],
  ["the screen's buffers", { ...rockpro, work: 'v4l2src io-mode=dmabuf-import ! kmssink' }],
  ['memory of a task', { ...rockpro, work: 'videotestsrc ! v4l2convert output-io-mode=userptr ! kmssink' }],
  ['copies', { ...nopool, work: 'videotestsrc ! videoconvert ! v4l2convert output-io-mode=mmap ! kmssink' }],
  ['pictures that are read', { ...rockpro, work: 'v4l2src io-mode=rw ! fakesink' }],
]
/** A buffer of user space from every place that exports one: imported, read by the CPU, and gone. */
const shared = (from: string): string =>
  [
    'name: shared',
    'steps:',
    `  - { do: alloc, buffer: b, size: 72KiB, from: ${from} }`,
    '  - { do: attach, buffer: b, device: converter }',
    '  - { do: map, buffer: b, device: converter, dir: BIDIRECTIONAL }',
    '  - { do: begin-cpu-access, buffer: b, dir: BIDIRECTIONAL }',
    '  - { do: vmap, buffer: b }',
    '  - { do: end-cpu-access, buffer: b, dir: BIDIRECTIONAL }',
    '  - { do: unmap, buffer: b, device: converter }',
    '  - { do: detach, buffer: b, device: converter }',
    '  - { do: close, buffer: b }',
  ].join('\n')
const buffers = ['system-heap', 'cma-heap', 'udmabuf', 'dumb'].flatMap((from) => {
  const work = { scenario: shared(from), file: 'shared.yaml' }
  return [
    [`a buffer from ${from}`, { ...nopool, kernels: ['arm@6.12'], work }],
    [`a buffer from ${from}, behind an IOMMU`, { ...rockpro, work }],
  ] as const
})
const cameras = ['camera', 'camera-sg', 'camera-vmalloc'].flatMap((v4l2src) =>
  ['dmabuf', 'userptr', 'dmabuf-import'].map(
    (mode) =>
      [
        `${v4l2src}, ${mode}`,
        {
          ...small,
          // Not a power of two in pages: vb2-dma-sg takes them in pieces, of which the last may be missing.
          size: '144x80',
          board: scenarioBoard('virt-arm64-cameras.yaml'),
          kernels: ['arm64@6.12'],
          work: `v4l2src io-mode=${mode} ! ${mode === 'dmabuf-import' ? 'kmssink' : 'fakesink'}`,
          bind: { v4l2src },
        },
      ] as const,
  ),
)
const scenarios = scenarioFiles.map((file) => [file, requestOf(file)] as const)

/** How often each call happens that can be made to fail; none of them does. */
const callsOf = ({ report }: Ended): readonly (readonly [what: string, calls: number])[] =>
  INJECTABLE.map((what) => {
    const counted = report.runs.flatMap(({ injections = [] }) => injections.filter((one) => one.what === what))
    return [what, Math.max(0, ...counted.map(({ calls }) => calls))]
  })
/** What the kernel itself loses, and a finding says so. */
const KERNEL_LEAKS: readonly string[] = [
  'vb2-import-keeps-references',
  'iommu-refused-memory-lost',
  'unmap-attrs-leak',
  'iova-links-left',
  'iova-part-lost',
  'pgtable-part-stays-mapped',
]
const tellsOfLeak = ({ runs }: RunReport): boolean =>
  runs.some(({ findings }) => findings.some(({ code }) => KERNEL_LEAKS.includes(code)))
/** Later calls are the same for further buffers: one in nine is enough. */
const ALL_UP_TO = 6
const NEVER = INJECTABLE.map((what) => `${what}:1000000`)

test.each([...scenarios, ...pipelines, ...buffers, ...cameras])(
  '%s gives everything back, whichever call fails',
  async (_what, request) => {
    const whole = await end({ ...request, inject: NEVER })
    const lost = tellsOfLeak(whole.report) ? [] : [...whole.left]
    for (const [operation, calls] of callsOf(whole))
      for (let nth = 1; nth <= calls; nth += nth < ALL_UP_TO ? 1 : 9) {
        const inject = `${operation}:${nth}`
        const { report, left } = await end({ ...request, inject: [inject] })
        const told = tellsOfLeak(report)
        if (!told) lost.push(...left.map((line) => `${inject} ${line}`))
        else if (left.length === 0) lost.push(`${inject} nothing, though a finding says so`)
      }
    expect(lost).toEqual([])
  },
)
