import { openLaboratory } from '@dmalab/lab'
import { openLab, parseKernel } from '@dmalab/runner'
import { machineWith } from '../machines/end-to-end.mjs'

const GIB = 2 ** 30
const { registry, module } = await openLaboratory()
const kernel = parseKernel('arm64@6.12', registry)

export const scale = {
  name: 'memory',
  title: 'GiB of RAM of a machine that is opened, 20 times',
  sizes: [1, 4, 16, 64],
  open: (gib) => ({
    run() {
      for (let i = 0; i < 20; i++)
        openLab({ registry, module }, { kernel, machine: machineWith('arm64', {}, gib * GIB) })
    },
  }),
}
