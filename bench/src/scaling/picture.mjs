import { openLaboratory, run } from '@dmalab/lab'

const laboratory = await openLaboratory()
/** Pixels -> what the command line calls the size. */
const NAMES = new Map(
  [
    [640, 480],
    [1280, 720],
    [1920, 1080],
    [3840, 2160],
  ].map(([w, h]) => [w * h, `${w}x${h}`]),
)

export const scale = {
  name: 'picture size',
  title: 'pixels of a picture, 40 pictures',
  sizes: [...NAMES.keys()],
  open: (pixels) => ({
    run: () =>
      run({ kernels: ['arm@4.11+nopage-rfc'], frames: 40, buffers: 4, size: NAMES.get(pixels) }, { laboratory }),
  }),
}
