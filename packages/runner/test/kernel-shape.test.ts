// What a plug-in's kernels and patches state is checked at load: one line that names the thing, its value and what is known.
import {
  type Arch,
  type BuildFacts,
  isInputError,
  type KernelDef,
  type Patch,
  type Plugin,
  RELEASES,
} from '@dmalab/api'
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

test('what a patch says of lists is checked: loops read it without looking again', () => {
  const patching = (sg: unknown): string | undefined =>
    refusal({ patches: [{ name: 'x', title: 't', source: 's', hunks: [], sg } as unknown as Patch] })
  expect(
    patching({ skip: { map: { bits: 1, sets: [] } }, attachCopies: [{ member: 'attrs', only: 0 }] }),
  ).toBeUndefined()
  expect(patching({ attachCopies: [{ member: 'pages', only: 0 }] })).toContain('expected one of attrs, dmaAddress')
  expect(patching({ skip: { map: 1024 } })).toContain("loop in sg.skip 'map' is 1024; expected { bits, sets }")
  expect(patching({ skip: { map: { bits: 1024 } } })).toContain("'sets' is null; expected a list of dmaLength")
  expect(patching({ skip: { copy: { bits: 1, sets: [] } } })).toContain("unknown loop in sg.skip 'copy'")
  expect(patching({ jump: {} })).toContain("unknown member of sg 'jump'")
})

test('so are the facts of an architecture', () => {
  const builtIn = { name: 'a', pointerBits: 64, pfnValid: 'section', dmaMinAlign: 64 }
  const arch = (more: Record<string, unknown>, cache: Record<string, unknown> = {}): string | undefined =>
    refusal({ arches: [{ ...builtIn, cache, ...more } as unknown as Arch] })
  expect(arch({})).toBeUndefined()
  expect(arch({ pfnValid: 'guess' })).toContain('expected one of memblock, pageblock, section')
  expect(arch({ pointerBits: 48 })).toContain("fact 'pointerBits' is 48; expected one of 32, 64")
  expect(arch({}, { forCpu: ['wash'] })).toContain("cache fact 'forCpu'")
  expect(arch({}, { prefetch: true })).toContain("unknown cache fact 'prefetch'")
})
