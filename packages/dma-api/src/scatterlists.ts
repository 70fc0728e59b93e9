// The kernel's scatterlist library, bound to one machine.
import {
  type FindingCode,
  type KResult,
  pagesFor,
  type Scatterlists,
  type SgAppendTable,
  type SgPages,
  type SgTable,
} from '@dmalab/api'
import { type SgCopyParts, sgCopyFromBuffer, sgCopyToBuffer, sgZeroBuffer } from './sg-copy.ts'
import { sgDmaPages, SgMiter, sgNentsForLen, sgPages } from './sg-iterate.ts'
import { appendTable, type AppendState, sgAllocFromPages, type SgAllocator, sgAppendFromPages } from './sg-pages.ts'
import { sgSplit } from './sg-split.ts'

/** `allocator` may fail on request; `chunks` tells how the kernel would chain a list. */
export const createScatterlists = (
  allocator: SgAllocator,
  chunks: (table: SgTable) => readonly number[],
  parts: SgCopyParts,
  quirks: { readonly splitEnds: boolean; readonly tell: (code: FindingCode, text: string) => void },
): Scatterlists => {
  const appends = new WeakMap<SgAppendTable, AppendState>()
  const stateOf = (append: SgAppendTable): AppendState => {
    const state = appends.get(append)
    if (state === undefined) throw new Error('an append table of another laboratory')
    return state
  }
  const checkSurplus = ({ pfns, offset, size }: SgPages): void => {
    const needed = pagesFor(offset + size)
    if (pfns.length > needed)
      quirks.tell('sg-pages-surplus', `${size} bytes need ${needed} pages, ${pfns.length} were given`)
  }
  return {
    perChunk: allocator.perChunk,
    alloc: (entries): KResult<SgTable> => allocator.sgAlloc(entries),
    free: (table) => allocator.sgFree(table),
    chunks,
    fromPages(pages) {
      checkSurplus(pages)
      return sgAllocFromPages(allocator, pages)
    },
    appendTable() {
      const append = appendTable()
      appends.set(append, append)
      return append
    },
    appendFromPages: (append, pages, leftPages) => sgAppendFromPages(allocator, stateOf(append), pages, leftPages),
    split(table, mappedNents, skip, sizes) {
      const split = sgSplit(allocator, table, mappedNents, skip, sizes, quirks.splitEnds)
      if (split.ok && split.value.miscounted) {
        const behind = split.value.overrun === 0 ? '' : `, and ${split.value.overrun} entries behind an output list`
        quirks.tell('sg-split-miscount', `the last list of ${sizes.join(' + ')} bytes holds all later entries${behind}`)
      }
      return split
    },
    copyToBuffer: (table, range, buffer) => sgCopyToBuffer(parts, table, range, buffer),
    copyFromBuffer: (table, range, buffer) => sgCopyFromBuffer(parts, table, range, buffer),
    zeroBuffer: (table, range, len) => sgZeroBuffer(parts, table, range, len),
    pages: (table, nents, pgoffset = 0) => sgPages(table, nents, pgoffset),
    dmaPages: (table, nents, pgoffset = 0) => sgDmaPages(table, nents, pgoffset),
    nentsForLen: (table, len) => sgNentsForLen(table, len),
    miter: (table, nents) => new SgMiter(table, nents),
  }
}
