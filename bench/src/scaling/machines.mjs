import { openLaboratory } from '@dmalab/lab'
import { openLab, parseKernel } from '@dmalab/runner'

const { registry, module } = await openLaboratory()
const options = { kernel: parseKernel('arm@4.11', registry), machine: registry.boards.get('odroid-xu4-2017') }

export const scale = {
  name: 'machines',
  title: 'machines that are open at once',
  sizes: [10, 50, 100, 500],
  open: (count) => ({
    run: () => Array.from({ length: count }, () => openLab({ registry, module }, options)).length,
  }),
}
