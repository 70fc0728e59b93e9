// What stands between a device and its bus when the machine has an IOMMU there, as kernel code above the IOMMU driver sees it.
import type { FindingCode } from './findings.ts'
import type { KResult } from './errno.ts'
import type { IommuFacts } from './machine.ts'
import type { Direction } from './flags.ts'
import type { BusPart, PlainMaintenance } from './memory.ts'
import type { SgTable } from './sg.ts'
import type { DmaAddr, PhysAddr } from './units.ts'

/** enum io_pgtable_fmt, as far as modelled. */
export type IommuFormat = 'ARM_64_LPAE_S1' | 'ARM_64_LPAE_S2' | 'ARM_32_LPAE_S1' | 'ARM_32_LPAE_S2' | 'ARM_V7S'

/** IOMMU_* protection bits. */
export const IOMMU_PROT = { READ: 1, WRITE: 2, CACHE: 4, NOEXEC: 8, MMIO: 16, PRIV: 32 } as const

/** A domain to be made. */
export interface IommuSetup {
  readonly format: IommuFormat
  /** One bit per page size, bytes. */
  readonly pageSizes: number
  /** Input and output address bits. */
  readonly ias: number
  readonly oas: number
  /** IO_PGTABLE_QUIRK_* bits. */
  readonly quirks: number
  /** The walker snoops the CPU's caches. */
  readonly coherentWalk: boolean
  /** Lowest address handed out; never below one granule. */
  readonly apertureStart: number
  /** Freed ranges wait in a queue until the whole TLB is flushed; null: strict. */
  readonly lazy: { readonly slots: number; readonly timeoutMs: number } | null
  /** What unmapping a part of a block does: it is cut out, nothing is unmapped, or all of the block is. */
  readonly partialUnmap: 'split' | 'refused' | 'whole'
  /** Names of kernel bugs that are corrected: `v7sSplit`, `v7sSupersection`, `overwrite`, `segmentLimit`, `unmapAtTop`. */
  readonly fixes: readonly string[]
}

/** What limits the bus addresses of a device. Addresses are inclusive; bigint where a number would lose bits. */
export interface IommuLimits {
  readonly mask: number | bigint
  /** 0: none. */
  readonly bus: number | bigint
  /** 0: not forced. */
  readonly aperture: number | bigint
  /** A PCI device that still tries 32 bits first; cleared by the first failure. */
  pci32: boolean
}

/** One step of the tables: IOVA range and, for a map, where it leads. */
export interface IommuTrace {
  /** Is there a listener to map and unmap? They may be told without one, too. */
  wanted(): boolean
  map(iova: number, phys: number, size: number): void
  /** In place of so many calls of map(). False: whoever listens wants more than their number. */
  mapped(count: number): boolean
  unmap(iova: number, size: number, unmapped: number): void
  notice(text: string): void
  /** Kernel code that is known to be wrong just did so. */
  quirk(code: FindingCode, text: string): void
  /** The hardware stopped an access; `lines` is what the driver prints. */
  fault(at: DmaAddr, write: boolean, lines: readonly (readonly ['err' | 'info', string])[]): void
  /** The TLB answered for an address that the tables no longer map. */
  stale(at: DmaAddr, phys: PhysAddr, write: boolean): void
}

/** map() and unmap() of one page together with the maintenance of its memory, in one call of the engine each. Sizes above 0. */
export interface IommuPlain {
  /** The bus address; -1: nothing was done, and the long way must be taken. */
  map(at: PhysAddr, size: number, prot: number, limits: IommuLimits, memory: PlainMaintenance, dir: Direction): number
  /** The physical address that was unmapped; -1: nothing was done. */
  unmap(at: DmaAddr, size: number, memory: PlainMaintenance, dir: Direction): number
}

/** struct iommu_domain with its DMA cookie. Sizes are bytes. */
export interface IommuDomain {
  /** The short way for single pages of ordinary memory; null while failures may be injected. */
  readonly plain: IommuPlain | null
  readonly granule: number
  /** -ENOMEM means no address space; other errnos come from the tables. */
  map(phys: PhysAddr, size: number, prot: number, limits: IommuLimits): KResult<DmaAddr>
  /** The value is how many bytes were mapped; it ends at the first hole. The addresses go back to the allocator all the same. */
  unmap(at: DmaAddr, size: number): number
  /** Writes the DMA fields; the value is the number of segments. ENOMEM, EINVAL. */
  mapSg(
    table: SgTable,
    nents: number,
    prot: number,
    limits: IommuLimits,
    segments: { readonly boundary: number | bigint; readonly maxSize: number },
  ): KResult<number>
  unmapSg(table: SgTable, nents: number): void
  /** Address space alone, for callers that map themselves. */
  allocIova(size: number, limits: IommuLimits): DmaAddr | undefined
  freeIova(at: DmaAddr, size: number): void
  /** Bytes of address space that were taken for `asked` bytes and are not handed out again when `freed` bytes are given back, fewer than that. */
  lostIova(asked: number, freed: number): number
  /** reserve_iova: no address of [first, last] is handed out from now on. */
  reserveIova(first: number, last: number | bigint): void
  /** Maps into address space the caller owns: iommu_map, iommu_unmap. */
  mapAt(at: DmaAddr, phys: PhysAddr, size: number, prot: number): KResult<void>
  unmapAt(at: DmaAddr, size: number): number
  iovaToPhys(at: DmaAddr): PhysAddr | undefined
  /** A device's access, through the TLB. */
  translate(at: DmaAddr, len: number, write: boolean): readonly BusPart[]
  /** Time passes: flush timer, cache workers. */
  pass(ms: number): void
}

/** The IOMMU in front of one device. */
export interface IommuHost {
  readonly facts: IommuFacts
  /** EINVAL: the driver refuses this configuration. */
  open(setup: IommuSetup, trace: IommuTrace): KResult<IommuDomain>
}
