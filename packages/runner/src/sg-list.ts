// A scatterlist with given entries.
import type { KResult, Lab, Scatterlists, SgTable } from '@dmalab/api'

type Entries = Parameters<Lab['sgTable']>[0]

/** sg_alloc_table + sg_set_page for each entry; entries without dma fields start at zero. ENOMEM. */
export const listOf = (sg: Pick<Scatterlists, 'alloc'>, entries: Entries): KResult<SgTable> => {
  const table = sg.alloc(entries.length)
  if (!table.ok) return table
  for (const [i, entry] of entries.entries()) {
    table.value.setPage(i, entry.page, entry.length, entry.offset)
    if (entry.attrs !== undefined) table.value.setAttrs(i, entry.attrs)
    if (entry.dmaAddress !== undefined) table.value.setDma(i, entry.dmaAddress, entry.dmaLength ?? entry.length)
  }
  return table
}
