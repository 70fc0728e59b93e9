// The TLB in front of a domain's tables: what the hardware remembers of walks it made. It forgets only what it is told to
// forget, so an entry may outlive its mapping. Unlimited: the worst case, and the same on every run.

export interface TlbEntry {
  /** Physical address of the page's first byte. */
  readonly phys: number
  readonly readable: boolean
  readonly writable: boolean
}

export class Tlb {
  private readonly granule: number
  private readonly entries = new Map<number, TlbEntry>()

  /** @param granule bytes that one entry covers */
  constructor(granule: number) {
    this.granule = granule
  }

  get size(): number {
    return this.entries.size
  }

  look(page: number): TlbEntry | undefined {
    return this.entries.get(page)
  }

  fill(page: number, entry: TlbEntry): void {
    this.entries.set(page, entry)
  }

  /** Forgets [iova, iova + size). */
  invalidate(iova: number, size: number): void {
    if (this.entries.size === 0) return
    const first = Math.floor(iova / this.granule)
    const last = Math.floor((iova + size - 1) / this.granule)
    if (last - first < this.entries.size) {
      for (let page = first; page <= last; page++) this.entries.delete(page)
      return
    }
    for (const page of this.entries.keys()) if (page >= first && page <= last) this.entries.delete(page)
  }

  invalidateAll(): void {
    this.entries.clear()
  }
}
