// Rows that start one machine again and again. Each is in a process of its own: what one way leaves to the collector would be paid by the other.
import { openLaboratory } from '@dmalab/lab'
import { openLab, parseKernel } from '@dmalab/runner'

/**
 * @param warm so many times before the first that counts: whoever starts machines starts thousands, and V8 compiles as it goes
 * @param again how to start it once more: gets the laboratory before and a function that opens one, and returns the laboratory
 */
export const startRow = (name, title, version, warm, again) => ({
  name,
  title,
  unit: 'machine',
  versions: {
    [version]: {
      bench: { times: 10, warm },
      check: { times: 1, warm: 0 },
      async open({ times, warm }) {
        const { registry, module } = await openLaboratory()
        const options = { kernel: parseKernel('arm@4.11', registry), machine: registry.boards.get('odroid-xu4-2017') }
        const open = () => openLab({ registry, module }, options)
        let lab = open()
        for (let i = 0; i < warm; i++) lab = again(lab, open)
        return {
          work: times,
          run() {
            for (let i = 0; i < times; i++) lab = again(lab, open)
          },
          result: () => ({ devices: lab.devices.map(({ name }) => name), counters: lab.cache.counters() }),
        }
      },
    },
  },
})
