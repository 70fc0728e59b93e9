// The short way of cache maintenance: ordinary memory, in one call of the engine. Whatever else there may be to do takes the long way of
// the architecture, which does the same to such memory: a test compares the two.
import {
  type Cpu,
  type Direction,
  type EventSink,
  type KernelFacts,
  PAGE_SIZE,
  type Pfn,
  type PlainMaintenance,
  type Range,
} from '@dmalab/api'
import { type Hot, innerWork } from '@dmalab/hot'

/** Line operations so far, and lines that they wrote back. */
export class LineCounters {
  lines = 0
  writtenBack = 0

  add(lines: number, writtenBack: number): void {
    this.lines += lines
    this.writtenBack += writtenBack
  }
}

export interface PlainMemoryDeps {
  readonly hot: Hot
  readonly facts: KernelFacts
  /** Memory in which each page has a struct page and a linear address. */
  readonly ordinary: readonly Range[]
  readonly sink: EventSink
  readonly cpu: Cpu
  readonly counted: LineCounters
  readonly code: 'old' | 'new'
}

export class PlainMemory implements PlainMaintenance {
  readonly old: number
  private readonly hot: Hot
  private readonly hooks: KernelFacts['arch']['cache']
  /** What is done by direction, as the engine counts it. */
  private readonly forDevice: readonly number[]
  private readonly forCpu: readonly number[]
  private readonly ordinary: readonly Range[]
  private readonly sink: EventSink
  private readonly counted: LineCounters
  private readonly code: 'old' | 'new'
  /** The range that the last question was about: most are about the same one again. */
  from = 0
  end = 0

  constructor({ hot, facts, ordinary, sink, cpu, counted, code }: PlainMemoryDeps) {
    this.hot = hot
    this.hooks = facts.arch.cache
    this.forDevice = facts.arch.cache.forDevice.map((kind) => innerWork(kind))
    this.forCpu = facts.arch.cache.forCpu.map((kind) => innerWork(kind))
    this.old = code === 'old' ? 1 : 0
    // An outer cache is maintained as well, before or after the inner one.
    this.ordinary = cpu.outer === undefined ? ordinary : []
    this.sink = sink
    this.counted = counted
    this.code = code
  }

  /** CacheOps.maintainPlain */
  maintain(hook: 'map' | 'unmap', at: number, len: number, dir: Direction): boolean {
    const within = at >= this.from && at + len <= this.end
    if (!within && !this.lookUp(at, len)) return false
    if (this.sink.wants('page')) return false
    const kind = (hook === 'map' ? this.hooks.forDevice : this.hooks.forCpu)[dir]
    if (kind === 'none') return true
    const { hot } = this
    hot.maintain(kind, at as Parameters<Hot['maintain']>[1], len, this.code)
    hot.addCounts(this.counted)
    if (hook === 'unmap' && len >= PAGE_SIZE && this.hooks.marksClean !== 'nothing') this.markClean(at, len)
    return true
  }

  mapWork(at: number, len: number, dir: Direction): number {
    if (!(at >= this.from && at + len <= this.end) && !this.lookUp(at, len)) return -1
    return this.sink.wants('page') ? -1 : this.forDevice[dir]!
  }

  unmapWork(dir: Direction): number {
    return this.sink.wants('page') ? -1 : this.forCpu[dir]!
  }

  mapped(work: number): void {
    if (work !== 0) this.hot.addCounts(this.counted)
  }

  unmapped(work: number, at: number, len: number): void {
    if (work === 0) return
    this.hot.addCounts(this.counted)
    if (len >= PAGE_SIZE && this.hooks.marksClean !== 'nothing') this.markClean(at, len)
  }

  /** Every page that the range covers wholly. */
  private markClean(at: number, len: number): void {
    const end = Math.floor((at + len) / PAGE_SIZE)
    for (let pfn = Math.ceil(at / PAGE_SIZE); pfn < end; pfn++) this.hot.setPageClean(pfn as Pfn, true)
  }

  private lookUp(at: number, len: number): boolean {
    const found = this.ordinary.find(({ base, len: size }) => at >= base && at + len <= base + size)
    if (found === undefined) return false
    this.from = found.base
    this.end = found.base + found.len
    return true
  }
}
