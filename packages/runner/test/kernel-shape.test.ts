// What a plug-in's kernels and patches state is checked at load: one line that names the thing, its value and what is known.
import { type BuildFacts, isInputError, type KernelDef, type Plugin, RELEASES } from '@dmalab/api'
import { expect, test } from 'vitest'
import { checkKernels } from '../src/kernel-shape.ts'

const FACTS: BuildFacts = {
  ...RELEASES['6.12'],
  sgEntrySize: 32,
  sgDmaLength: true,
  dmaAddrSize: 8,
  physAddrSize: 8,
}
const kernel = (more: Partial<KernelDef> = {}): KernelDef => ({
  name: 'k@1',
  arch: 'arm64',
  title: 't',
  source: 's',
  facts: () => FACTS,
  config: {},
  cmdline: {},
  idle: () => ({}),
  ops: [],
  opsFor: () => 'dma-direct',
  ...more,
})
const refusal = (plugin: Omit<Plugin, 'name'>): string | undefined => {
  try {
    checkKernels({ name: 'p', ...plugin }, { arches: ['arm64', 'riscv64'], ops: ['dma-direct'] }, { file: 'p.mjs' })
    return undefined
  } catch (e) {
    if (isInputError(e)) return `${e.message} | ${e.hint ?? ''}`
    throw e
  }
}
const stating = (more: Record<string, unknown>): string | undefined =>
  refusal({ kernels: [kernel({ facts: () => ({ ...FACTS, ...more }) as BuildFacts })] })

test('a kernel that names what is there is taken', () => {
  expect(refusal({ kernels: [kernel()] })).toBeUndefined()
})

test('an unknown architecture or op table is refused, with those that are known', () => {
  expect(refusal({ kernels: [kernel({ arch: 'mips' })] })).toBe(
    "p.mjs: kernel 'k@1' of plug-in p names an unknown architecture 'mips' | known: arm64, riscv64",
  )
  expect(refusal({ kernels: [kernel({ opsFor: (_d, _o, translated) => (translated ? 'mmu' : 'dma-direct') })] })).toBe(
    "p.mjs: kernel 'k@1' of plug-in p chooses an unknown op table 'mmu' | known: dma-direct",
  )
})

test('an unknown fact, an unknown value, and a fact that is not stated are refused', () => {
  expect(stating({ cacheHooks: 'arm64' })).toMatch(/states an unknown fact 'cacheHooks' \| known: release, attrs/)
  expect(stating({ noMap: 'gone' })).toContain(`fact 'noMap' is "gone"; expected one of removed, kept`)
  expect(stating({ memLimit: 'all' })).toContain('expected a whole number from 0 on, or null')
  expect(stating({ dmaAddrSize: undefined })).toContain('does not state dmaAddrSize')
  expect(stating({ media: { ...FACTS.media, chunkUnit: 'KiB' } })).toContain("media fact 'chunkUnit'")
})

test('so is one that a patch states', () => {
  const patch = { name: 'x', title: 't', source: 's', hunks: [] }
  const facts = { poolIsFinal: 'yes' } as unknown as Partial<BuildFacts>
  expect(refusal({ patches: [{ ...patch, facts }] })).toContain(
    `patch 'x' of plug-in p: fact 'poolIsFinal' is "yes"; expected true or false`,
  )
})
