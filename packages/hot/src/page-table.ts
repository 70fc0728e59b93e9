// A page table of an IOMMU: real entries in the machine's linear memory, written and read as the kernel's io-pgtable does.
import * as P from '../assembly/shared/io-pgtable-layout.ts'
import type { Gather } from './io-constants.ts'
import { high32, type IoEngine, isQuick, low32, type U64 } from './io-engine.ts'

export type PageTableFormat = 'ARM_64_LPAE_S1' | 'ARM_64_LPAE_S2' | 'ARM_32_LPAE_S1' | 'ARM_32_LPAE_S2' | 'ARM_V7S'

/** What decides where an entry stands and what it may say. */
export interface PageTableShape {
  /** `accept`: no tables; every call is accepted, for a driver that only records. */
  readonly format: PageTableFormat | 'accept'
  /** One bit per supported page size. */
  readonly pageSizes: U64
  /** Input and output address bits. */
  readonly ias: number
  readonly oas: number
  /** IO_PGTABLE_QUIRK_* bits. */
  readonly quirks: number
  /** The walker snoops the CPU's caches: tables need no cleaning. */
  readonly coherentWalk: boolean
  readonly startLevel: number
  /** Index bits of one level, and of the top table. */
  readonly bitsPerLevel: number
  readonly pgdBits: number
}

/** Kernel bugs that are reproduced unless corrected here. */
export interface PageTableFixes {
  /** Splitting a 1 MiB section keeps the section's physical address (finding `v7s-split-loses-address`). */
  readonly v7sSplit?: boolean
  /** A piece of a 16 MiB supersection can be unmapped beyond its first MiB (finding `v7s-supersection-split-refused`). */
  readonly v7sSupersection?: boolean
  /** A block never replaces a table that still maps something, and a refused map changes nothing (findings
   * `pgtable-block-replaces-live` and `pgtable-failed-map-destroys`). */
  readonly overwrite?: boolean
}

export interface PageTableOptions {
  readonly fixes?: PageTableFixes
  /** What unmapping a part of a block does: it is cut out (the default), nothing, or all of the block goes. */
  readonly partialUnmap?: 'split' | 'refused' | 'whole'
  /** As in the kernel's own selftest: mapping over a mapping fails without a warning. */
  readonly selftest?: boolean
}

export interface MapResult {
  /** 0 or a negative errno. */
  readonly ret: number
  /** Bytes mapped; also those before an error where the format keeps them. */
  readonly mapped: number
}

/** What the hardware's walker reads for one address. */
export interface Leaf {
  readonly phys: number
  readonly level: number
  readonly readable: boolean
  readonly writable: boolean
  readonly privilegedOnly: boolean
  readonly accessed: boolean
}

export class PageTable {
  readonly shape: PageTableShape
  private readonly engine: IoEngine
  private readonly pt: number
  private readonly v7s: boolean
  private readonly stage2: boolean

  constructor(engine: IoEngine, shape: PageTableShape, options: PageTableOptions = {}) {
    this.engine = engine
    this.shape = shape
    this.v7s = shape.format === 'ARM_V7S'
    this.stage2 = shape.format === 'ARM_64_LPAE_S2' || shape.format === 'ARM_32_LPAE_S2'
    this.pt = engine.wasm.tableTake(P.IO_MIN_ORDER)
    this.writeRecord(shape, options)
    engine.wasm.ioOpen(this.pt)
  }

  /** Address of the record in linear memory, for the other loops of this package. */
  get record(): number {
    return this.pt
  }

  /** Address of the top table. */
  get pgd(): number {
    return this.engine.view.getUint32(this.pt + P.PT_PGD, true)
  }

  /**
   * Maps pgcount pages of one size. May map less than asked, with ret 0: the long format never passes the end of a table.
   *
   * -EINVAL: bad page size or no permission; -ERANGE: an address beyond the tables' range; -EEXIST: something is mapped there.
   */
  mapPages(iova: U64, paddr: U64, pgsize: U64, pgcount: number, prot: number): MapResult {
    const { wasm } = this.engine
    if (isQuick(iova) && isQuick(paddr) && isQuick(pgsize)) {
      const done = wasm.ioMapQuick(this.pt, iova, paddr, pgsize, pgcount, prot)
      return done < 0 ? { ret: done, mapped: this.engine.result } : { ret: 0, mapped: done }
    }
    const ret = wasm.ioMapPages(
      this.pt,
      high32(iova),
      low32(iova),
      high32(paddr),
      low32(paddr),
      high32(pgsize),
      low32(pgsize),
      pgcount,
      prot,
    )
    return { ret, mapped: this.engine.result }
  }

