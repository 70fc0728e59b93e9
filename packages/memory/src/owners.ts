// Who owns which physical memory, and what its last writer put there: the two ledgers behind "foreign memory" and "wrong bytes".
import type { Content } from '@dmalab/api'
import { Intervals } from './intervals.ts'

export class Owners {
  private ranges = new Intervals<string>()

  own(base: number, len: number, owner: string): void {
    this.ranges.join(base, len, owner)
  }

  disown(base: number, len: number): void {
    this.ranges.delete(base, len)
  }

  all(): readonly { readonly base: number; readonly end: number }[] {
    return this.ranges.all()
  }

  at(point: number): string | undefined {
    return this.ranges.at(point)?.value
  }

  /** The first owner other than `expected` in [base, base + len); `no buffer` for memory that none owns. */
  foreigner(base: number, len: number, expected: string): string | undefined {
    const found = this.ranges.within(base, len)
    const other = found.find((range) => range.value !== expected)
    if (other !== undefined) return other.value
    const covered = found.reduce((sum, r) => sum + Math.min(r.end, base + len) - Math.max(r.base, base), 0)
    return covered < len ? 'no buffer' : undefined
  }
}

/** What was last written into a buffer, by owner. `len` bytes from its start; what follows is as allocated. */
export interface Written {
  readonly content: Content | Uint8Array
  readonly len: number
}

export class ContentLedger {
  private readonly written = new Map<string, Written>()

  record(owner: string, written: Written): void {
    this.written.set(owner, written)
  }

  expected(owner: string): Written | undefined {
    return this.written.get(owner)
  }

  forget(owner: string): void {
    this.written.delete(owner)
  }
}
