// A page table of an IOMMU: real entries in the machine's linear memory, written and read as the kernel's io-pgtable does.
import * as P from '../assembly/shared/io-pgtable-layout.ts'
import { type IoPgtableConfig, type IoPgtableShape, shapeOf } from './io-pgtable-config.ts'
import { high32, type IoEngine, low32, type U64 } from './io-pgtable-engine.ts'

/** 0 none, 1 normal, 2 queued: the caller flushes later, so single pages are not announced. */
export type Gather = 0 | 1 | 2

/** Kernel bugs that are reproduced unless corrected here. */
export interface IoPgtableFixes {
  /** Splitting a 1 MiB section keeps the section's physical address (finding `v7s-split-loses-address`). */
  readonly v7sSplit?: boolean
  /** A piece of a 16 MiB supersection can be unmapped beyond its first MiB (finding `v7s-supersection-split-refused`). */
  readonly v7sSupersection?: boolean
  /** A block never replaces a table that still maps something, and a refused map changes nothing (findings
   * `pgtable-block-replaces-live` and `pgtable-failed-map-destroys`). */
  readonly overwrite?: boolean
}

export interface IoPgtableOptions {
  readonly fixes?: IoPgtableFixes
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

/** Creates the tables, or nothing when the kernel refuses the configuration. */
export function openIoPgtable(
  engine: IoEngine,
  config: IoPgtableConfig,
  options: IoPgtableOptions = {},
): IoPgtable | undefined {
  const shape = shapeOf(config)
  return shape && new IoPgtable(engine, shape, options)
}

export class IoPgtable {
  readonly shape: IoPgtableShape
  private readonly engine: IoEngine
  private readonly pt: number
  private readonly v7s: boolean

  /** Callers use openIoPgtable. */
  constructor(engine: IoEngine, shape: IoPgtableShape, options: IoPgtableOptions) {
    this.engine = engine
    this.shape = shape
    this.v7s = shape.format === 'ARM_V7S'
    this.pt = engine.wasm.tableTake(P.IO_MIN_ORDER)
    this.writeRecord(shape, options)
    engine.wasm.ioOpen(this.pt)
  }

  /** Address of the record in linear memory, for the engine's other loops. */
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
    const ret = this.engine.wasm.ioMapPages(
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
    this.engine.wasm.ioUnmapPages(this.pt, high32(iova), low32(iova), high32(pgsize), low32(pgsize), pgcount, gather)
    return this.engine.result
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
      const value = this.v7s ? BigInt(view.getUint32(at + index * 4, true)) : view.getBigUint64(at + index * 8, true)
      if (value !== 0n) found.push({ index, value })
    }
    return found
  }

  /** Frees every table. The object must not be used afterwards. */
  close(): void {
    const { wasm } = this.engine
    wasm.ioClose(this.pt)
    wasm.tableGive(this.pt, P.IO_MIN_ORDER)
  }

  private writeRecord(shape: IoPgtableShape, { fixes = {}, selftest = false }: IoPgtableOptions): void {
    const view = this.engine.view
    const stage2 = shape.registers.kind === 's2'
    const format = this.v7s ? P.FORMAT_V7S : stage2 ? P.FORMAT_LPAE_S2 : P.FORMAT_LPAE_S1
    let flags = shape.coherentWalk ? P.PT_F_COHERENT : 0
    if (selftest) flags |= P.PT_F_SELFTEST
    if (shape.format === 'ARM_32_LPAE_S1' || shape.format === 'ARM_32_LPAE_S2') flags |= P.PT_F_32BIT
    if (fixes.v7sSplit) flags |= P.PT_F_FIX_SPLIT
    if (fixes.v7sSupersection) flags |= P.PT_F_FIX_SUPERSECTION
    if (fixes.overwrite) flags |= P.PT_F_FIX_OVERWRITE
    view.setUint32(this.pt + P.PT_FORMAT, format, true)
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
    if (this.shape.registers.kind === 's2')
      return { phys, level, readable: bit(6), writable: bit(7), privilegedOnly: false, accessed: bit(10) }
    return { phys, level, readable: true, writable: !bit(7), privilegedOnly: !bit(6), accessed: bit(10) }
  }
}
