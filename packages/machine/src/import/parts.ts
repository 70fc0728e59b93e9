// The parts of a machine that are more than devices: architecture, CPU, memory, layout of the kernel.
import {
  InputError,
  bytes,
  hex,
  type ArchName,
  type AssumedFact,
  type Cpu,
  type KernelLayout,
  type LineSize,
  type Range,
} from '@dmalab/api'
import { cpuFacts } from '../facts/caches.ts'
import type { CacheNode, CpuNode, TreeFacts } from '../facts/types.ts'
import { type DebianArch, TREE_RULES } from '../of/architectures.ts'
import type { DeviceTree } from '../of/tree.ts'
import { archOfBoard } from './board-arch.ts'
import { coreFacts } from './cores.ts'
import { roundDown, toBanks } from './physical-memory.ts'

/** A part of a machine and what was decided about it that does not stand in the blob. */
export interface Part<T> {
  readonly value: T
  readonly notes: readonly string[]
  /** What of it is a guess. */
  readonly assumed: readonly AssumedFact[]
}

export const archOf = (arch: DebianArch): ArchName => TREE_RULES[arch].board

/** @throws InputError when neither a CPU of the board nor the board itself is known */
export function guessArch(tree: DeviceTree, file: string): DebianArch {
  // CPUs read alike under any architecture.
  const cpus = cpuFacts(tree)
  for (const { compatible } of cpus) {
    const core = coreFacts(compatible)
    if (core !== undefined) return core.arch
  }
  const byBoard = archOfBoard(tree)
  if (byBoard !== undefined) return byBoard
  const known = cpus.flatMap((cpu) => cpu.compatible).join(', ')
  throw new InputError(
    `cannot tell the architecture from the CPUs (${known === '' ? 'none stated' : known}) or the board (${tree.root.compatible.join(', ') || 'no compatible'})`,
    { file, path: '/cpus' },
    'give it with --arch armhf, --arch arm64 or --arch riscv64',
  )
}

export function importCpu(facts: TreeFacts, arch: DebianArch): Part<Cpu> {
  const cpu = facts.cpus.find((each) => each.enabled) ?? facts.cpus[0]
  const core = coreFacts(cpu?.compatible ?? [])
  const stated = statedLine(cpu)
  const lineSize = stated ?? core?.lineSize ?? 64
  const [compatible] = cpu?.compatible ?? []
  const outer = facts.caches.find((cache) => cache.outer && cache.enabled)
  const notes = [
    stated !== undefined
      ? `line size: ${cpu?.path ?? ''} d-cache-line-size`
      : core !== undefined
        ? `line size: of ${compatible ?? 'this core'}; the device tree states none`
        : 'line size: assumed; neither the device tree nor the name of the core says',
    ...(outer === undefined || modelOf(outer) !== undefined
      ? []
      : [`${outer.path} (${outer.compatible.join(', ')}) is not modelled`]),
  ]
  const model = outer === undefined ? undefined : modelOf(outer)
  const isGuess = stated === undefined && core === undefined
  return {
    notes,
    assumed: isGuess
      ? [{ fact: 'line-size', why: 'neither the device tree nor the name of the core says; 64 bytes is most common' }]
      : [],
    value: {
      ...(compatible !== undefined && { compatible }),
      lineSize,
      aliasing: TREE_RULES[arch].aliasingCaches && (core?.aliasing ?? false),
      ...(model !== undefined && { outer: { model, lineSize: 32 } }),
    },
  }
}

function statedLine(cpu: CpuNode | undefined): LineSize | undefined {
  const stated = cpu?.['d_cache_line_size'] ?? cpu?.['d_cache_block_size']
  return stated === 16 || stated === 32 || stated === 64 ? stated : undefined
}

/** Tauros3 is a PL310 to the kernel's maintenance code. Aurora has maintenance of its own and is left out. */
function modelOf(cache: CacheNode): 'pl310' | 'l210' | undefined {
  const names = cache.compatible.join(' ')
  if (/pl310|tauros3/.test(names)) return 'pl310'
  return /l2[12]0/.test(names) ? 'l210' : undefined
}

export interface MemoryOptions {
  readonly file: string
  /** Banks instead of what the blob states; most boot loaders fill memory in. */
  readonly memory?: readonly Range[]
  /** A size instead of banks: one bank that starts where the blob, or the family of the chip, lets memory start. */
  readonly memorySize?: number
}

