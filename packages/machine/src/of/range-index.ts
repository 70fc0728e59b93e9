// Which of many ranges an address lies in, where the first that fits counts: found without going through all of them.

interface Piece {
  readonly start: bigint
  readonly end: bigint
  readonly index: number
}

export class RangeIndex {
  /** What ranges cover so far: disjoint, sorted, neighbours joined. */
  #covered: { start: bigint; end: bigint }[] = []
  /** The part of each range that none before it covers. */
  readonly #pieces: Piece[] = []
  #sorted = true

  /** Adds [start, end) behind all ranges that were added before; one that wraps or is empty matches nothing. */
  add(index: number, start: bigint, end: bigint): void {
    if (end <= start) return
    const covered = this.#covered
    const first = firstIndex(covered, (range) => range.end >= start)
    let last = first
    let at = start
    const merged = { start, end }
    for (; last < covered.length; last++) {
      const range = covered[last]!
      if (range.start > end) break
      if (range.start > at) this.#pieces.push({ start: at, end: range.start, index })
      if (range.end > at) at = range.end
      if (range.start < merged.start) merged.start = range.start
      if (range.end > merged.end) merged.end = range.end
    }
    if (at < end) this.#pieces.push({ start: at, end, index })
    covered.splice(first, last - first, merged)
    this.#sorted = false
  }

  /** Index of the first range that holds the address. */
  find(at: bigint): number | undefined {
    if (!this.#sorted) this.#pieces.sort((a, b) => (a.start < b.start ? -1 : 1))
    this.#sorted = true
    const piece = this.#pieces[firstIndex(this.#pieces, ({ end }) => end > at)]
    return piece !== undefined && piece.start <= at ? piece.index : undefined
  }
}

/** First element of a sorted list for which `holds`, as it does for all behind it; the length where there is none. */
function firstIndex<T>(list: readonly T[], holds: (item: T) => boolean): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (holds(list[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}