  /** Returns the bytes unmapped; fewer than asked where a hole was met or a table ended. */
  unmapPages(iova: U64, pgsize: U64, pgcount: number, gather: Gather): number {
    const { wasm } = this.engine
    if (isQuick(iova) && isQuick(pgsize)) return wasm.ioUnmapQuick(this.pt, iova, pgsize, pgcount, gather)
    wasm.ioUnmapPages(this.pt, high32(iova), low32(iova), high32(pgsize), low32(pgsize), pgcount, gather)
    return this.engine.result
  }

  /** Maps a range with the largest pages that fit: 0, or a negative errno when nothing of it is mapped. */
  map(iova: number, paddr: number, size: number, prot: number): number {
    const { wasm } = this.engine
    if (isQuick(iova) && isQuick(paddr) && isQuick(size)) return wasm.iommuMapQuick(this.pt, iova, paddr, size, prot)
    return wasm.iommuMap(
      this.pt,
      high32(iova),
      low32(iova),
      high32(paddr),
      low32(paddr),
      high32(size),
      low32(size),
      prot,
    )
  }

  /** Unmaps a range; returns the bytes unmapped. */
  unmap(iova: number, size: number, gather: Gather): number {
    const { wasm } = this.engine
    if (isQuick(iova) && isQuick(size)) return wasm.iommuUnmapQuick(this.pt, iova, size, gather)
    wasm.iommuUnmap(this.pt, high32(iova), low32(iova), high32(size), low32(size), gather)
    return this.engine.result
  }

  /**
   * Maps one page where that is a single entry, and maintains `size` bytes of it in the inner cache (`work`: see innerWork; `old` 1: as ARMv7
   * code once did it). False: nothing was done.
   */
  mapPage(iova: number, phys: number, size: number, prot: number, work: number, old: number): boolean {
    // A number: asked for its truth, it costs nothing.
    return Boolean(this.engine.wasm.dmaMapPage(this.pt, iova, phys, size, prot, work, old))
  }

  /** Undoes that, and maintains the memory behind, which must lie in [from, end). The physical address; -1: nothing was done. */
  unmapPage(iova: number, size: number, work: number, old: number, from: number, end: number): number {
    return this.engine.wasm.dmaUnmapPage(this.pt, iova, size, work, old, from, end)
  }

  /** 0 = not mapped, as in the kernel. */
  iovaToPhys(iova: U64): number {
    if (typeof iova === 'number' && iova <= Number.MAX_SAFE_INTEGER) return this.engine.wasm.ioPhys(this.pt, iova)
    this.engine.wasm.ioIovaToPhys(this.pt, high32(iova), low32(iova))
    return this.engine.result
  }

  /** Walks the tables as the hardware does; undefined = an empty entry on the way. */
  walk(iova: number): Leaf | undefined {
    const level = this.engine.wasm.ioWalk(this.pt, high32(iova), low32(iova))
    if (level < 0) return undefined
    const { resultLow, result2 } = this.engine
    return this.leaf(result2, level, resultLow)
  }

  /** Dirty tracking (64-bit stage 1 only): 0 or -EINVAL. Dirty pages are logged; keep leaves them dirty. */
  readDirty(iova: U64, size: U64, keep: boolean): number {
    return this.engine.wasm.ioReadDirty(this.pt, high32(iova), low32(iova), high32(size), low32(size), keep ? 1 : 0)
  }

  /** The non-zero entries of the table at an address; `bits` index bits. For people and tests. */
  entries(at: number, bits: number): { readonly index: number; readonly value: bigint }[] {
    const view = this.engine.view
    const found: { index: number; value: bigint }[] = []
    for (let index = 0; index < 2 ** bits; index++) {
      const entry = at + index * (this.v7s ? 4 : 8)
      const isZero = view.getUint32(entry, true) === 0 && (this.v7s || view.getUint32(entry + 4, true) === 0)
      // Most are: no big integer is made for them.
      if (isZero) continue
      found.push({ index, value: this.v7s ? BigInt(view.getUint32(entry, true)) : view.getBigUint64(entry, true) })
    }
    return found
  }

  /** Bytes that the tables map, as the hardware would read them. */
  mappedBytes(): number {
    const { shape } = this
    if (shape.format === 'accept') return 0
    if (this.v7s) return this.entries(this.pgd, shape.pgdBits).reduce((sum, { value }) => sum + this.v7sBytes(value), 0)
    return this.lpaeBytes(this.pgd, shape.pgdBits, shape.startLevel)
  }

