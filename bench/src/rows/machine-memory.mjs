// What an open machine holds: its objects, and the linear memory of its engine as far as it was touched.
import { openLaboratory } from '@dmalab/lab'
import { openLab, parseKernel } from '@dmalab/runner'

const bytesNow = () => {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

export const row = {
  name: 'machine-memory',
  title: 'machines that a GB holds: open, nothing touched; 256 KiB of each belong to the engine',
  unit: 'machine',
  per: 'GB',
  versions: {
    opened: {
      bench: 20,
      check: 1,
      async open(count) {
        const { registry, module } = await openLaboratory()
        const options = { kernel: parseKernel('arm@4.11', registry), machine: registry.boards.get('odroid-xu4-2017') }
        // None is let go: what of a machine is collected when differs from run to run.
        const kept = []
        let bytes = 0
        return {
          work: count,
          run() {
            const before = bytesNow()
            for (let i = 0; i < count; i++) kept.push(openLab({ registry, module }, options))
            bytes = bytesNow() - before
          },
          costs: () => bytes / 1e6, // thousandths of a GB
          result: () => kept.length >= count,
        }
      },
    },
  },
}
