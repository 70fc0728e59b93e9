// An architecture that a plug-in brings: boards may name it, in the plug-in and in files, and its kernel runs there.
import { pluginApi, type PluginFactory } from '@dmalab/api'
import { openLaboratory, openRegistry, runSpec, specOf } from '@dmalab/lab'
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
