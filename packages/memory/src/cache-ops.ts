// Cache maintenance primitives of the architecture: the inner cache by kernel address, the outer by physical address.
import type {
  CacheOps,
  Cpu,
  Direction,
  EventSink,
  KernelFacts,
  KernelVaddr,
  CacheLineOp,
  Pfn,
  PhysAddr,
  PlainMaintenance,
} from '@dmalab/api'
import { DIR } from '@dmalab/api'
import type { Hot } from '@dmalab/hot'
import type { AddressSpace, Piece } from './address-space.ts'
import type { KernelStack } from './kernel-stack.ts'
import type { Layout } from './layout.ts'
import { layoutIndex } from './layout-index.ts'
import { LineCounters, PlainMemory } from './plain-memory.ts'

/** The outer cache's operations, by the name of their event. */
const OUTER = { oinv: 'outerInvalidate', oclean: 'outerClean', oflush: 'outerFlush' } as const
const SHORTEST_LINE = 16

export interface CacheDeps {
  readonly hot: Hot
  readonly facts: KernelFacts
  readonly space: AddressSpace
  readonly layout: Layout
  readonly stack: KernelStack
  readonly sink: EventSink
  readonly cpu: Cpu
}

/** Which line operation the batch loops do for a hook. */
export const lineWork = ({ arch: { cache } }: KernelFacts, hook: 'map' | 'unmap', dir: Direction): CacheLineOp =>
  (hook === 'map' ? cache.forDevice : cache.forCpu)[dir]

/** CacheOps, and how the batch loops over lists add what they did to the counters. */
export interface CountedCacheOps extends CacheOps {
  readonly plain: PlainMaintenance
  count(more: { readonly lines: number; readonly writtenBack: number }): void
}

export const createCacheOps = (deps: CacheDeps): CountedCacheOps => {
  const { hot, facts, space, stack, sink } = deps
  const hooks = facts.arch.cache
  const code = hooks.invalidatesTwice ? 'old' : 'new'
  const flush = deps.cpu.cacheOps === 'none' ? 'none' : 'flush'
  const counted = new LineCounters()
  const { ordinary } = layoutIndex(deps.layout)
  const plain = new PlainMemory({ hot, facts, ordinary, sink, cpu: deps.cpu, counted, code })

  /** With line detail, does work and tells each line. */
  const toldByLine = (len: number, body: () => void): void => {
    const log = hot.lineLog(body, capacityFor(len))
    for (const { op, at } of log) sink.emit({ event: 'cache_line', op, physAddr: at })
  }
  const work = (kind: CacheLineOp, at: PhysAddr, len: number): void => {
    if (kind === 'none') return
    if (sink.wants('line')) toldByLine(len, () => hot.maintain(kind, at, len, code))
    else hot.maintain(kind, at, len, code)
    hot.addCounts(counted)
  }
  const tell = (
    op: 'map' | 'unmap' | 'flush' | 'oinv' | 'oclean' | 'oflush',
    at: PhysAddr,
    size: number,
    dir: number,
  ): void => {
    if (sink.wants('page')) sink.emit({ event: 'cache_maint', op, physAddr: at, size, dir })
  }
  /** Without an outer cache these are no-ops, as outer_cache's function pointers are NULL. */
  const outer = (op: keyof typeof OUTER, at: PhysAddr, len: number, dir: number): void => {
    if (deps.cpu.outer === undefined) return
    tell(op, at, len, dir)
    if (sink.wants('line')) toldByLine(len, () => hot[OUTER[op]](at, len))
    else hot[OUTER[op]](at, len)
  }
  const byAddress = (
    op: 'map' | 'unmap' | 'flush',
    kind: CacheLineOp,
    at: KernelVaddr,
    len: number,
    dir: Direction,
  ): void => {
    if (kind === 'none') return
    const gap = space.firstUnmapped(at, len)
    if (gap !== undefined) {
      if (deps.cpu.emulated === true && deps.cpu.cacheOps !== 'checked') return
      const line = (at + BigInt(gap) - ((at + BigInt(gap)) % BigInt(deps.cpu.lineSize))) as KernelVaddr
      const address = gap === 0 ? at : line
      return stack.fault({ reason: 'paging request', address }, hooks.symbols[kind])
    }
    const resolved = space.resolve(at)
    if (resolved === undefined) throw new Error('a mapped range resolves')
    tell(op, resolved.phys, len, dir)
    const pieces = space.pieces(at, len)
    if (isOneRun(pieces)) work(kind, resolved.phys, len)
    else for (const piece of pieces) work(kind, piece.phys, piece.len)
  }
  /** As byAddress on the linear address of `at`, which most ranges need not compute. */
  const byLinear = (op: 'map' | 'unmap', kind: CacheLineOp, at: PhysAddr, len: number, dir: Direction): void => {
    if (kind === 'none') return
    if (!space.isPlain(at, len)) return byAddress(op, kind, space.linearAddress(at), len, dir)
    tell(op, at, len, dir)
    work(kind, at, len)
  }
  const byPhys = (
    op: 'map' | 'unmap' | 'flush',
    kind: CacheLineOp,
    at: PhysAddr,
    len: number,
    dir: Direction,
  ): void => {
    if (kind === 'none') return
    tell(op, at, len, dir)
    work(kind, at, len)
  }

  return {
    plain,
    lineSize: deps.cpu.lineSize,
    aliasing: deps.cpu.aliasing,
    counters: () => ({ lines: counted.lines, writtenBack: counted.writtenBack }),
    count: (more) => counted.add(more.lines, more.writtenBack),
    maintainPlain: (hook, at, len, dir) => plain.maintain(hook, at, len, dir),
    dmacMap: (at, len, dir) => byAddress('map', hooks.forDevice[dir], at, len, dir),
    dmacUnmap: (at, len, dir) => byAddress('unmap', hooks.forCpu[dir], at, len, dir),
    dmacMapLinear: (at, len, dir) => byLinear('map', hooks.forDevice[dir], at, len, dir),
    dmacUnmapLinear: (at, len, dir) => byLinear('unmap', hooks.forCpu[dir], at, len, dir),
    dmacFlush: (at, len) => byAddress('flush', flush, at, len, DIR.BIDIRECTIONAL),
    dmacMapPhys: (at, len, dir) => byPhys('map', hooks.forDevice[dir], at, len, dir),
    dmacUnmapPhys: (at, len, dir) => byPhys('unmap', hooks.forCpu[dir], at, len, dir),
    dmacFlushPhys: (at, len) => byPhys('flush', flush, at, len, DIR.BIDIRECTIONAL),
    outerInv: (at, len) => outer('oinv', at, len, DIR.FROM_DEVICE),
    outerClean: (at, len) => outer('oclean', at, len, DIR.TO_DEVICE),
    outerFlush: (at, len) => outer('oflush', at, len, DIR.BIDIRECTIONAL),
    markPageClean: (pfn: Pfn) => {
      hot.setPageClean(pfn, true)
      if (sink.wants('page'))
        sink.emit({ event: 'cache_maint', op: 'pgclean', physAddr: pfn * 4096, size: 4096, dir: DIR.BIDIRECTIONAL })
    },
  }
}

/** Line operations that a range can need at most: the shortest lines, both edges, and the drain. */
const capacityFor = (len: number): number => Math.ceil(len / SHORTEST_LINE) + 4

const isOneRun = (pieces: readonly Piece[]): boolean =>
  pieces.every((piece) => piece.phys === (pieces[0]?.phys ?? 0) + piece.done)
