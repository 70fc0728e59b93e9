// What architectures do differently with a device tree: one row for each, so that nothing else asks for a name.
import type { ArchName } from '@dmalab/api'

/** Debian's names, which FORMAT of the corpus uses. */
export type DebianArch = 'armhf' | 'arm64' | 'riscv64'

export interface TreeRules {
  /** What board files and kernels call it. */
  readonly board: ArchName
  /** A device that says nothing snoops (ARCH_DMA_DEFAULT_COHERENT). */
  readonly coherentByDefault: boolean
  /** There are cores with aliasing data caches (VIPT). */
  readonly aliasingCaches: boolean
  /** A shared-dma-pool that is mapped is refused. */
  readonly poolsNeedNoMap: boolean
  /** Not all memory is in the linear map: there is lowmem. */
  readonly lowmem: boolean
  /** What a default CMA area is aligned to, bytes. Models: Linux v6.12 include/linux/cma.h: CMA_MIN_ALIGNMENT_BYTES */
  readonly cmaBlock: number
  /** The default CMA area lies where all masters reach it; else below 4 GiB. */
  readonly cmaWithinReach: boolean
  /** What becomes of memory that a device does not reach. */
  readonly outOfReach: string
}

const MIB = 2 ** 20

const RULES_64 = {
  coherentByDefault: false,
  aliasingCaches: false,
  poolsNeedNoMap: false,
  lowmem: false,
  cmaBlock: 2 * MIB,
  cmaWithinReach: true,
  outOfReach: 'bounces through swiotlb',
} as const

export const TREE_RULES: Readonly<Record<DebianArch, TreeRules>> = {
  armhf: {
    board: 'arm',
    coherentByDefault: false,
    aliasingCaches: true,
    poolsNeedNoMap: true,
    lowmem: true,
    cmaBlock: 4 * MIB,
    cmaWithinReach: false,
    outOfReach: 'mapping it fails (LPAE kernels bounce)',
  },
  arm64: { ...RULES_64, board: 'arm64' },
  riscv64: { ...RULES_64, board: 'riscv64', coherentByDefault: true },
}

/** What `arch:` of a board file may be where no plug-in brings more. */
export const BOARD_ARCHES: readonly ArchName[] = ['arm', 'arm64', 'riscv64', 'x86_64']

/** Architectures on which every device snoops. */
export const ALL_SNOOP: readonly ArchName[] = ['x86_64']

/** The rules for a board file, by its `arch:`; an architecture without device trees has those of most. */
export const boardRules = (arch: ArchName): Omit<TreeRules, 'board'> =>
  Object.values(TREE_RULES).find(({ board }) => board === arch) ?? RULES_64
