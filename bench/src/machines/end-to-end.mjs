// Rows through the public DMA API: one page, or one list of pages, mapped and unmapped on a whole machine.
import { DIR, PAGE_SIZE } from '@dmalab/api'
import { createChecker } from '@dmalab/checker'
import { openLaboratory } from '@dmalab/lab'
import { openLab, parseKernel } from '@dmalab/runner'

const MIB = 2 ** 20
const ENTRIES = 1000

/** A pool lies in the middle of RAM, as on many boards: the linear map has a hole there. */
export const machineWith = (arch, facts, memory = 512 * MIB) => ({
  name: 'bench',
  title: 'RAM with a pool in it',
  arch,
  cpu: { lineSize: 64, aliasing: false },
  memory: [{ base: 0x4000_0000, len: memory }],
  reserved: [
    { name: 'pool', base: 0x5000_0000, len: MIB, compatible: 'shared-dma-pool', noMap: true, reusable: false },
  ],
  layout: arch === 'arm' ? { lowmemEnd: 0x5800_0000 } : {},
  iommus: [{ name: 'smmu', model: 'arm,smmu-v3', enabled: true }],
  devices: [{ name: 'device', class: 'other', coherent: false, maskBits: 32, pools: ['pool'], ...facts }],
  bindings: {},
})

/** What listens to a laboratory, by version of a row. */
const LISTENERS = {
  checked(lab) {
    lab.listenInNumbers(createChecker({}))
  },
  heard: (lab) => lab.listen('op', () => {}),
  unheard: () => {},
  /** Who listens to single pages makes lists go entry by entry. */
  entries: (lab) => lab.listen('page', () => {}),
  engine: () => {},
}

/** A laboratory with one device, and what listens to it. */
export const openWith = async ({ kernel, facts = {} }, version) => {
  const { registry, module } = await openLaboratory()
  const spec = parseKernel(kernel, registry)
  const { board } = registry.arches.get(spec.base.arch)
  const lab = openLab({ registry, module }, { kernel: spec, machine: machineWith(board, facts) })
  LISTENERS[version](lab)
  const device = lab.device('device')
  const pages = lab.mem.allocPages(1024 * PAGE_SIZE, { owner: 'bench' })
  if (!pages.ok) throw new Error(pages.why)
  return { lab, device, first: pages.value }
}

const versionsOf = (names, make) => Object.fromEntries(names.map((name) => [name, make(name)]))

/** dma_map_page and dma_unmap_page of 4 KiB: with the checker, with a listener, without a listener. */
export const pageRow = (name, title, what) => ({
  name: `map-page-${name}`,
  title: `map and unmap one page, ${title}`,
  unit: 'page',
  versions: versionsOf(['checked', 'heard', 'unheard'], (version) => ({
    bench: 5000,
    check: 20,
    async open(times) {
      const { lab, device, first } = await openWith(what, version)
      const page = { kind: 'page', pfn: first }
      let handle = 0
      return {
        work: times,
        run() {
          for (let i = 0; i < times; i++) {
            handle = lab.dma.mapPageAttrs(device, page, 0, PAGE_SIZE, DIR.BIDIRECTIONAL, 0).value
            lab.dma.unmapPageAttrs(device, handle, PAGE_SIZE, DIR.BIDIRECTIONAL, 0)
          }
        },
        result: () => ({ handle, counters: lab.cache.counters() }),
      }
    },
  })),
})

/** What a row does to a list. */
const LIST_CALLS = {
  map(dma, device, table) {
    dma.mapSgAttrs(device, table, DIR.BIDIRECTIONAL, 0)
    dma.unmapSgAttrs(device, table, DIR.BIDIRECTIONAL, 0)
  },
  sync(dma, device, table) {
    dma.syncSgForCpu(device, table, DIR.BIDIRECTIONAL)
    dma.syncSgForDevice(device, table, DIR.BIDIRECTIONAL)
  },
}

/** A list of scattered pages, mapped and unmapped or synced both ways: entry by entry, with the checker, and on the engine. */
const rowOfLists = (calls, title) => (name, of, what) => ({
  name: `${calls}-list-${name}`,
  title: `${title} a list of ${ENTRIES} pages, ${of}`,
  unit: 'entry',
  versions: versionsOf(['entries', 'checked', 'engine'], (version) => ({
    bench: 10,
    check: 1,
    async open(times) {
      const { lab, device, first } = await openWith(what, version)
      const entry = (i) => ({ page: { kind: 'page', pfn: first + ((7 * i) % 1024) }, length: PAGE_SIZE, offset: 0 })
      const table = lab.sgTable(Array.from({ length: ENTRIES }, (_, i) => entry(i)))
      if (calls === 'sync') lab.dma.mapSgAttrs(device, table, DIR.BIDIRECTIONAL, 0)
      let addresses = []
      return {
        work: times * ENTRIES,
        run() {
          for (let i = 0; i < times; i++) LIST_CALLS[calls](lab.dma, device, table)
          addresses = [0, ENTRIES - 1].map((i) => table.entry(i).dmaAddress)
        },
        result: () => ({ addresses, counters: lab.cache.counters() }),
      }
    },
  })),
})

export const listRow = rowOfLists('map', 'map and unmap')
export const syncRow = rowOfLists('sync', 'sync both ways')
