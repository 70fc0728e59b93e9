// What the engine's memory and cache loops do, one line and one byte at a time: their readable definition.
import type { LineRecord, View } from '../../src/index.ts'

export type Op = 'clean' | 'invalidate' | 'flush'

interface Line {
  readonly bytes: Uint8Array
  dirty: boolean
}

type Level = 'inner' | 'outer'

export interface TwinCounts {
  lines: number
  writtenBack: number
}

export class MemoryTwin {
  readonly log: LineRecord[] = []
  readonly counts: Record<Level, TwinCounts> = {
    inner: { lines: 0, writtenBack: 0 },
    outer: { lines: 0, writtenBack: 0 },
  }
  private readonly dram = new Map<number, Uint8Array>()
  private readonly lines: Record<Level, Map<number, Line>> = { inner: new Map(), outer: new Map() }
  private readonly size: Record<Level, number>
  private readonly poison: number
  readonly hasOuter: boolean

  constructor(lineSize: number, poison: number, hasOuter: boolean) {
    this.size = { inner: lineSize, outer: 32 }
    this.poison = poison
    this.hasOuter = hasOuter
  }

  read(view: View, at: number, len: number): Uint8Array {
    return Uint8Array.from({ length: len }, (_, i) => this.readByte(view, at + i))
  }

  write(view: View, at: number, bytes: Uint8Array): void {
    if (view === 'cpu') return this.cpuWrite(at, bytes)
    if (view === 'snoop') this.takeOut(at, bytes.length)
    for (const [i, byte] of bytes.entries()) this.dramWrite(at + i, byte)
  }

  /** Inner maintenance as ARMv7 code issues it. */
  innerRange(op: Op, at: number, len: number, old = false): TwinCounts {
    const size = this.size.inner
    let start = down(at, size)
    let end = at + len
    if (op !== 'invalidate') {
      do this.lineOp('inner', op, start)
      while ((start += size) < end)
      return this.counts.inner
    }
    if (start !== at) {
      this.lineOp('inner', 'flush', start)
      if (!old) start += size
    }
    if (end % size !== 0) this.lineOp('inner', 'flush', (end = down(end, size)))
    if (old && end <= start) end = start + 1
    for (; start < end; start += size) this.lineOp('inner', 'invalidate', start)
    return this.counts.inner
  }

  /** Outer maintenance as the L210/PL310 code issues it. */
  outerRange(op: Op, at: number, len: number): TwinCounts {
    if (!this.hasOuter) return this.counts.outer
    let start = down(at, 32)
    let end = at + len
    if (op === 'invalidate') {
      if (start !== at) {
        this.lineOp('outer', 'flush', start)
        start += 32
      }
      if (end % 32 !== 0) this.lineOp('outer', 'flush', (end = down(end, 32)))
    }
    for (; start < end; start += 32) this.lineOp('outer', op, start)
    this.log.push({ level: 'outer', op: 'sync', at: 0 as LineRecord['at'] })
    return this.counts.outer
  }

  /** An empty one of the same make. */
  aside(): MemoryTwin {
    return new MemoryTwin(this.size.inner, this.poison, this.hasOuter)
  }

  /** Evicts and fetches the lines that `chosen` picks. */
  disturb(
    chosen: (what: 'evict-inner' | 'evict-outer' | 'prefetch', line: number, size: number) => boolean,
    cacheable: readonly { readonly base: number; readonly len: number }[],
  ): void {
    for (const level of ['inner', 'outer'] as const)
      for (const line of [...this.lines[level].keys()].toSorted((a, b) => a - b))
        if (chosen(`evict-${level}`, line, this.size[level])) {
          this.writeBack(level, line)
          this.lines[level].delete(line)
        }
    for (const { base, len } of cacheable)
      for (let line = down(base, this.size.inner); line < base + len; line += this.size.inner)
        if (chosen('prefetch', line, this.size.inner)) this.fill('inner', line)
  }

  zeroCounts(): void {
    this.counts.inner = { lines: 0, writtenBack: 0 }
    this.counts.outer = { lines: 0, writtenBack: 0 }
    this.log.length = 0
  }

  private lineOp(level: Level, op: Op, line: number): void {
    const names = { clean: 'c', invalidate: 'i', flush: 'ci' } as const
    this.log.push({ level, op: names[op], at: line as LineRecord['at'] })
    this.counts[level].lines++
    if (op !== 'invalidate' && this.writeBack(level, line)) this.counts[level].writtenBack++
    if (op !== 'clean') this.lines[level].delete(line)
  }

  /** Gives a dirty line's bytes to the next level; it stays. */
  private writeBack(level: Level, at: number): boolean {
    const line = this.lines[level].get(at)
    if (line?.dirty !== true) return false
    line.dirty = false
    for (const [i, byte] of line.bytes.entries()) {
      if (level === 'outer' || !this.hasOuter) this.dramWrite(at + i, byte)
      else {
        const below = this.fill('outer', at + i)
        below.bytes[(at + i) % 32] = byte
        below.dirty = true
      }
    }
    return true
  }

  /** The valid line that holds a byte, filled from the next level where it was missing. */
  private fill(level: Level, at: number): Line {
    const size = this.size[level]
    const start = down(at, size)
    const found = this.lines[level].get(start)
    if (found) return found
    const bytes = Uint8Array.from({ length: size }, (_, i) =>
      level === 'inner' && this.hasOuter
        ? (this.fill('outer', start + i).bytes[(start + i) % 32] ?? 0)
        : this.dramByte(start + i),
    )
    const line = { bytes, dirty: false }
    this.lines[level].set(start, line)
    return line
  }

  /** A line written in full is not fetched first. */
  private cpuWrite(at: number, bytes: Uint8Array): void {
    const size = this.size.inner
    for (let start = down(at, size); start < at + bytes.length; start += size) {
      const piece = bytes.subarray(Math.max(start - at, 0), start + size - at)
      const line = piece.length === size ? { bytes: new Uint8Array(size), dirty: true } : this.fill('inner', start)
      line.bytes.set(piece, Math.max(at - start, 0))
      line.dirty = true
      this.lines.inner.set(start, line)
    }
  }

  private readByte(view: View, at: number): number {
    if (view === 'cpu') return this.fill('inner', at).bytes[at % this.size.inner] ?? 0
    if (view === 'memory') return this.dramByte(at)
    const inner = this.lines.inner.get(down(at, this.size.inner))
    const outer = this.lines.outer.get(down(at, 32))
    return inner?.bytes[at % this.size.inner] ?? outer?.bytes[at % 32] ?? this.dramByte(at)
  }

  /** A coherent write: the lines in 64-byte blocks that it touches are written back and leave both caches. */
  private takeOut(at: number, len: number): void {
    if (len === 0) return
    for (const level of ['inner', 'outer'] as const)
      for (let line = down(at, 64); line < at + len + 63 - ((at + len - 1) % 64); line += this.size[level]) {
        this.writeBack(level, line)
        this.lines[level].delete(line)
      }
  }

  private dramByte(at: number): number {
    return this.dramPage(at)[at % 4096] ?? 0
  }

  private dramWrite(at: number, byte: number): void {
    this.dramPage(at)[at % 4096] = byte
  }

  /** A page that was never written holds poison. */
  private dramPage(at: number): Uint8Array {
    const pfn = Math.floor(at / 4096)
    const page = this.dram.get(pfn) ?? Uint8Array.from({ length: 4096 }, (_, i) => this.poison >>> (8 * (i % 4)))
    this.dram.set(pfn, page)
    return page
  }
}

function down(at: number, size: number): number {
  return at - (at % size)
}
