// DMABUF_DEBUG: what importers get instead of the exporter's list, so that one who looks at pages finds out at once.
import type { KernelFacts, KernelMemory, KResult, SgPage, SgTable } from '@dmalab/api'
import { ok, vaddr, wideXor } from '@dmalab/api'

/** What the debug option needs of the machine. */
export interface DebugTablesParts {
  readonly mem: Pick<KernelMemory, 'pageStructAddress'>
  sgAlloc(entries: number): KResult<SgTable>
  sgFree(table: SgTable): void
}

export interface DebugTables {
  /** The list for the importer, made of the exporter's mapped one. ENOMEM. */
  hand(table: SgTable): KResult<SgTable>
  /** The importer is done with it: the exporter's list is as it was. */
  takeBack(handed: SgTable, genuine: SgTable): void
}

/** All bits but the lowest eight, as page_link is flipped. */
const FLIP = { 32: 0xffff_ff00n, 64: 0xffff_ffff_ffff_ff00n } as const

export const createDebugTables = (facts: KernelFacts, parts: DebugTablesParts): DebugTables => {
  const flip = FLIP[facts.arch.pointerBits]
  const mangledPages = new Map<SgTable, readonly SgPage[]>()

  switch (facts.dmabufDebug) {
    case 'none':
      return { hand: (table) => ok(table), takeBack: () => undefined }

    case 'mangle':
      return {
        /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: mangle_sg_table */
        hand: (table) => {
          const entries = table.entries()
          mangledPages.set(
            table,
            entries.map(({ page }) => page),
          )
          for (const [i, { page, length, offset }] of entries.entries())
            if (page.kind !== 'null')
              table.setPage(i, { kind: 'vaddr', at: vaddr(wideXor(linkOf(page, parts), flip)) }, length, offset)
          return ok(table)
        },
        takeBack: (handed) => {
          const pages = mangledPages.get(handed)
          if (pages === undefined) throw new Error('the list was not mangled')
          mangledPages.delete(handed)
          for (const [i, page] of pages.entries()) {
            const { length, offset } = handed.entry(i)
            handed.setPage(i, page, length, offset)
          }
        },
      }

    case 'page-less':
      return {
        /** A copy that carries bus addresses only. Models: Linux v7.3 drivers/dma-buf/dma-buf.c: dma_buf_wrap_sg_table */
        hand: (table) => {
          const copy = parts.sgAlloc(table.nents)
          if (!copy.ok) return copy
          for (let i = 0; i < table.nents; i++) {
            const { dmaAddress, dmaLength } = table.entry(i)
            copy.value.setPage(i, { kind: 'null' }, 0, 0)
            copy.value.setDma(i, dmaAddress, dmaLength)
          }
          copy.value.nents = table.nents
          copy.value.origNents = 0
          return copy
        },
        takeBack: (handed) => parts.sgFree(handed),
      }
  }
}

/** The pointer in sg->page_link. */
const linkOf = (page: Exclude<SgPage, { kind: 'null' }>, { mem }: DebugTablesParts): bigint =>
  page.kind === 'page' ? mem.pageStructAddress(page.pfn) : page.at
