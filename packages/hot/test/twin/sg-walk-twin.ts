// What assembly/sg-walk.ts does with a list, entry by entry: its readable definition.
import type { SgEntry } from '@dmalab/api'
import type { SgWalkResult } from '../../src/index.ts'
import type { SgMapOptions } from '../../src/sg-walk.ts'
import type { MemoryTwin, Op } from './memory-twin.ts'

const PAGE = 4096n
const WRAP = { 32: 2n ** 32n, 64: 2n ** 64n } as const

export interface TwinEntry extends SgEntry {
  readonly dma: bigint
}

export interface TwinWalk {
  readonly result: SgWalkResult
  /** DMA addresses written, by entry. */
  readonly written: Map<number, bigint>
  readonly cleanPages: Set<number>
}

export function walk(
  memory: MemoryTwin,
  entries: readonly TwinEntry[],
  hasPage: (pfn: number) => boolean,
  options: SgMapOptions,
  map: boolean,
): TwinWalk {
  const { from, count, maintain, skipAttrs = 0, maskBits = 64, limit = Infinity } = options
  const written = new Map<number, bigint>()
  const cleanPages = new Set<number>()
  const tally = { entries: 0, skippedEntries: 0, skippedLines: 0 }
  memory.zeroCounts()
  const end = (next: number, stopped: SgWalkResult['stopped'], badPfn: number): TwinWalk => ({
    result: {
      next,
      stopped,
      badPfn: (stopped === 'bad-page' ? badPfn : 0) as SgWalkResult['badPfn'],
      ...tally,
      ...memory.counts.inner,
      outerLines: memory.counts.outer.lines,
      outerWrittenBack: memory.counts.outer.writtenBack,
    },
    written,
    cleanPages,
  })
  let lastPfn = 0
  const missing = (at: bigint): boolean => {
    if (options.needPage !== true) return false
    lastPfn = Number((at / PAGE) % 2n ** 32n)
    return at / PAGE >= 2n ** 32n || !hasPage(lastPfn)
  }
  for (let i = from; i < from + count; i++) {
    const e = entries[i]
    if (!e) throw new Error('no such entry')
    const len = options.byDmaLength === true ? e.dmaLength : e.length
    if ((e.attrs & skipAttrs) !== 0) {
      tally.skippedEntries++
      if (maintain !== 'none') tally.skippedLines += lineCount(memory, maintain, e, len, options.code === 'old')
      continue
    }
    let at: bigint
    if (options.byBusAddress === true) {
      const found = toPhys(e.dma, options)
      if (found === undefined) return end(i, 'no-range', lastPfn)
      at = found
    } else {
      if (e.page.kind !== 'page')
        return end(i, 'bad-page', Number(e.page.kind === 'vaddr' ? e.page.at % 2n ** 32n : 0n))
      at = BigInt(e.page.pfn) * PAGE + BigInt(e.offset)
    }
    if (at + BigInt(len) > 2n ** 44n) return end(i, 'bad-page', Number((at / PAGE) % 2n ** 32n))
    let bus = 0n
    if (map) {
      const found = toBus(at, options)
      if (found === undefined) return end(i, 'no-range', lastPfn)
      bus = found
      const last = bus + BigInt(Math.max(len, 1)) - 1n
      if (last >= 2n ** BigInt(maskBits) || (limit !== Infinity && last > BigInt(limit)))
        return end(i, 'unreachable', lastPfn)
    }
    const phys = Number(at)
    if (options.side === 'cpu' && maintain !== 'none') memory.outerRange(maintain, phys, len)
    if (missing(at)) return end(i, 'bad-page', lastPfn)
    if (maintain !== 'none') {
      const highmem = options.highmemPfn ?? 2 ** 32 - 1
      const lowSpan = options.needPage === true && at / PAGE < BigInt(highmem)
      for (let pfn = at / PAGE; lowSpan && pfn * PAGE < at + BigInt(Math.max(len, 1)); pfn++) {
        const gone = missing(pfn * PAGE)
        if (gone || pfn >= BigInt(highmem)) return end(i, 'bad-page', gone ? lastPfn : highmem)
      }
      for (const [start, n] of pieces(phys, len, (options.highmemPfn ?? 2 ** 32 - 1) * 4096)) {
        if (missing(BigInt(start))) return end(i, 'bad-page', lastPfn)
        const highmem = start >= (options.highmemPfn ?? 2 ** 32 - 1) * 4096
        if (!highmem || options.innerOnHighmem !== false) memory.innerRange(maintain, start, n, options.code === 'old')
      }
      if (options.side === 'device') memory.outerRange(maintain, phys, len)
    }
    if (options.markPagesClean === true)
      for (let page = Math.ceil(phys / 4096); (page + 1) * 4096 <= phys + len; page++) {
        if (missing(BigInt(page) * PAGE)) return end(i, 'bad-page', lastPfn)
        cleanPages.add(page)
      }
    if (map) written.set(i, bus)
    tally.entries++
  }
  return end(from + count, 'done', lastPfn)
}

/** Low memory in one piece; a range that starts in highmem page by page. */
function pieces(at: number, len: number, highmem: number): [number, number][] {
  if (at < highmem) return [[at, len]]
  const found: [number, number][] = []
  for (let done = 0; done < len || done === 0;) {
    const n = Math.min(len - done, 4096 - ((at + done) % 4096))
    found.push([at + done, n])
    done += Math.max(n, 1)
  }
  return found
}

function toBus(at: bigint, { ranges = [], busBits = 64 }: SgMapOptions): bigint | undefined {
  const found = ranges.find((r) => BigInt(r.firstPfn) <= at / PAGE && at / PAGE < BigInt(r.endPfn))
  if (!found && ranges.length > 0) return undefined
  return mod(at + BigInt(found?.busOffset ?? 0), WRAP[busBits])
}

function toPhys(bus: bigint, { ranges = [], busBits = 64 }: SgMapOptions): bigint | undefined {
  if (ranges.length === 0) return mod(bus, WRAP[busBits])
  for (const r of ranges) {
    const at = mod(bus - BigInt(r.busOffset), WRAP[busBits])
    if (BigInt(r.firstPfn) <= at / PAGE && at / PAGE < BigInt(r.endPfn)) return at
  }
  return undefined
}

/** Inner line operations that maintaining a tagged entry would have taken, found by doing it on the side. */
function lineCount(memory: MemoryTwin, op: Op, e: TwinEntry, len: number, old: boolean): number {
  const at = e.page.kind === 'page' ? e.offset : Number(e.dma % 64n) + 64
  return memory.aside().innerRange(op, at, len, old).lines
}

function mod(a: bigint, m: bigint): bigint {
  return ((a % m) + m) % m
}
