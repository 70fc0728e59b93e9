// A laboratory for streaming mappings of arch/arm behind an IOMMU: an address space and a mapper that only write down.
import {
  type DmaAddr,
  fail,
  ok,
  pfn,
  type PhysAddr,
  phys,
  pluginApi,
  type SgEntry,
  type SgPage,
  type SgTable,
} from '@dmalab/api'
import { type ArmIommuParts, armIommuStreaming } from '../src/index.ts'

export const PAGE = 4096
export const BASE = 0x2000_0000
export const ERROR = 0xffff_ffff as DmaAddr
export const page = (at: number): SgPage => ({ kind: 'page', pfn: pfn(at / PAGE) })
type Log = readonly (string | number)[]

interface Options {
  readonly code?: ArmIommuParts['code']
  readonly coherent?: boolean
  readonly maxSegment?: number
  /** The nth allocation of addresses, and the nth mapping, that fails; from 1. */
  readonly failSpace?: number
  readonly failMap?: number
  /** Where the window begins. */
  readonly base?: number
}
export const open = ({
  code = 'v6.12',
  coherent = false,
  maxSegment = 0x1_0000,
  failSpace = 0,
  failMap = 0,
  base = BASE,
}: Options = {}) => {
  const log: Log[] = []
  let [next, spaces, maps] = [base, 0, 0]
  const live = new Map<number, number>()
  const parts: ArmIommuParts = {
    code,
    space: {
      alloc: (size) => {
        if (++spaces === failSpace) return undefined
        const at = next
        next += size
        live.set(at, size)
        return at as DmaAddr
      },
      free: (at, size) => live.get(at) === size && live.delete(at),
    },
    mapper: {
      map: (at, to, len, prot) => {
        if (++maps === failMap) return fail('ENOMEM', 'no table')
        log.push(['map', at, to, len, prot])
        return ok(undefined)
      },
      unmap: (at, len) => void log.push(['unmap', at, len]),
      toPhys: (at) => (at >= BASE ? phys(at - BASE + 0x4000_0000) : undefined),
    },
    caches: {
      cpuToDev: (one, offset, size, dir) => void log.push(['toDevice', pfnOf(one), offset, size, dir]),
      devToCpu: (one, offset, size, dir) => void log.push(['toCpu', pfnOf(one), offset, size, dir]),
    },
    errorCode: ERROR,
    maxSegment,
    pageToPhys: (one) => (pfnOf(one) * PAGE) as PhysAddr,
    physToPage: (at) => page(at),
    keptZero: () => void log.push(['kept zero']),
    bug: (what) => {
      throw new Error(what)
    },
  }
  return { log, live, ops: armIommuStreaming(pluginApi, parts, coherent), taken: () => [...live.values()] }
}
const pfnOf = (one: SgPage): number => (one.kind === 'page' ? one.pfn : -1)
export const listOf = (entries: readonly (readonly [at: number, offset: number, length: number])[]) => {
  const all: SgEntry[] = entries.map(([at, offset, length]) => ({
    page: page(at),
    offset,
    length,
    attrs: 0,
    dmaAddress: 7 as DmaAddr,
    dmaLength: 9,
  }))
  const list = {
    entry: (i: number) => all[i],
    setDma: (i: number, dmaAddress: DmaAddr, dmaLength: number) => {
      const before = all[i]
      if (before !== undefined) all[i] = { ...before, dmaAddress, dmaLength }
    },
  } as unknown as SgTable
  return { list, dma: () => all.map(({ dmaAddress, dmaLength }) => [dmaAddress, dmaLength]) }
}
export const only = (log: readonly Log[], ...words: readonly string[]) =>
  log.filter(([word]) => words.includes(String(word)))
