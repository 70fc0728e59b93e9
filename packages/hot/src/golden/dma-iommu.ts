// Adapters for the dma-iommu vectors: a domain whose driver accepts and records every call.
import type { DmaAddr, GoldenAdapter, GoldenCase, Pfn } from '@dmalab/api'
import * as P from '../../assembly/shared/io-pgtable-layout.ts'
import * as L from '../../assembly/shared/layout.ts'
import { DmaDomain, type DmaDomainOptions, type DmaLimits, protOf } from '../dma-iommu.ts'
import type { Hot } from '../hot.ts'
import { IovaCache } from '../iova-rcache.ts'
import { type IoEngine, LOG_CALLS } from '../io-pgtable-engine.ts'
import { IovaDomain } from '../iova.ts'
import { freshHot } from './fresh-hot.ts'
import { hex, word } from './hex.ts'

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
  const limits: DmaLimits = {
    mask: word(input['mask']),
    bus: word(input['bus']),
    aperture: word(input['ap']),
    pci32: input['pci32'] === 1,
  }
  const pre = (input['pre'] as [string, string][]).map(([size]) => [
    size,
    hex(BigInt(domain.allocIova(Number(size), limits) ?? 0)),
  ])
  const entries = input['sg'] as [string, string, string][]
  const list = hot.sg.alloc(entries.length)
  for (const [i, [page, offset, length]] of entries.entries())
    hot.sg.setPage(list, i, { kind: 'page', pfn: (Number(page) / 4096) as Pfn }, Number(length), Number(offset))

  const prot = protOf(input['dir'] as number, input['coh'] === 1, Number(input['attrs']))
  const ret = domain.mapSg(list, entries.length, prot, limits, {
    boundary: word(input['seg']),
    maxSize: Number(input['max']),
  })
  const maps = events()
  if (ret < 0) return { pre, ret, maps }
  const dma = Array.from({ length: ret }, (_, i) => segment(hot.io, list, i))
  domain.unmapSg(list, entries.length)
  return { pre, ret, dma, maps, un: events() }
}

function runSequence(hot: Hot, input: GoldenCase): Record<string, unknown> {
  const lazy = { slots: input['fqs'] as number, timeoutMs: input['to'] as number }
  const { domain, events } = open(hot, input, input['lazy'] === 1 ? { lazy } : {})
  const limits: DmaLimits = { mask: word(input['mask']), bus: 0, aperture: 0, pci32: false }
  const r = (input['ops'] as unknown[][]).map(([kind, a, b, dir]) => {
    let address: DmaAddr | undefined
    if (kind === 'm') address = domain.map(Number(a), Number(b), protOf(dir as number, false, 0), limits) as DmaAddr
    else if (kind === 'u') domain.unmap(Number(a), Number(b))
    else domain.pass(a as number)
    return [address === undefined ? null : hex(address), events()]
  })
  const state = domain.queue?.state ?? { queued: 0, begun: 0, finished: 0, armed: false }
  return { r, end: { q: state.queued, start: state.begun, done: state.finished, timer: state.armed ? 1 : 0 } }
}

function open(hot: Hot, input: GoldenCase, options: DmaDomainOptions): { domain: DmaDomain; events: () => unknown[] } {
  const engine = hot.io
  const seen: unknown[] = []
  const drain = (): void => {
    for (const r of engine.takeLog())
      seen.push(
        r.kind === P.LOG_MAP
          ? ['m', hex(r.a), hex(r.b), hex(r.c), Number(r.d >> 32n), Number(r.d & 0xffff_ffffn)]
          : ['u', hex(r.a), hex(r.b), Number(r.c)],
      )
  }
  const note = (what: string) => (): void => {
    drain()
    seen.push([what])
  }
  const sizes = BigInt(input['pgs'] as string)
  const pt = engine.wasm.tableTake(P.IO_MIN_ORDER)
  engine.view.setUint32(pt + P.PT_FORMAT, P.FORMAT_ACCEPT, true)
  engine.view.setBigUint64(pt + P.PT_PAGE_SIZES, sizes, true)
  engine.logMask = LOG_CALLS
  const cache = new IovaCache(new IovaDomain(engine, Number(sizes & -sizes), Number(input['s'])))
  const hooks = { syncTlb: note('y'), flushTlb: note('F'), notice: () => undefined }
  const domain = new DmaDomain(engine, pt, cache, hooks, options)
  return {
    domain,
    events() {
      drain()
      return seen.splice(0)
    },
  }
}

function segment(engine: IoEngine, list: number, index: number): string[] {
  const at = (list + index) * L.SG_STRIDE
  const address = engine.view.getBigUint64(at + L.SG_DMA_ADDRESS, true)
  return [hex(address), hex(engine.view.getUint32(at + L.SG_DMA_LENGTH, true))]
}
