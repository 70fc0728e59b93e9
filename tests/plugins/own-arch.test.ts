// An architecture that a plug-in brings: boards may name it, in the plug-in and in files, and its kernel runs there.
import { type Arch, type ArchDma, DIR, PAGE_SIZE, pfn, pluginApi, type PluginFactory } from '@dmalab/api'
import { openLaboratory, openRegistry, runSpec, specOf } from '@dmalab/lab'
import { readMachine } from '@dmalab/machine'
import { openLab, parseKernel } from '@dmalab/runner'
import { expect, test } from 'vitest'

const BOARD = `
name: own-board
title: a board of an architecture that is not built in
arch: own-isa
cpu: { lineSize: 64, aliasing: false }
memory: [{ base: "0x8000_0000", len: "1GiB" }]
devices:
  - { name: codec, class: codec, coherent: false, maskBits: 32 }
  - { name: display, class: display, coherent: false, maskBits: 32 }
bindings: { v4l2h264dec: codec, kmssink: display }
`
/** There single pages are maintained by the call of the engine that maps them, where the architecture does as its cache says. */
const BEHIND_IOMMU = BOARD.replace('{ name: codec,', '{ name: codec, iommu: smmu,').replace(
  'devices:',
  'iommus: [{ name: smmu, model: "arm,smmu-v3", enabled: true }]\ndevices:',
)
const builtIn = openRegistry()
const plugin: PluginFactory = () => ({
  name: 'own-isa',
  arches: [{ ...builtIn.arches.get('riscv64'), name: 'own', board: 'own-isa' }],
  kernels: [{ ...builtIn.kernels.get('arm64@6.12'), name: 'own@6.12', arch: 'own' }],
  boards: [{ file: 'own.yaml', text: BOARD }],
})
const LINE = 'v4l2h264dec capture-io-mode=dmabuf ! kmssink'

test.each([
  ['of the plug-in', 'own-board'],
  ['in a file', { text: BOARD.replace('own-board', 'my-board'), file: 'my.yaml' }],
])('a board %s names it', async (_where, board) => {
  const parts = await openLaboratory([plugin])
  const spec = specOf(parts.registry, { board, work: LINE, frames: 2, assume: ['all'] })
  expect(spec.kernels).toEqual(['own@6.12'])
  expect((await runSpec(parts, spec)).runs).toMatchObject([{ kernel: 'own@6.12', verdict: 'works' }])
})

/** Calls of the DMA code that `change` makes of the built-in one: two pages and a list of two are mapped and unmapped. */
const calls = async (
  change: (code: ArchDma, tell: (what: string) => void) => ArchDma,
  board = BOARD,
): Promise<readonly string[]> => {
  const told: string[] = []
  const arch = builtIn.arches.get('riscv64')
  const own: Arch = {
    ...arch,
    name: 'own',
    board: 'own-isa',
    attach: (host) => change(arch.attach(host), (what) => told.push(what)),
  }
  const parts = await openLaboratory([() => ({ ...plugin(pluginApi), arches: [own] })])
  const lab = openLab(parts, {
    kernel: parseKernel('own@6.12', parts.registry),
    machine: readMachine(board, 'own.yaml', ['own-isa']),
  })
  const device = lab.device('codec')
  const page = (n: number) => ({ kind: 'page', pfn: pfn(0x9_0000 + n) }) as const
  const mapped = lab.dma.mapPageAttrs(device, page(0), 0, PAGE_SIZE, DIR.FROM_DEVICE, 0)
  if (mapped.ok) lab.dma.unmapPageAttrs(device, mapped.value, PAGE_SIZE, DIR.FROM_DEVICE, 0)
  const list = lab.sgTable([2, 4].map((n) => ({ page: page(n), offset: 0, length: PAGE_SIZE })))
  lab.dma.mapSgAttrs(device, list, DIR.FROM_DEVICE, 0)
  lab.dma.unmapSgAttrs(device, list, DIR.FROM_DEVICE, 0)
  return told
}

test.each([
  ['', BOARD],
  [' behind an IOMMU', BEHIND_IOMMU],
])('its own DMA code does the maintenance of every page and entry%s, whoever listens', async (_where, board) => {
  const told = await calls(
    (code, tell) => ({
      ...code,
      syncForDevice: (at, size) => tell(`device ${at.toString(16)} ${size}`),
      syncForCpu: (at, size) => tell(`cpu ${at.toString(16)} ${size}`),
    }),
    board,
  )
  const both = (...at: readonly string[]) => ['device', 'cpu'].flatMap((side) => at.map((one) => `${side} ${one} 4096`))
  expect(told).toEqual([...both('90000000'), ...both('90002000', '90004000')])
})

test('code that is stated to do as its cache says is not called for lists', async () => {
  const told = await calls((code, tell) => ({
    ...code,
    syncForDevice: pluginApi.asCacheSays(() => tell('device')),
    syncForCpu: pluginApi.asCacheSays(() => tell('cpu')),
  }))
  expect(told).toEqual(['device', 'cpu'])
})

test('without the plug-in the complaint says what there is', () => {
  const board = { text: BOARD, file: 'my.yaml' }
  expect(() => specOf(builtIn, { board, work: LINE })).toThrow(
    'my.yaml:4:7: arch: expected one of arm, arm64, riscv64, x86_64, or what a loaded plug-in brings',
  )
})

test('with the architecture but no kernel for it, the complaint says what works without one', async () => {
  const { registry } = await openLaboratory([() => ({ ...plugin(pluginApi), kernels: [] })])
  const board = { text: BOARD, file: 'my.yaml' }
  const ask = () => specOf(registry, { board, work: LINE })
  expect(ask).toThrow('is own-isa, and no kernel here is: there are some for arm, arm64, riscv64, x86_64')
})
