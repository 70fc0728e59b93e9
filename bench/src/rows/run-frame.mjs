// What a user waits for: frames of 1920x1080 through the founding pipeline, from decoder to display, checker and all, in a warm process.
import { openLaboratory, run } from '@dmalab/lab'

const request = (frames) => ({ kernels: ['arm@4.11+nopage-rfc'], frames, buffers: 4, size: '1920x1080' })

export const row = {
  name: 'run-frame',
  title: 'a frame of 1920x1080 through the founding pipeline, machine opened and checker on',
  unit: 'frame',
  versions: {
    run: {
      bench: 60,
      check: 2,
      async open(frames) {
        const laboratory = await openLaboratory()
        let report
        return {
          work: frames,
          run: async () => (report = await run(request(frames), { laboratory })),
          result: () => report.runs[0].verdict,
        }
      },
    },
  },
}
