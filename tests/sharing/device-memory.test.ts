// Memory of a PCI device as a dma-buf: who gets it, and what the list looks like.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KernelRun, ScenarioStep } from '@dmalab/api'
import { run } from '@dmalab/lab'
import { openLaboratory } from '@dmalab/lab/node'
import { expect, it, test } from 'vitest'

const laboratory = await openLaboratory()
const SCENARIOS = join(import.meta.dirname, '../../scenarios')
const CARD = '0000:00:14.0'
const BAR: ScenarioStep = { do: 'alloc', buffer: 'bar', size: 2 ** 20, from: 'device-memory', at: 0x9000_0000 }

const steps = async (
  kernel: string,
  board: string,
  list: readonly ScenarioStep[],
  cmdline = '',
): Promise<KernelRun> => {
  const work = { scenario: { name: 'bar', steps: list }, file: 'bar.yaml' }
  const { runs } = await run({ board, kernels: [kernel], work, cmdline }, { laboratory })
  const [first] = runs
  if (first === undefined) throw new Error('nothing ran')
  return first
}
const mapped = (device: string): readonly ScenarioStep[] => [
  BAR,
  { do: 'attach', buffer: 'bar', device, peer2peer: true },
  { do: 'map', buffer: 'bar', device, dir: 'FROM_DEVICE' },
  { do: 'unmap', buffer: 'bar', device },
  { do: 'detach', buffer: 'bar', device },
  { do: 'close', buffer: 'bar' },
]

test.each(['device-memory-list', 'device-memory-refused'])('scenarios/%s.yaml ends as it says', async (name) => {
  const scenario = readFileSync(join(SCENARIOS, `${name}.yaml`), 'utf8')
  const work = { scenario, file: `${name}.yaml` }
  const { runs } = await run({ board: 'pc-vtd', kernels: ['x86_64@7.2'], work }, { laboratory })
  expect(runs[0]?.expectations?.filter(({ met }) => !met)).toEqual([])
})
it.each([
  ['in a row behind an IOMMU', ''],
  ['as it is without one', 'iommu.passthrough=1'],
])('is mapped %s, and all of it is given back', async (_how, cmdline) => {
  const { verdict, findings } = await steps('x86_64@7.2', 'pc-vtd', mapped(CARD), cmdline)
  expect([verdict, ...findings.map(({ code }) => code)]).toEqual(['works', 'list-without-pages'])
})
it('is refused by kernels that have no such exporter', async () => {
  expect(await steps('x86_64@6.12', 'pc-vtd', [BAR])).toMatchObject({ verdict: 'refused', errno: 'ENOTTY' })
  expect(await steps('arm64@6.18', 'bcm2711-rpi-4-b', [BAR])).toMatchObject({ errno: 'ENOTTY' })
})
it('is refused for a device that is not on PCI, and for one that bounces everything', async () => {
  expect(await steps('arm64@7.2', 'bcm2711-rpi-4-b', mapped('codec'))).toMatchObject({
    step: 'map bar codec',
    errno: 'EINVAL',
  })
  expect(await steps('x86_64@7.2', 'pc-vtd', mapped(CARD), 'iommu=off swiotlb=force')).toMatchObject({
    step: `map bar ${CARD}`,
    errno: 'ENOMEM',
  })
})
it('CONFIG_DMABUF_DEBUG hands out such lists of any buffer since v7.0', async () => {
  const list: readonly ScenarioStep[] = [
    { do: 'alloc', buffer: 'frame', size: 4096, from: 'system-heap' },
    { do: 'attach', buffer: 'frame', device: 'codec' },
    { do: 'map', buffer: 'frame', device: 'codec', dir: 'FROM_DEVICE' },
    { do: 'device-write', buffer: 'frame', device: 'codec' },
    { do: 'unmap', buffer: 'frame', device: 'codec' },
    { do: 'detach', buffer: 'frame', device: 'codec' },
    { do: 'close', buffer: 'frame' },
  ]
  const work = { scenario: { name: 'debug', steps: list }, file: 'debug.yaml' }
  const request = { board: 'bcm2711-rpi-4-b', kernels: ['arm64@6.18', 'arm64@7.2'], work, config: ['DMABUF_DEBUG'] }
  const { runs } = await run(request, { laboratory })
  expect(runs.map(({ findings }) => findings.map(({ code }) => code))).toEqual([[], ['list-without-pages']])
})