  /** Frees every table. The object must not be used afterwards. */
  close(): void {
    const { wasm } = this.engine
    wasm.ioClose(this.pt)
    wasm.tableGive(this.pt, P.IO_MIN_ORDER)
  }

  private lpaeBytes(at: number, bits: number, level: number): number {
    const { bitsPerLevel } = this.shape
    const bytesAt = 2 ** (bitsPerLevel + 3 + (LAST_LEVEL - level) * bitsPerLevel)
    return this.entries(at, bits).reduce((sum, { value }) => {
      if (value % 2n === 0n) return sum
      const leaf = level === LAST_LEVEL || value % 4n === 1n
      return sum + (leaf ? bytesAt : this.lpaeBytes(Number(value & TABLE_ADDRESS), bitsPerLevel, level + 1))
    }, 0)
  }

  /** Each entry of a supersection or a large page counts for itself. */
  private v7sBytes(value: bigint): number {
    if (value % 4n === 0n) return 0
    if (value % 4n !== 1n) return V7S_SECTION
    return this.entries(Number(value & V7S_TABLE_ADDRESS), V7S_SMALL_BITS).length * V7S_SMALL_PAGE
  }

  private writeRecord(shape: PageTableShape, { fixes = {}, partialUnmap, selftest = false }: PageTableOptions): void {
    const view = this.engine.view
    let flags = shape.coherentWalk ? P.PT_F_COHERENT : 0
    if (selftest) flags |= P.PT_F_SELFTEST
    if (shape.format === 'ARM_32_LPAE_S1' || shape.format === 'ARM_32_LPAE_S2') flags |= P.PT_F_32BIT
    if (fixes.v7sSplit) flags |= P.PT_F_FIX_SPLIT
    if (fixes.v7sSupersection) flags |= P.PT_F_FIX_SUPERSECTION
    if (fixes.overwrite) flags |= P.PT_F_FIX_OVERWRITE
    if (partialUnmap === 'refused') flags |= P.PT_F_PART_REFUSED
    if (partialUnmap === 'whole') flags |= P.PT_F_PART_IS_WHOLE
    view.setUint32(this.pt + P.PT_FORMAT, FORMATS[shape.format], true)
    view.setUint32(this.pt + P.PT_BPL, shape.bitsPerLevel, true)
    view.setUint32(this.pt + P.PT_START, shape.startLevel, true)
    view.setUint32(this.pt + P.PT_PGD_BITS, shape.pgdBits, true)
    view.setUint32(this.pt + P.PT_IAS, shape.ias, true)
    view.setUint32(this.pt + P.PT_OAS, shape.oas, true)
    view.setUint32(this.pt + P.PT_QUIRKS, shape.quirks, true)
    view.setBigUint64(this.pt + P.PT_PAGE_SIZES, BigInt(shape.pageSizes), true)
    view.setUint32(this.pt + P.PT_FLAGS, flags, true)
  }

  /** What the low word of a leaf's entry says. */
  private leaf(phys: number, level: number, low: number): Leaf {
    const bit = (n: number): boolean => ((low >>> n) & 1) === 1
    if (this.v7s) {
      if ((this.shape.quirks & P.QUIRK_NO_PERMS) !== 0)
        return { phys, level, readable: true, writable: true, privilegedOnly: false, accessed: true }
      const shift = level === 1 ? 10 : 4
      const [writable, privilegedOnly] = [!bit(shift + 5), !bit(shift + 1)]
      return { phys, level, readable: true, writable, privilegedOnly, accessed: bit(shift) }
    }
    if (this.stage2)
      return { phys, level, readable: bit(6), writable: bit(7), privilegedOnly: false, accessed: bit(10) }
    return { phys, level, readable: true, writable: !bit(7), privilegedOnly: !bit(6), accessed: bit(10) }
  }
}

/** Of the long format. */
const LAST_LEVEL = 3
const TABLE_ADDRESS = 0x0000_ffff_ffff_f000n
const V7S_TABLE_ADDRESS = 0xffff_fc00n
const V7S_SECTION = 2 ** 20
const V7S_SMALL_PAGE = 4096
const V7S_SMALL_BITS = 8

const FORMATS: Readonly<Record<PageTableShape['format'], number>> = {
  accept: P.FORMAT_ACCEPT,
  ARM_64_LPAE_S1: P.FORMAT_LPAE_S1,
  ARM_64_LPAE_S2: P.FORMAT_LPAE_S2,
  ARM_32_LPAE_S1: P.FORMAT_LPAE_S1,
  ARM_32_LPAE_S2: P.FORMAT_LPAE_S2,
  ARM_V7S: P.FORMAT_V7S,
}
