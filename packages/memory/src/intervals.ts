// Disjoint half-open ranges in order, each with a value: the one search structure of the memory room.

export interface Interval<T> {
  readonly base: number
  /** Exclusive. */
  readonly end: number
  readonly value: T
}

export class Intervals<T> {
  private list: Interval<T>[] = []
  /** The range that at() found last: most questions are about the same one again. */
  private last: Interval<T> | undefined

  /** Adds [base, base + len), cutting whatever it covers. */
  set(base: number, len: number, value: T): void {
    this.delete(base, len)
    this.list.splice(this.firstAfter(base), 0, { base, end: base + len, value })
  }

  /** As set, and makes one range of it and of those that touch it and have the same value. */
  join(base: number, len: number, value: T): void {
    const before = base > 0 ? this.at(base - 1) : undefined
    const after = this.at(base + len)
    const from = before?.value === value ? before.base : base
    const end = after?.value === value ? after.end : base + len
    this.set(from, end - from, value)
  }

  /** Removes [base, base + len); ranges that stick out keep their outer parts. */
  delete(base: number, len: number): void {
    const end = base + len
    const from = this.firstEndingAfter(base)
    let to = from
    const kept: Interval<T>[] = []
    for (; to < this.list.length; to++) {
      const item = this.list[to]
      if (item === undefined || item.base >= end) break
      // No spreads: what they make has a shape of its own, and is slow to read.
      if (item.base < base) kept.push({ base: item.base, end: base, value: item.value })
      if (item.end > end) kept.push({ base: end, end: item.end, value: item.value })
    }
    this.last = undefined
    this.list.splice(from, to - from, ...kept)
  }

  at(point: number): Interval<T> | undefined {
    const { last } = this
    if (last !== undefined && last.base <= point && point < last.end) return last
    const item = this.list[this.firstEndingAfter(point)]
    if (item === undefined || item.base > point) return undefined
    this.last = item
    return item
  }

  /** Every range that meets [base, base + len), in order. */
  within(base: number, len: number): Interval<T>[] {
    const found: Interval<T>[] = []
    for (let i = this.firstEndingAfter(base); i < this.list.length; i++) {
      const item = this.list[i]
      if (item === undefined || item.base >= base + len) break
      found.push(item)
    }
    return found
  }

  /** Does one unbroken run of ranges cover [base, base + len)? Returns the first point that is not covered, or undefined. */
  firstGap(base: number, len: number): number | undefined {
    let point = base
    for (const item of this.within(base, len)) {
      if (item.base > point) return point
      point = item.end
    }
    return point >= base + len ? undefined : point
  }

  all(): readonly Interval<T>[] {
    return this.list
  }

  /** Index of the first range whose end lies above `point`. */
  private firstEndingAfter(point: number): number {
    let low = 0
    let high = this.list.length
    while (low < high) {
      const mid = Math.floor((low + high) / 2)
      if ((this.list[mid]?.end ?? 0) > point) high = mid
      else low = mid + 1
    }
    return low
  }

  private firstAfter(point: number): number {
    let i = this.firstEndingAfter(point)
    while ((this.list[i]?.base ?? Infinity) < point) i++
    return i
  }
}
