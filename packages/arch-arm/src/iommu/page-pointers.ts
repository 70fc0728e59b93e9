// What arch/arm takes for the array of page pointers of coherent memory, and what becomes of pointers that are not pages.
import type { Host, KernelVaddr, KResult, Pfn, PluginApi, SgPage, SgTable } from '@dmalab/api'
import type { PageCode } from '../page-maintenance.ts'

export interface PagePointers {
  /** The first `count` words of kernel memory, read as page pointers. */
  atAddress(cpuAddr: KernelVaddr, count: number): readonly SgPage[]
  /** The pool's memory has no array either: its struct page is read as one. */
  ofPoolMemory(cpuAddr: KernelVaddr, count: number): readonly SgPage[]
  /** Page frames for user space. EINVAL, or an oops where a pointer leads nowhere. */
  insert(pages: readonly SgPage[]): KResult<readonly Pfn[]>
  /** sg_alloc_table_from_pages: pointers are counted, not followed. */
  table(pages: readonly SgPage[], size: number): KResult<SgTable>
}

const WORD = 4
/** Where a page that goes to user space is first looked at: functions, and the offset of compound_head in struct page. */
const INSERT = {
  'v4.11': { symbols: ['vm_insert_page'], compoundHead: 20 },
  'v6.12': { symbols: ['__vm_map_pages', 'insert_page', 'validate_page_before_insert'], compoundHead: 4 },
} as const satisfies Record<PageCode, unknown>
const NULL: SgPage = { kind: 'null' }

export const pagePointers = (api: PluginApi, host: Host, code: PageCode): PagePointers => {
  const { mem, device } = host
  const { fail, hex, ok, PAGE_SIZE, vaddr } = api

  const tell = (what: string, cpuAddr: KernelVaddr): void =>
    host.emit({
      event: 'kernel_quirk',
      code: 'iommu-memory-as-page-array',
      text: `${device.name}: ${what} at ${hex(cpuAddr)} is taken for an array of page pointers`,
      device: device.name,
    })

  return {
    atAddress: (cpuAddr, count) => {
      tell('the buffer itself', cpuAddr)
      return Array.from({ length: count }, (_, i) => {
        const word = mem.pageWord({ kind: 'vaddr', at: cpuAddr }, i * WORD) ?? 0
        return word === 0 ? NULL : { kind: 'vaddr', at: vaddr(BigInt(word)) }
      })
    },

    /** Its first word are the flags: 0 in the first zone. Leaves out: what the members behind them hold. */
    ofPoolMemory: (cpuAddr, count) => {
      tell('the struct page of the buffer', cpuAddr)
      return Array.from({ length: count }, () => NULL)
    },

    /**
     * Models: Linux v4.11 mm/memory.c: vm_insert_page
     * Models: Linux v6.12 mm/memory.c: __vm_map_pages, validate_page_before_insert
     */
    insert: (pages) => {
      const { symbols, compoundHead } = INSERT[code]
      const frames: Pfn[] = []
      for (const page of pages) {
        if (page.kind !== 'page') {
          host.call(symbols, () => mem.pageWord(page, compoundHead))
          return fail('EINVAL', 'what the pointer leads to does not count as a page in use')
        }
        frames.push(page.pfn)
      }
      return ok(frames)
    },

    /** Leaves out: joining pointers that are not pages and happen to follow one another. */
    table: (pages, size) => {
      const frames = pages.flatMap((page) => (page.kind === 'page' ? [page.pfn] : []))
      if (frames.length === pages.length)
        return host.sg.fromPages({ pfns: frames, offset: 0, size, maxSegment: 2 ** 32 - PAGE_SIZE })
      const got = host.sgAlloc(pages.length)
      if (got.ok)
        for (const [i, page] of pages.entries())
          got.value.setPage(i, page, Math.min(PAGE_SIZE, size - i * PAGE_SIZE), 0)
      return got
    },
  }
}
