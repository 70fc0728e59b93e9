import { openLaboratory, run } from '@dmalab/lab'
import { machineWith } from '../machines/end-to-end.mjs'

const laboratory = await openLaboratory()

/** Every importer maps one buffer, reads it and lets go, 20 times. */
const work = (count) => {
  const names = Array.from({ length: count }, (_, i) => `importer${i}`)
  const use = (device) => ({ buffer: 'frame', device })
  const steps = [
    { do: 'alloc', buffer: 'frame', size: '64KiB', from: 'coherent', device: 'device' },
    { do: 'export', buffer: 'frame' },
    ...names.map((name) => ({ do: 'attach', ...use(name) })),
    ...Array.from({ length: 20 }, () =>
      names.flatMap((name) => [
        { do: 'map', ...use(name), dir: 'TO_DEVICE' },
        { do: 'unmap', ...use(name) },
      ]),
    ).flat(),
  ]
  return { names, scenario: { name: 'importers', steps: [...steps, { do: 'expect', verdict: 'works' }] } }
}

export const scale = {
  name: 'importers',
  title: 'devices that share one buffer, machine opened',
  sizes: [1, 4, 16, 64],
  open(count) {
    const { names, scenario } = work(count)
    const machine = machineWith('arm64', { pools: [] })
    const importers = names.map((name) => ({ ...machine.devices[0], name }))
    const board = { ...machine, devices: [...machine.devices, ...importers] }
    const request = { board, kernels: ['arm64@6.12'], work: { scenario, file: 'importers.yaml' } }
    return { run: () => run(request, { laboratory }) }
  },
}
