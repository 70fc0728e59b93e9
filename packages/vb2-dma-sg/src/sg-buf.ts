// struct vb2_dma_sg_buf: one buffer of the scattering allocator.
import type {
  AllocatorHost,
  Device,
  Direction,
  DmaBufAttachment,
  KResult,
  Pfn,
  PluginApi,
  SgTable,
  Vb2Mem,
} from '@dmalab/api'

/** Members of vb2_dma_sg_buf beyond those that all allocators share. `Vb2Mem.table` is dma_sgt. */
interface SgPriv {
  /** Page frames in the order of the buffer; empty for an import. */
  pages: readonly Pfn[]
  /** Offset of the first byte in the first page. */
  offset: number
  /** Own memory: blocks as the page allocator gave them. */
  blocks: readonly Block[]
  /** Import only. */
  attachment: DmaBufAttachment | null
}

export interface Block {
  readonly first: Pfn
  readonly len: number
}

export interface SgBuf extends Vb2Mem {
  readonly dev: Device
  priv: SgPriv
}

export interface SgContext {
  readonly api: PluginApi
  readonly host: AllocatorHost
}

/** The buffer behind a mem_priv. @throws Error for another allocator's buffer */
export const sgBuf = (mem: Vb2Mem): SgBuf => {
  const priv = mem.priv as Partial<SgPriv> | null
  if (priv === null || priv.blocks === undefined) throw new Error(`${mem.owner}: no buffer of vb2-dma-sg`)
  return mem as SgBuf
}

export const newSgBuf = (
  api: PluginApi,
  init: { dev: Device; size: number; dir: Direction; owner: string },
): SgBuf => ({
  dev: init.dev,
  size: init.size,
  dir: init.dir,
  owner: init.owner,
  attrs: 0,
  vaddr: null,
  cookie: null,
  dmaAddr: api.dma(0),
  table: null,
  refcount: 0,
  dbuf: null,
  priv: { pages: [], offset: 0, blocks: [], attachment: null },
})

/**
 * A list over pages; neighbours share an entry. ENOMEM.
 * Models: Linux v6.12 lib/scatterlist.c: sg_alloc_table_from_pages
 */
export const tableFromPages = (
  { api, host }: SgContext,
  pages: readonly Pfn[],
  offset: number,
  size: number,
): KResult<SgTable> => {
  const runs: { first: Pfn; pages: number }[] = []
  for (const frame of pages) {
    const last = runs.at(-1)
    if (last !== undefined && last.first + last.pages === frame) last.pages += 1
    else runs.push({ first: frame, pages: 1 })
  }
  const table = host.sgAlloc(runs.length)
  if (!table.ok) return table
  let left = size
  for (const [i, run] of runs.entries()) {
    const at = i === 0 ? offset : 0
    const length = Math.min(left, run.pages * api.PAGE_SIZE - at)
    table.value.setPage(i, { kind: 'page', pfn: run.first }, length, at)
    left -= length
  }
  return table
}

/** WARN_ON(!dev). */
export const noDevice = ({ api, host }: SgContext, symbol: string): KResult<never> => {
  host.printk('warn', `WARNING: ${symbol}: the queue has no device`)
  return api.fail('EINVAL', `${symbol}() needs a device, and the driver named none`)
}
