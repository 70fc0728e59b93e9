// Scatterlists in the linear memory: lists by handle, entries by index, and the passes over whole lists.
import type { DmaAddr, KernelVaddr, Pfn, SgEntry, SgPage } from '@dmalab/api'
import * as L from '../assembly/shared/layout.ts'
import type { LinearMemory } from './linear-memory.ts'
import { type SgMapOptions, type SgWalkOptions, type SgWalkResult, walkSg } from './sg-walk.ts'

export class SgArena {
  private readonly linear: LinearMemory

  constructor(linear: LinearMemory) {
    this.linear = linear
  }

  /** A list of `count` zeroed entries (NULL pages), the last one marked as the end. Returns its handle. */
  alloc(count: number): number {
    return this.linear.wasm.sgTake(count)
  }

  /** Gives a list back. */
  free(handle: number): void {
    if (!this.linear.wasm.sgGive(handle)) throw new Error(`scatterlist ${handle} is not in use`)
  }

  /** Entries of a list. */
  count(handle: number): number {
    return this.linear.u32[this.word(handle, -1, L.SGH_COUNT)] ?? 0
  }

  /** One entry as it is now. */
  entry(handle: number, index: number): SgEntry {
    const { u32 } = this.linear
    const at = this.word(handle, index, 0)
    const get = (offset: number): number => u32[at + offset / 4] ?? 0
    return {
      page: this.page(handle, index),
      offset: get(L.SG_OFFSET),
      length: get(L.SG_LENGTH),
      attrs: get(L.SG_ATTRS),
      dmaAddress: (get(L.SG_DMA_ADDRESS + 4) * 2 ** 32 + get(L.SG_DMA_ADDRESS)) as DmaAddr,
      dmaLength: get(L.SG_DMA_LENGTH),
    }
  }

  /** The shortest length of the first `count` entries; Infinity where there are none. */
  shortest(handle: number, count: number): number {
    if (count === 0) return Infinity
    const { u32 } = this.linear
    const last = this.word(handle, count - 1, L.SG_LENGTH)
    let shortest = Infinity
    for (let at = this.word(handle, 0, L.SG_LENGTH); at <= last; at += L.SG_STRIDE / 4)
      shortest = Math.min(shortest, u32[at] ?? 0)
    return shortest
  }

  /** Bus addresses of the first `count` entries. */
  dmaAddresses(handle: number, count: number): number[] {
    const { u32 } = this.linear
    const first = this.column(handle, count, L.SG_DMA_ADDRESS)
    const addresses = numbers(count)
    for (let i = 0; i < count; i++) {
      const at = first + i * WORDS
      addresses[i] = u32[at + 1]! * 2 ** 32 + u32[at]!
    }
    return addresses
  }

  dmaLengths(handle: number, count: number): number[] {
    const { u32 } = this.linear
    const first = this.column(handle, count, L.SG_DMA_LENGTH)
    const lengths = numbers(count)
    for (let i = 0; i < count; i++) lengths[i] = u32[first + i * WORDS]!
    return lengths
  }

  /** Page frames of the first `count` entries; undefined where one has no page. */
  pfns(handle: number, count: number): Pfn[] | undefined {
    const { u32 } = this.linear
    const first = this.column(handle, count, 0)
    const pfns: Pfn[] = Array<Pfn>(count)
    for (let i = 0; i < count; i++) {
      const at = first + i * WORDS
      if ((u32[at + L.SG_FLAGS / 4]! & L.SG_F_PAGE) === 0) return undefined
      pfns[i] = u32[at + L.SG_PFN / 4]! as Pfn
    }
    return pfns
  }

  /** Physical addresses of the first `count` entries; undefined where one has no page. */
  physAddresses(handle: number, count: number): number[] | undefined {
    const { u32 } = this.linear
    const first = this.column(handle, count, 0)
    const addresses = numbers(count)
    for (let i = 0; i < count; i++) {
      const at = first + i * WORDS
      if ((u32[at + L.SG_FLAGS / 4]! & L.SG_F_PAGE) === 0) return undefined
      addresses[i] = u32[at + L.SG_PFN / 4]! * L.PAGE_SIZE + u32[at + L.SG_OFFSET / 4]!
    }
    return addresses
  }

  /** Has none of the first `count` entries attributes? */
  isPlain(handle: number, count: number): boolean {
    const { u32 } = this.linear
    const first = this.column(handle, count, L.SG_ATTRS)
    for (let i = 0; i < count; i++) if (u32[first + i * WORDS] !== 0) return false
    return true
  }

  /** The bus address of an entry, exact over all 64 bits. */
  busAddress(handle: number, index: number): bigint {
    const at = this.word(handle, index, L.SG_DMA_ADDRESS)
    return BigInt(this.linear.u32[at + 1] ?? 0) * 2n ** 32n + BigInt(this.linear.u32[at] ?? 0)
  }

  /** What page_link holds. */
  page(handle: number, index: number): SgPage {
    const { u32 } = this.linear
    const low = u32[this.word(handle, index, L.SG_PFN)] ?? 0
    const flags = u32[this.word(handle, index, L.SG_FLAGS)] ?? 0
    if ((flags & L.SG_F_PAGE) !== 0) return { kind: 'page', pfn: low as Pfn }
    if ((flags & L.SG_F_VADDR) === 0) return { kind: 'null' }
    const at = BigInt(flags >>> L.SG_VADDR_SHIFT) * 2n ** 32n + BigInt(low)
    return { kind: 'vaddr', at: BigInt.asUintN(64, BigInt.asIntN(48, at)) as KernelVaddr }
  }

