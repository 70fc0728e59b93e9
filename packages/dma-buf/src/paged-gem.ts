// A GEM object of ordinary pages, as GPUs and displays with an MMU of their own have them: no two pages need to be neighbours.
import type { AllocatorHost, Device, KResult, Pfn, SgTable } from '@dmalab/api'
import { DIR, fail, mapPages, ok, pageAlign, PAGE_SIZE, pagesFor, physOf } from '@dmalab/api'
import { type GemBuffer, gemBuffer } from './gem-export.ts'

/** Memory above is for devices with a wider mask: for others, drivers ask shmem for GFP_DMA32. */
const DMA32 = 2 ** 32

/**
 * An object with its pages there, and mapped for the device. ENOMEM: no page is left.
 *
 * The pages of a system that has run for a while are not neighbours: they stand last first.
 *
 * Models: Linux v6.12 drivers/gpu/drm/drm_gem_shmem_helper.c: drm_gem_shmem_create, drm_gem_shmem_get_pages_sgt_locked, drm_gem_shmem_mmap
 */
export const createPagedGem = (host: AllocatorHost, device: Device, len: number, owner: string): KResult<GemBuffer> =>
  host.call(['drm_gem_shmem_create', 'drm_gem_shmem_get_pages_sgt'], () => {
    const size = pageAlign(len)
    const frames = takePages(host, device, pagesFor(size), owner)
    if (!frames.ok) return frames
    const giveBack = (): void => {
      for (const frame of frames.value) host.mem.freePages(frame, PAGE_SIZE)
    }
    const own = listOf(host, frames.value)
    if (!own.ok) {
      giveBack()
      return own
    }
    const mapped = host.dma.mapSgAttrs(device, own.value, DIR.BIDIRECTIONAL, 0)
    if (!mapped.ok) {
      host.sgFree(own.value)
      giveBack()
      return mapped
    }
    // map_wc: unless the device snoops, the CPU writes past its caches.
    const kind = device.facts.coherent ? 'cached' : 'writecombine'
    return ok(
      gemBuffer(host, {
        device,
        size,
        owner,
        handle: own.value,
        nullList: false,
        list: () => host.call('drm_gem_shmem_get_sg_table', () => listOf(host, frames.value)),
        mmap: (_buf, area) => {
          const pages = host.call('drm_gem_shmem_mmap', () => mapPages(frames.value, area))
          return pages.ok ? ok({ pfnMap: true, ...pages.value, kind }) : pages
        },
        vmap: () => host.mem.vmap(frames.value, kind),
        vunmap: (at) => host.mem.unmap(at),
        free: () => {
          host.dma.unmapSgAttrs(device, own.value, DIR.BIDIRECTIONAL, 0)
          host.sgFree(own.value)
          giveBack()
        },
      }),
    )
  })

/** Zeroed pages of shared memory, where the device reaches them. */
const takePages = (host: AllocatorHost, device: Device, count: number, owner: string): KResult<readonly Pfn[]> => {
  const { mem } = host
  const frames: Pfn[] = []
  const place = device.maskBits <= 32 ? { limit: DMA32 - 1 } : { highmem: true }
  while (frames.length < count) {
    const page = mem.allocPages(PAGE_SIZE, { owner, ...place })
    if (!page.ok) {
      for (const frame of frames) mem.freePages(frame, PAGE_SIZE)
      return fail('ENOMEM', `${count} pages are needed for ${owner}, and ${frames.length} could be had: ${page.why}`)
    }
    if (mem.isHighmemPfn(page.value)) mem.zeroHighmemPage(physOf(page.value))
    else mem.memset(mem.linearAddress(physOf(page.value)), 0, PAGE_SIZE)
    frames.push(page.value)
  }
  return ok(frames.toReversed())
}

/** One entry a page: no two are neighbours. Models: Linux v6.12 drivers/gpu/drm/drm_prime.c: drm_prime_pages_to_sg */
const listOf = (host: AllocatorHost, frames: readonly Pfn[]): KResult<SgTable> => {
  const table = host.sgAlloc(frames.length)
  if (table.ok) for (const [i, pfn] of frames.entries()) table.value.setPage(i, { kind: 'page', pfn }, PAGE_SIZE, 0)
  return table
}
