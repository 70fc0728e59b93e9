// Exploration starts one machine again and again: a new one each time, or the same one reset, which keeps its engine.
import { openLaboratory } from '@dmalab/lab'
import { openLab, parseKernel } from '@dmalab/runner'

const parts = async () => {
  const { registry, module } = await openLaboratory()
  const options = {
    kernel: parseKernel('arm@4.11', registry),
    machine: registry.boards.get('odroid-xu4-2017'),
  }
  return () => openLab({ registry, module }, options)
}

const version = (make) => ({
  bench: 10,
  check: 1,
  async open(times) {
    const start = make(await parts())
    let lab
    return {
      work: times,
      run() {
        for (let i = 0; i < times; i++) lab = start()
      },
      result: () => ({ devices: lab.devices.map(({ name }) => name), counters: lab.cache.counters() }),
    }
  },
})

export const row = {
  name: 'machine-reset',
  title: 'start a machine: a new one, the same one again',
  unit: 'machine',
  versions: {
    opened: version((open) => open),
    reset: version((open) => {
      const lab = open()
      return () => {
        lab.reset()
        return lab
      }
    }),
  },
}