  /** sg_set_page: leaves attributes, DMA fields and the end mark as they are. */
  setPage(handle: number, index: number, page: SgPage, length: number, offset: number): void {
    const { u32 } = this.linear
    const flagsAt = this.word(handle, index, L.SG_FLAGS)
    let flags = (u32[flagsAt] ?? 0) & (0xffff & ~(L.SG_F_PAGE | L.SG_F_VADDR))
    let low = 0
    if (page.kind === 'page') {
      flags |= L.SG_F_PAGE
      low = page.pfn
    } else if (page.kind === 'vaddr') {
      if (BigInt.asUintN(64, BigInt.asIntN(48, page.at)) !== page.at)
        throw new Error(`0x${page.at.toString(16)} is not a kernel address of 48 bits`)
      flags |= L.SG_F_VADDR | (Number(BigInt.asUintN(16, page.at >> 32n)) << L.SG_VADDR_SHIFT)
      low = Number(BigInt.asUintN(32, page.at))
    }
    u32[flagsAt] = flags
    u32[this.word(handle, index, L.SG_PFN)] = low
    u32[this.word(handle, index, L.SG_LENGTH)] = length
    u32[this.word(handle, index, L.SG_OFFSET)] = offset
  }

  /** Entries from `from` on become one whole page each. */
  setPages(handle: number, from: number, pfns: ArrayLike<number>): void {
    const most = L.STAGE_SIZE / 4
    for (let done = 0; done < pfns.length; done += most) {
      const n = Math.min(most, pfns.length - done)
      this.word(handle, from + done + n - 1, 0)
      for (let i = 0; i < n; i++) this.linear.u32[L.STAGE_BASE / 4 + i] = pfns[done + i] ?? 0
      this.linear.wasm.sgSetPages(handle, from + done, n)
    }
  }

  /** All ones of 64 bits, the error address, is not a number: the nearest one, 2^64, stands for it. */
  setDma(handle: number, index: number, address: DmaAddr, length: number): void {
    const { u32 } = this.linear
    const allOnes = address === 2 ** 64
    // The array takes an address's lower half.
    u32[this.word(handle, index, L.SG_DMA_ADDRESS)] = allOnes ? 0xffff_ffff : address
    u32[this.word(handle, index, L.SG_DMA_ADDRESS + 4)] = allOnes ? 0xffff_ffff : Math.floor(address / 2 ** 32)
    u32[this.word(handle, index, L.SG_DMA_LENGTH)] = length
    const flagsAt = this.word(handle, index, L.SG_FLAGS)
    u32[flagsAt] = (u32[flagsAt] ?? 0) | L.SG_F_MAPPED
  }

  setAttrs(handle: number, index: number, attrs: number): void {
    this.linear.u32[this.word(handle, index, L.SG_ATTRS)] = attrs
  }

  /** Has a mapping written the DMA fields? */
  mapped(handle: number, index: number): boolean {
    return ((this.linear.u32[this.word(handle, index, L.SG_FLAGS)] ?? 0) & L.SG_F_MAPPED) !== 0
  }

  /** sg_is_last. */
  isEnd(handle: number, index: number): boolean {
    return ((this.linear.u32[this.word(handle, index, L.SG_FLAGS)] ?? 0) & L.SG_F_END) !== 0
  }

  /** sg_mark_end, sg_unmark_end. */
  markEnd(handle: number, index: number, end: boolean): void {
    const at = this.word(handle, index, L.SG_FLAGS)
    const flags = this.linear.u32[at] ?? 0
    this.linear.u32[at] = end ? flags | L.SG_F_END : flags & ~L.SG_F_END
  }

  /** Maps entries: bus address, reach, cache maintenance, DMA fields; one pass. See assembly/sg-walk.ts for the order. */
  map(handle: number, options: SgMapOptions): SgWalkResult {
    this.checkRun(handle, options)
    return walkSg(this.linear, handle, options, true)
  }

  /** Cache maintenance over entries, for unmap and sync; the DMA fields stay. */
  maintain(handle: number, options: SgWalkOptions): SgWalkResult {
    this.checkRun(handle, options)
    return walkSg(this.linear, handle, options, false)
  }

  private checkRun(handle: number, { from, count }: SgWalkOptions): void {
    if (count > 0) this.word(handle, from + count - 1, 0)
    this.word(handle, from - 1, 0)
  }

  /** Index of a word of the first entry, where the list has `count` of them. */
  private column(handle: number, count: number, offset: number): number {
    this.word(handle, count - 1, 0)
    return this.word(handle, -1, offset) + WORDS
  }

  /** Index of a 32-bit word of an entry; -1 is the list's header. */
  private word(handle: number, index: number, offset: number): number {
    const { u32 } = this.linear
    const header = ((handle - 1) * L.SG_STRIDE) / 4
    const live = u32[header + L.SGH_MAGIC / 4] === L.SG_LIVE
    if (!live || index < -1 || index >= (u32[header + L.SGH_COUNT / 4] ?? 0))
      throw new Error(`scatterlist ${handle} has no entry ${index}`)
    return header + ((index + 1) * L.SG_STRIDE + offset) / 4
  }
}

/** As many numbers as there will be: an array that grows costs three times as much. */
const numbers = (count: number): number[] => Array<number>(count)

/** 32-bit words of an entry. */
const WORDS = L.SG_STRIDE / 4
