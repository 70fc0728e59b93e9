import { openLaboratory, run } from '@dmalab/lab'

const laboratory = await openLaboratory()

export const scale = {
  name: 'frames',
  title: 'pictures of one run',
  sizes: [30, 100, 300, 1000],
  open: (frames) => ({ run: () => run({ kernels: ['arm@4.11+nopage-rfc'], frames, size: '640x480' }, { laboratory }) }),
}
