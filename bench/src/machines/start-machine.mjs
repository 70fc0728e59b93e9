// Rows that start one machine again and again. Each is in a process of its own: what one way leaves to the collector would be paid by the other.
import { openLaboratory } from '@dmalab/lab'
import { openLab, parseKernel } from '@dmalab/runner'

/**
 * @param again how to start it once more: gets the laboratory before and a function that opens one, and returns the laboratory
 */
export const startRow = (name, title, version, again) => ({
  name,
  title,
  unit: 'machine',
  versions: {
    [version]: {
      bench: 10,
      check: 1,
      async open(times) {
        const { registry, module } = await openLaboratory()
        const options = { kernel: parseKernel('arm@4.11', registry), machine: registry.boards.get('odroid-xu4-2017') }
        const open = () => openLab({ registry, module }, options)
        let lab = open()
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
