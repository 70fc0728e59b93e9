// A host for cache work of arch/arm that only writes down what is asked of it; pages from HIGH on are highmem.
import { type ArchHost, type Direction, type KernelVaddr, pfn, type Pfn, pluginApi, type SgPage } from '@dmalab/api'
import { pageMaintenance } from '../src/page-maintenance.ts'

export const PAGE = 4096
export const HIGH = 0x100
type Entry = readonly (string | number)[]
export interface Options {
  readonly aliasing?: boolean
  readonly kmapped?: readonly number[]
  readonly plain?: boolean
  readonly code?: 'v4.11' | 'v6.12'
  /** Words behind a page pointer: by page frame or address, and offset. */
  readonly words?: Readonly<Record<string, number>>
}
export const open = ({ aliasing = false, kmapped = [], plain = false, code = 'v4.11', words = {} }: Options = {}) => {
  const log: Entry[] = []
  const marks: number[] = []
  const path: string[] = []
  const op = (name: string) => (at: number | bigint, len: number, dir?: Direction) =>
    void log.push([name, Number(at), len, ...(dir === undefined ? [] : [dir])])
  const keyOf = (page: SgPage, offset: number): string =>
    `${page.kind === 'page' ? page.pfn : page.kind === 'vaddr' ? `v${page.at}` : 'null'}+${offset}`
  const host = {
    mem: {
      pageToPfn: (page: SgPage): Pfn => (page.kind === 'page' ? page.pfn : pfn(0x50)),
      pageHighMem: (page: SgPage) => (page.kind === 'page' ? page.pfn >= HIGH : false),
      isHighmemPfn: (n: Pfn) => n >= HIGH,
      kmapped: (n: Pfn) => kmapped.includes(n),
      pageStructAddress: (n: Pfn) => BigInt(n) as KernelVaddr,
      linearAddress: (at: number) => BigInt(at) as KernelVaddr,
      memset: (at: bigint, byte: number, len: number) => void log.push(['memset', Number(at), len, byte]),
      zeroHighmemPage: (at: number) => void log.push(['zeroPage', at]),
      pageWord: (page: SgPage, offset: number) => words[keyOf(page, offset)],
    },
    cache: {
      aliasing,
      dmacMapLinear: op('map'),
      dmacUnmapLinear: op('unmap'),
      dmacMapPhys: op('mapHigh'),
      dmacUnmapPhys: op('unmapHigh'),
      dmacFlush: op('flush'),
      dmacFlushPhys: op('flushHigh'),
      outerInv: op('outerInv'),
      outerClean: op('outerClean'),
      outerFlush: op('outerFlush'),
      markPageClean: (n: Pfn) => void marks.push(n),
      maintainPlain: (...args: readonly unknown[]) => {
        if (plain) log.push(['plain', ...(args as readonly number[])])
        return plain
      },
    },
    enter: (symbol: string) => path.push(symbol) - 1,
    leave: (mark: number) => void log.push(['leave', mark]),
    stall: (what: string): never => {
      throw new Error(what)
    },
    wants: () => true,
    emit: (event: { op: string; physAddr: number; size: number }) =>
      void log.push(['tell', event.op, event.physAddr, event.size]),
  } as unknown as ArchHost
  const work = () => log.filter(([name]) => name !== 'leave')
  return { host, marks, path, work, log, caches: pageMaintenance(pluginApi, host, code) }
}
