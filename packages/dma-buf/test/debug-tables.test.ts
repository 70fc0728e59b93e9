import { dma, type KernelFacts, ok, pfn, type SgEntry, type SgPage, type SgTable, vaddr, wideXor } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { createDebugTables } from '../src/debug-tables.ts'

const list = (entries: number): SgTable => {
  const records: SgEntry[] = Array.from({ length: entries }, () => ({
    page: { kind: 'null' },
    offset: 0,
    length: 0,
    attrs: 0,
    dmaAddress: dma(0),
    dmaLength: 0,
  }))
  const at = (i: number): SgEntry => {
    const record = records[i]
    if (record === undefined) throw new Error('no such entry')
    return record
  }
  return {
    handle: 0,
    nents: entries,
    origNents: entries,
    entry: at,
    entries: () => [...records],
    shortest: (nents: number) => Math.min(...records.slice(0, nents).map(({ length }) => length)),
    dmaAddresses: (count) => records.slice(0, count).map(({ dmaAddress }) => dmaAddress),
    dmaLengths: (count) => records.slice(0, count).map(({ dmaLength }) => dmaLength),
    pfns: () => undefined,
    physAddresses: () => undefined,
    isPlain: (count) => records.slice(0, count).every(({ attrs }) => attrs === 0),
    setPage: (i, page: SgPage, length, offset) => {
      records[i] = { ...at(i), page, length, offset }
    },
    setDma: (i, dmaAddress, dmaLength) => {
      records[i] = { ...at(i), dmaAddress, dmaLength }
    },
    setAttrs: (i, attrs) => {
      records[i] = { ...at(i), attrs }
    },
  }
}

const exporterList = (): SgTable => {
  const table = list(2)
  table.setPage(0, { kind: 'page', pfn: pfn(0x6_1000) }, 4096, 0)
  table.setPage(1, { kind: 'page', pfn: pfn(0x6_2000) }, 8192, 16)
  table.setDma(0, dma(0x6100_0000), 12_272)
  table.nents = 1
  return table
}

const facts = (dmabufDebug: KernelFacts['dmabufDebug']) => ({ arch: { pointerBits: 64 }, dmabufDebug }) as KernelFacts
const parts = () => {
  const freed: SgTable[] = []
  return {
    freed,
    mem: { pageStructAddress: (n: number) => vaddr(0xffff_fdff_c000_0000n + BigInt(n * 64)) },
    sgAlloc: (entries: number) => ok(list(entries)),
    sgFree: (table: SgTable) => void freed.push(table),
  }
}
const value = (result: ReturnType<ReturnType<typeof createDebugTables>['hand']>): SgTable => {
  if (!result.ok) throw new Error(result.why)
  return result.value
}

describe('DMABUF_DEBUG', () => {
  it('off hands the exporter’s list through', () => {
    const table = exporterList()
    expect(value(createDebugTables(facts('none'), parts()).hand(table))).toBe(table)
  })

  it('of 6.12 flips all but the low eight bits of each page pointer, and puts them back', () => {
    const table = exporterList()
    const before = table.entries()
    const debug = createDebugTables(facts('mangle'), parts())
    const handed = value(debug.hand(table))
    const real = 0xffff_fdff_c000_0000n + 0x6_1000n * 64n
    expect(handed.entry(0).page).toEqual({ kind: 'vaddr', at: wideXor(real, 0xffff_ffff_ffff_ff00n) })
    expect(handed.entry(0)).toMatchObject({ length: 4096, dmaAddress: 0x6100_0000 })
    debug.takeBack(handed, table)
    expect(table.entries()).toEqual(before)
  })

  it('of 7.x hands out a copy that has bus addresses and no pages', () => {
    const table = exporterList()
    const kit = parts()
    const debug = createDebugTables(facts('page-less'), kit)
    const handed = value(debug.hand(table))
    expect(handed).not.toBe(table)
    expect([handed.nents, handed.origNents]).toEqual([1, 0])
    expect(handed.entry(0)).toMatchObject({
      page: { kind: 'null' },
      length: 0,
      dmaAddress: 0x6100_0000,
      dmaLength: 12_272,
    })
    debug.takeBack(handed, table)
    expect(kit.freed).toEqual([handed])
  })
})
