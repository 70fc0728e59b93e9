// Composition of kernels: order, refusals, options, and the facts that come of patches.
import { type BuildFacts, InputError, type KernelDef, type Patch, RELEASES } from '@dmalab/api'
import { describe, expect, test } from 'vitest'
import { composeKernel, kernelFacts, type Registry, withOptions } from '../src/index.ts'

const facts = (dmaLength: boolean): BuildFacts => ({
  ...RELEASES['4.11'],
  sgEntrySize: dmaLength ? 20 : 16,
  sgDmaLength: dmaLength,
  dmaAddrSize: 4,
  physAddrSize: 4,
})
const registry = { arches: { get: () => ({ pointerBits: 32 }) } } as unknown as Registry
const base: KernelDef = {
  name: 'arm@4.11',
  arch: 'arm',
  title: 'a kernel',
  source: 'test',
  facts: ({ config }) => facts(config['NEED_SG_DMA_LENGTH'] === true),
  config: { NEED_SG_DMA_LENGTH: { meaning: 'm', default: false } },
  cmdline: { mem: 'size of memory' },
  idle: () => ({}),
  ops: [],
  opsFor: () => 'arm',
}
const patch = (name: string, more: Partial<Patch> = {}): Patch => ({
  name,
  title: name,
  source: 'test',
  hunks: [],
  ...more,
})

test('the name tells base and patches in the order they are stacked', () => {
  expect(composeKernel(base, patch('a'), patch('b')).name).toBe('arm@4.11+a+b')
  expect(composeKernel(base, patch('b'), patch('a')).name).toBe('arm@4.11+b+a')
})

describe('what cannot be stacked is refused', () => {
  test.each([
    ['the same patch twice', [patch('a'), patch('a')], /stacked twice/],
    ['a patch for another kernel', [patch('a', { appliesTo: ['arm64@6.12'] })], /does not apply to arm@4\.11/],
    [
      'patches that conflict',
      [patch('a', { conflicts: { b: 'both replace alloc' } }), patch('b')],
      /conflict: both replace alloc/,
    ],
    [
      'two meanings of one attribute bit',
      [patch('a', { attrs: { ONE: 1024 } }), patch('b', { attrs: { TWO: 1024 } })],
      /bit 0x400 has two meanings: ONE of patch 'a', and TWO of patch 'b'/,
    ],
    [
      'an attribute bit that the release has',
      [patch('a', { attrs: { MINE: 32 } })],
      /bit 0x20 has two meanings: SKIP_CPU_SYNC of Linux 4\.11, and MINE of patch 'a'/,
    ],
  ] as const)('%s', (_what, patches, says) => {
    expect(() => composeKernel(base, ...patches)).toThrow(says)
    expect(() => composeKernel(base, ...patches)).toThrow(InputError)
  })
})

test('options that the kernel does not know are refused, with those it knows', () => {
  const kernel = composeKernel(base)
  expect(() => withOptions(kernel, { config: { NOPE: true }, cmdline: {} })).toThrow(/config option 'NOPE' is unknown/)
  expect(() => withOptions(kernel, { config: {}, cmdline: { nope: true } })).toThrow(/parameter 'nope' is unknown/)
  expect(withOptions(kernel, { config: {}, cmdline: { mem: '1G' } }).options.cmdline).toEqual({ mem: '1G' })
})

test('a configuration that a patch does not build with is refused, and says what is missing', () => {
  const needy = composeKernel(base, patch('a', { requires: { NEED_SG_DMA_LENGTH: 'sg_dma_len() is not a macro' } }))
  const config = (on: boolean) => ({ config: { NEED_SG_DMA_LENGTH: on }, cmdline: {} })
  expect(() => withOptions(needy, config(false))).toThrow(
    "patch 'a' does not build without CONFIG_NEED_SG_DMA_LENGTH: sg_dma_len() is not a macro",
  )
  expect(withOptions(needy, config(true)).options.config).toEqual({ NEED_SG_DMA_LENGTH: true })
  expect(() => withOptions(composeKernel(base), config(false))).not.toThrow()
})

test('a member that a patch adds makes struct scatterlist grow as the compiler would', () => {
  const grown = composeKernel(
    base,
    patch('a', { sg: { cFields: { dma_attrs: { type: 'unsigned long', bytes32: 4, bytes64: 8 } } } }),
  )
  const withLength = { config: { NEED_SG_DMA_LENGTH: true }, cmdline: {} }
  expect(kernelFacts(grown, registry).sgEntrySize).toBe(20)
  expect(kernelFacts(withOptions(grown, withLength), registry).sgEntrySize).toBe(24)
  expect(kernelFacts(composeKernel(base), registry).sgEntrySize).toBe(16)
})

test("attribute bits and facts of patches are the composed kernel's", () => {
  const kernel = composeKernel(base, patch('a', { attrs: { ONE: 1024 }, facts: { vb2ImportAttrs: 32 } }))
  expect(kernelFacts(kernel, registry)).toMatchObject({ attrs: { ONE: 1024 }, vb2ImportAttrs: 32 })
})
