// struct vb2_vmalloc_buf: one buffer that the CPU works on.
import type { AllocatorHost, Device, Direction, KResult, Pfn, PluginApi, Vb2Mem } from '@dmalab/api'

/** Members of vb2_vmalloc_buf beyond those that all allocators share. */
interface VmallocPriv {
  /** Pages behind vaddr, in its order; empty for an import. */
  pages: readonly Pfn[]
  /** Start of the kernel mapping, when this buffer made one. */
  mapped: Vb2Mem['vaddr']
}

export interface VmallocBuf extends Vb2Mem {
  priv: VmallocPriv
}

export interface VmallocContext {
  readonly api: PluginApi
  readonly host: AllocatorHost
}

/** The buffer behind a mem_priv. @throws Error for another allocator's buffer */
export const vmallocBuf = (mem: Vb2Mem): VmallocBuf => {
  const priv = mem.priv as Partial<VmallocPriv> | null
  if (priv === null || priv.mapped === undefined) throw new Error(`${mem.owner}: no buffer of vb2-vmalloc`)
  return mem as VmallocBuf
}

export const newVmallocBuf = (
  api: PluginApi,
  init: { dev: Device | null; size: number; dir: Direction; owner: string },
): VmallocBuf => ({
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
  priv: { pages: [], mapped: null },
})

/**
 * vmalloc_user(): single pages from anywhere, side by side in the vmalloc window, zeroed. ENOMEM: nothing stays taken.
 *
 * Pages of a system that has run for a while are not neighbours; a page between two, given back at the end, keeps ours apart where
 * memory is to be scattered.
 *
 * Models: Linux v6.12 mm/vmalloc.c: vmalloc_user, vm_area_alloc_pages. Leaves out: larger pages (v7.x uses them).
 */
export const vmallocUser = ({ api, host }: VmallocContext, buf: VmallocBuf): KResult<void> => {
  const pages: Pfn[] = []
  const spacers: Pfn[] = []
  const free = (frames: readonly Pfn[]): void => {
    for (const frame of frames) host.mem.freePages(frame, api.PAGE_SIZE)
  }
  for (let i = 0; i < api.pagesFor(buf.size); i++) {
    const page = host.mem.allocPages(api.PAGE_SIZE, { owner: buf.owner, highmem: true })
    if (!page.ok) {
      free([...pages, ...spacers])
      return page
    }
    pages.push(page.value)
    if (!host.mem.scattered) continue
    const spacer = host.mem.allocPages(api.PAGE_SIZE, { highmem: true })
    if (spacer.ok) spacers.push(spacer.value)
  }
  free(spacers)
  const at = host.mem.vmap(pages, 'cached')
  if (!at.ok) {
    free(pages)
    return at
  }
  host.mem.memset(at.value, 0, api.pageAlign(buf.size))
  buf.vaddr = at.value
  buf.priv = { pages, mapped: at.value }
  return api.ok(undefined)
}

/** Models: Linux v6.12 mm/vmalloc.c: vfree */
export const vfree = ({ api, host }: VmallocContext, buf: VmallocBuf): void => {
  if (buf.priv.mapped !== null) host.mem.unmap(buf.priv.mapped)
  for (const page of buf.priv.pages) host.mem.freePages(page, api.PAGE_SIZE)
  buf.vaddr = null
  buf.priv = { pages: [], mapped: null }
}
