// Random gst-launch lines of what devices here can do, boards for them, and kernels for those.
import type { Machine } from '@dmalab/api'
import { shippedBoards } from '@dmalab/machine'
import type { RunRequest } from '@dmalab/lab'
import fc from 'fast-check'

const mode = (property: string): fc.Arbitrary<string> =>
  fc.constantFrom('auto', 'mmap', 'userptr', 'dmabuf', 'dmabuf-import').map((value) => ` ${property}=${value}`)
const line = fc
  .tuple(
    fc.oneof(
      mode('capture-io-mode').map((io) => `filesrc location=x ! h264parse ! v4l2h264dec${io}`),
      fc.constant('videotestsrc'),
    ),
    fc.array(
      fc.oneof(
        fc.constantFrom('queue', 'videoconvert'),
        fc.tuple(mode('output-io-mode'), mode('capture-io-mode')).map((io) => `v4l2convert${io.join('')}`),
      ),
      { maxLength: 2 },
    ),
    fc.constantFrom('kmssink', 'fakesink'),
  )
  .map(([source, between, sink]) => [source, ...between, sink].join(' ! '))

const KERNELS: Readonly<Record<string, readonly string[]>> = {
  arm: ['arm@4.11', 'arm@4.11+pfn-valid', 'arm@4.11+nopage-rfc', 'arm@6.12'],
  arm64: ['arm64@6.1', 'arm64@6.12', 'arm64@7.2'],
}
const machines = shippedBoards().filter(({ arch }) => KERNELS[arch] !== undefined)

export const kernelsOf = ({ arch }: Machine): readonly string[] => KERNELS[arch] ?? []

export interface AnyRun extends RunRequest {
  readonly board: Machine
  readonly kernels: readonly string[]
  readonly work: string
  readonly frames: number
  readonly buffers: number
  readonly seed: number
}

/** A run that most boards take; a board that lacks what the line needs refuses it. */
export const anyRun: fc.Arbitrary<AnyRun> = fc.constantFrom(...machines).chain((board) =>
  fc.record({
    board: fc.constant(board),
    kernels: fc.constantFrom(...kernelsOf(board)).map((kernel) => [kernel]),
    work: line,
    frames: fc.integer({ min: 1, max: 4 }),
    buffers: fc.integer({ min: 1, max: 4 }),
    seed: fc.integer({ min: 1, max: 1000 }),
    size: fc.constant('64x32'),
    adversarialCache: fc.boolean(),
    assume: fc.constant(['all' as const]),
  }),
)