/** @throws InputError when neither the blob nor the options say how much memory there is */
export function importMemory(facts: TreeFacts, { file, memory, memorySize }: MemoryOptions): Part<readonly Range[]> {
  if (memory !== undefined)
    return { value: toBanks(memory.map(big)), notes: ['as given, not as the device tree states'], assumed: [] }
  if (memorySize !== undefined) {
    const { base, reason, isGuess } = memoryStart(facts, file)
    return {
      value: toBanks([{ base: BigInt(base), size: BigInt(memorySize) }]),
      notes: [`${bytes(memorySize)} as given, from ${hex(base)}: ${reason}`],
      assumed: isGuess
        ? [{ fact: 'memory', why: `memory was given without its address; ${hex(base)} is ${reason}` }]
        : [],
    }
  }
  const banks = statedBanks(facts)
  const enabled = facts.memory.filter((node) => node.enabled)
  if (banks.length > 0)
    return { value: banks, notes: enabled.map((node) => `${node.path} ${node.source ?? ''}`.trim()), assumed: [] }
  throw new InputError(
    'the device tree states no memory: the boot loader of this board fills it in',
    { file, path: facts.memory[0]?.path ?? '/memory' },
    'say how much there is, such as --memory 2GiB or --memory 2GiB@0x8000_0000',
  )
}

/** Memory as the device tree states it: none where the boot loader fills it in. */
export const statedBanks = (facts: TreeFacts): readonly Range[] =>
  toBanks(
    facts.memory
      .filter((node) => node.enabled)
      .flatMap((node) => node.regions.map(({ base, size }) => ({ base: BigInt(base), size: BigInt(size) }))),
  )

const big = ({ base, len }: Range) => ({ base: BigInt(base), size: BigInt(len) })

/** Where memory of a chip family starts. */
const FAMILIES: readonly (readonly [RegExp, number])[] = [
  [/^(rockchip|amlogic|brcm|raspberrypi|marvell|altr|xlnx|hisilicon|apm),/, 0],
  [/^(allwinner|mediatek|samsung|starfive),/, 0x4000_0000],
  [/^(ti|qcom|nvidia|freescale),/, 0x8000_0000],
  [/^fsl,imx8/, 0x4000_0000],
  [/^fsl,imx6[qd]/, 0x1000_0000],
  [/^fsl,/, 0x8000_0000],
  [/^st,stm32mp1/, 0xc000_0000],
  [/^renesas,/, 0x4800_0000],
]

interface MemoryStart {
  readonly base: number
  readonly reason: string
  /** The tree does not say; chips of the family are like that. */
  readonly isGuess: boolean
}

function memoryStart(facts: TreeFacts, file: string): MemoryStart {
  const unit = facts.memory.map(({ path }) => /@([0-9a-f]+)$/i.exec(path)?.[1]).find((each) => each !== undefined)
  if (unit !== undefined)
    return {
      base: Number.parseInt(unit, 16),
      reason: `the unit address of ${facts.memory[0]?.path ?? '/memory'}`,
      isGuess: false,
    }
  // The last compatible string names the chip.
  for (const name of facts.compatible.toReversed()) {
    const family = FAMILIES.find(([pattern]) => pattern.test(name))
    if (family !== undefined) return { base: family[1], reason: `where memory of ${name} starts`, isGuess: true }
  }
  throw new InputError(
    'the device tree does not say where memory starts',
    { file, path: '/memory' },
    'say it after the size, such as --memory 2GiB@0x8000_0000',
  )
}

const PAGE_OFFSET = 0xc000_0000n
const VMALLOC_END = 0xff80_0000n
/** 240 MiB of vmalloc space and the 8 MiB gap below it are kept free of the linear map. */
const VMALLOC_RESERVE = 0x0f00_0000n
const VMALLOC_OFFSET = 0x80_0000n
const PMD_SIZE = 2 ** 21

/**
 * Where a 32-bit ARM kernel with the usual 3:1 split puts lowmem and vmalloc. 64-bit kernels map all memory.
 * Models: Linux v6.12 arch/arm/mm/mmu.c: adjust_lowmem_bounds
 */
export function importLayout(arch: DebianArch, banks: readonly Range[]): Part<KernelLayout> {
  const [first] = banks
  if (!TREE_RULES[arch].lowmem || first === undefined) return { value: {}, notes: [], assumed: [] }
  const limit = first.base + Number(VMALLOC_END - VMALLOC_RESERVE - VMALLOC_OFFSET - PAGE_OFFSET)
  const lowmem = banks.filter((bank) => bank.base < limit)
  const top = Math.max(...lowmem.map((bank) => Math.min(limit, bank.base + bank.len)))
  const lowmemEnd = top < limit ? Math.max(roundDown(top, PMD_SIZE), first.base + PMD_SIZE) : limit
  const highMemory = PAGE_OFFSET + BigInt(lowmemEnd - first.base)
  const start = ((highMemory + VMALLOC_OFFSET) / VMALLOC_OFFSET) * VMALLOC_OFFSET
  return {
    value: { pageOffset: PAGE_OFFSET, lowmemEnd, vmalloc: { start, end: VMALLOC_END } },
    notes: ['of a kernel with the 3:1 split and 240 MiB of vmalloc space; not from the device tree'],
    assumed: [],
  }
}
