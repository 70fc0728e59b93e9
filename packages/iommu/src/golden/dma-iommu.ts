// Adapters for the dma-iommu vectors: a domain whose driver accepts and records every call.
import {
  type Balance,
  type DmaAddr,
  type GoldenAdapter,
  type GoldenCase,
  type Pfn,
  unreturned,
  vectorNumber,
} from '@dmalab/api'
import { type Hot, IO_LOG, IovaDomain, LOG_CALLS, PageTable } from '@dmalab/hot'
import { DmaDomain, type DmaDomainOptions, type DmaLimits, IovaCache, protOf } from '../index.ts'
import { freshHot } from './fresh-hot.ts'
import { count, hex, word } from './hex.ts'

const adapter = (topic: string, run: (hot: Hot, input: GoldenCase) => Record<string, unknown>): GoldenAdapter => {
  const fresh = freshHot()
  return {
    topic,
    run(input) {
      return run(fresh(), input)
    },
  }
}

export const dmaIommuAdapters: readonly GoldenAdapter[] = [
  adapter('dma-iommu-sg', runList),
  adapter('dma-iommu-seq', runSequence),
]

function runList(hot: Hot, input: GoldenCase): Record<string, unknown> {
  const { domain, events } = open(hot, input, {})
  const { granule } = domain.iova.domain
  const before = lent(domain)
  const limits: DmaLimits = {
    mask: word(input['mask']),
    bus: word(input['bus']),
    aperture: word(input['ap']),
    pci32: input['pci32'] === 1,
  }
  const taken = (input['pre'] as [string, string][]).map(([size]) => ({
    size,
    at: domain.allocIova(vectorNumber(size), limits),
  }))
  const pre = taken.map(({ size, at }) => [size, hex(BigInt(at ?? 0))])
  const left = (): { readonly unreturned?: readonly string[] } => {
    for (const { size, at } of taken)
      if (at !== undefined) domain.iova.free(at / granule, Math.ceil(vectorNumber(size) / granule))
    return unreturned(before, lent(domain))
  }
  const entries = input['sg'] as [string, string, string][]
  const list = hot.sg.alloc(entries.length)
  for (const [i, [page, offset, length]] of entries.entries())
    hot.sg.setPage(
      list,
      i,
      { kind: 'page', pfn: (vectorNumber(page) / 4096) as Pfn },
      vectorNumber(length),
      vectorNumber(offset),
    )

  const prot = protOf(input['dir'] as number, input['coh'] === 1, vectorNumber(input['attrs']))
  const ret = domain.mapSg(list, entries.length, prot, limits, {
    boundary: word(input['seg']),
    maxSize: vectorNumber(input['max']),
  })
  const maps = events()
  if (ret < 0) return { pre, ret, maps, ...left() }
  const dma = Array.from({ length: ret }, (_, i) => segment(hot, list, i))
  domain.unmapSg(list, entries.length)
  return { pre, ret, dma, maps, un: events(), ...left() }
}

function runSequence(hot: Hot, input: GoldenCase): Record<string, unknown> {
  const lazy = { slots: count(input['fqs']), timeoutMs: count(input['to']) }
  const { domain, events } = open(hot, input, input['lazy'] === 1 ? { lazy } : {})
  const limits: DmaLimits = { mask: word(input['mask']), bus: 0, aperture: 0, pci32: false }
  const before = lent(domain)
  const mapped = new Map<number, number>()
  const r = (input['ops'] as unknown[][]).map(([kind, a, b, dir]) => {
    let address: DmaAddr | undefined
    if (kind === 'm') {
      address = domain.map(vectorNumber(a), vectorNumber(b), protOf(dir as number, false, 0), limits) as DmaAddr
      if (address !== undefined) mapped.set(address, vectorNumber(b))
    } else if (kind === 'u') {
      domain.unmap(vectorNumber(a), vectorNumber(b))
      mapped.delete(vectorNumber(a))
    } else domain.pass(count(a))
    return [address === undefined ? null : hex(address), events()]
  })
  const state = domain.queue?.state ?? { queued: 0, begun: 0, finished: 0, armed: false }
  const end = { q: state.queued, start: state.begun, done: state.finished, timer: state.armed ? 1 : 0 }
  for (const [at, size] of mapped) domain.unmap(at, size)
  return { r, end, ...unreturned(before, lent(domain)) }
}

/** What waits for a flush is free. */
const lent = ({ iova, queue }: DmaDomain): Balance =>
  new Map([['pages of bus addresses', iova.live - (queue?.pages ?? 0)]])

function open(hot: Hot, input: GoldenCase, options: DmaDomainOptions): { domain: DmaDomain; events: () => unknown[] } {
  const engine = hot.io
  const seen: unknown[] = []
  const drain = (): void => {
    for (const r of engine.takeLog())
      seen.push(
        r.kind === IO_LOG.MAP
          ? ['m', hex(r.a), hex(r.b), hex(r.c), Number(r.d >> 32n), Number(r.d & 0xffff_ffffn)]
          : ['u', hex(r.a), hex(r.b), Number(r.c)],
      )
  }
  const note = (what: string) => (): void => {
    drain()
    seen.push([what])
  }
  const sizes = BigInt(input['pgs'] as string)
  const table = new PageTable(engine, { ...NO_TABLES, pageSizes: sizes })
  engine.logMask = LOG_CALLS
  const cache = new IovaCache(new IovaDomain(engine, Number(sizes & -sizes), vectorNumber(input['s'])))
  const hooks = { syncTlb: note('y'), flushTlb: note('F'), notice: () => undefined, injected: () => false }
  const domain = new DmaDomain(engine, table, cache, hooks, options)
  return {
    domain,
    events() {
      drain()
      return seen.splice(0)
    },
  }
}

/** A driver that accepts every call, and keeps nothing. */
const NO_TABLES = {
  format: 'accept',
  ias: 0,
  oas: 0,
  quirks: 0,
  coherentWalk: true,
  startLevel: 0,
  bitsPerLevel: 0,
  pgdBits: 0,
} as const

function segment({ sg }: Hot, list: number, index: number): string[] {
  return [hex(sg.busAddress(list, index)), hex(sg.entry(list, index).dmaLength)]
}
