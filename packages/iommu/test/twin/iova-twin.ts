// The readable definition of the allocator: a sorted array of ranges, walked entry by entry as the kernel walks its tree.

interface Entry {
  lo: number
  readonly hi: number
}

export class IovaTwin {
  private readonly entries: Entry[] = [{ lo: Infinity, hi: Infinity }]
  private cached: Entry = this.entries[0]!
  private cached32: Entry = this.entries[0]!
  private readonly start: number
  private readonly bound: number
  max32AllocSize: number

  constructor(start: number, bound: number) {
    this.start = start
    this.bound = bound
    this.max32AllocSize = bound
  }

  alloc(size: number, limit: number, aligned: boolean): number | undefined {
    const end = limit + 1
    if (end <= this.bound && size >= this.max32AllocSize) return undefined
    const align = aligned ? 2 ** Math.ceil(Math.log2(size)) : 1
    const cached = end <= this.bound ? this.cached32 : this.cached
    let pfn = this.search(size, align, cached, end, this.start)
    if (pfn === undefined && cached.hi < end) {
      const above = end > this.bound ? this.entries.at(-1)! : this.entries.find((e) => e.lo >= end)!
      pfn = this.search(size, align, above, end, cached.hi + 1)
    }
    if (pfn === undefined) {
      this.max32AllocSize = size
      return undefined
    }
    const entry = { lo: pfn, hi: pfn + size - 1 }
    this.insert(entry)
    if (entry.hi < this.bound) this.cached32 = entry
    else this.cached = entry
    return pfn
  }

  free(pfn: number): boolean {
    const index = this.entries.findIndex((e) => e.lo <= pfn && pfn <= e.hi)
    const entry = this.entries[index]
    if (entry === undefined) return false
    const next = this.entries[index + 1]!
    if (entry === this.cached32 || (entry.hi < this.bound && entry.lo >= this.cached32.lo)) this.cached32 = next
    if (entry.lo < this.bound) this.max32AllocSize = this.bound
    if (entry.lo >= this.cached.lo) this.cached = next
    this.entries.splice(index, 1)
    return true
  }

  reserve(lo: number, hi: number): { lo: number; hi: number } {
    for (const entry of this.entries) {
      if (lo > entry.hi || hi < entry.lo) continue
      entry.lo = Math.min(entry.lo, lo)
      if (hi <= entry.hi) return { lo: entry.lo, hi: entry.hi }
      lo = entry.hi + 1
    }
    const entry = { lo, hi }
    this.insert(entry)
    return { lo, hi }
  }

  ranges(): { lo: number; hi: number }[] {
    return this.entries.slice(0, -1).map(({ lo, hi }) => ({ lo, hi }))
  }

  private search(size: number, align: number, from: Entry, end: number, low: number): number | undefined {
    let high = end
    for (let i = this.entries.indexOf(from); ; i--) {
      high = Math.min(high, this.entries[i]!.lo)
      const pfn = Math.floor((high - size) / align) * align
      if (high < size || pfn < low) return undefined
      if (i === 0 || pfn > this.entries[i - 1]!.hi) return pfn
    }
  }

  private insert(entry: Entry): void {
    this.entries.splice(
      this.entries.findIndex((e) => e.lo > entry.lo),
      0,
      entry,
    )
  }
}
