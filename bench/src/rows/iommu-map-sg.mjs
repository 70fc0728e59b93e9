// A list of scattered pages through a DMA domain: one block of bus addresses, one page each, then unmapped again.
import { compileHotSync, Hot, IovaDomain } from '@dmalab/hot'
import { DmaDomain, IovaCache, openIoPgtable } from '@dmalab/iommu'
import { numbers } from '../machines/index.mjs'
import { memoryOf } from '../machines/memory.mjs'

const PAGE = 4096
const SHAPE = { format: 'ARM_64_LPAE_S1', pageSizes: 0x40201000, ias: 48, oas: 48, quirks: 0, coherentWalk: true }
const LIMITS = { mask: 2 ** 32 - 1, bus: 0, aperture: 0, pci32: false }
const SEGMENTS = { boundary: 2 ** 32 - 1, maxSize: 65536 }
const PROT = 7

/** No page next to the one before. */
const scattered = (count) => {
  const random = numbers(9)
  return Array.from({ length: count }, (_, i) => 0x8_0000 + i * 8 + random(7))
}
const domainOn = (hot) => {
  const table = openIoPgtable(hot.io, SHAPE)
  const hooks = { syncTlb() {}, flushTlb() {}, notice() {}, injected: () => false }
  return { table, domain: new DmaDomain(hot.io, table, new IovaCache(new IovaDomain(hot.io, PAGE, 1)), hooks) }
}
const summed = (table, addresses) =>
  addresses.reduce((sum, at) => (sum * 31 + table.iovaToPhys(at)) % 2 ** 32, addresses.length)

/** One call of the domain for each page. */
const pageByPage = (count) => {
  const { table, domain } = domainOn(new Hot(compileHotSync(), { lineSize: 64, poison: 0 }))
  const pages = scattered(count)
  const map = () => pages.map((pfn) => domain.map(pfn * PAGE, PAGE, PROT, LIMITS))
  return {
    work: count,
    run() {
      for (const at of map()) domain.unmap(at, PAGE)
    },
    result: () => summed(table, map()),
  }
}

const wholeList = (moduleOf) => (count, native) => {
  const hot = new Hot(moduleOf(native), { lineSize: 64, poison: 0 })
  const { table, domain } = domainOn(hot)
  const list = hot.sg.alloc(count)
  hot.sg.setPages(list, 0, scattered(count))
  return {
    work: count,
    run() {
      domain.mapSg(list, count, PROT, LIMITS, SEGMENTS)
      domain.unmapSg(list, count)
    },
    result() {
      domain.mapSg(list, count, PROT, LIMITS, SEGMENTS)
      const { dmaAddress } = hot.sg.entry(list, 0)
      return summed(
        table,
        Array.from({ length: count }, (_, i) => dmaAddress + i * PAGE),
      )
    },
    memory: memoryOf(hot),
  }
}

export const row = {
  name: 'iommu-map-sg',
  title: 'map and unmap a list of scattered pages behind an IOMMU',
  unit: 'entry',
  versions: {
    'page by page': { bench: 2 ** 16, check: 2 ** 10, open: pageByPage },
    native: { bench: 2 ** 16, check: 2 ** 10, open: wholeList(({ module }) => module) },
    wasm: { bench: 2 ** 16, check: 2 ** 10, open: wholeList(compileHotSync) },
  },
}
