// USERPTR buffers: memory of the task, pinned and mapped for the device.
import type { Device, Direction, KResult, Pfn, SgTable, UserMapping, Vb2Mem, Vb2MemOps } from '@dmalab/api'
import { type DcBuf, type DcContext, dcBuf, mappedRun, newDcBuf, noDevice } from './dc-buf.ts'

type UserptrOps = Pick<Vb2MemOps, 'getUserptr' | 'putUserptr'>

export const userptrBuffers = (context: DcContext): UserptrOps => {
  const { api, host } = context
  const { ATTR, fail, ok } = api
  const media = host.kernel.media

  /** Memory without struct page: the device gets the address itself. ENOMEM. */
  const mapPageless = (buf: DcBuf, frames: readonly Pfn[], user: UserMapping): KResult<Vb2Mem> => {
    for (let i = 1; i < frames.length; i++)
      if (frames[i] !== (frames[0] ?? 0) + i) return fail('EINVAL', `${buf.owner} has no struct pages and is scattered`)
    if (!media.userptrResource) {
      buf.dmaAddr = api.dma(busAddress(buf.dev, user.phys))
      return ok(buf)
    }
    const at = host.dma.mapResource(buf.dev, user.phys, buf.size, buf.dir, 0)
    if (!at.ok) return fail('ENOMEM', at.why)
    buf.dmaAddr = at.value
    buf.priv.releaseUser = () => host.dma.unmapResource(buf.dev, buf.dmaAddr, buf.size, buf.dir, 0)
    return ok(buf)
  }

  /** EIO: the map failed. EFAULT: the device does not see the memory in one piece. */
  const mapPages = (buf: DcBuf, table: SgTable): KResult<Vb2Mem> => {
    const mapped = host.dma.mapSgAttrs(buf.dev, table, buf.dir, ATTR.SKIP_CPU_SYNC)
    if (!mapped.ok) {
      host.printk('err', 'failed to map scatterlist')
      host.sgFree(table)
      return fail('EIO', mapped.why)
    }
    const release = (): void => {
      host.dma.unmapSgAttrs(buf.dev, table, buf.dir, ATTR.SKIP_CPU_SYNC)
      host.sgFree(table)
    }
    const run = mappedRun(table, host.kernel)
    if (run < buf.size) {
      host.printk('err', `contiguous mapping is too small ${run}/${buf.size}`)
      release()
      return fail('EFAULT', `${buf.dev.name} sees ${run} of ${buf.size} bytes of ${buf.owner} in one piece`)
    }
    buf.dmaAddr = table.entry(0).dmaAddress
    buf.table = table
    buf.priv.nonCoherent = true
    buf.priv.releaseUser = release
    return ok(buf)
  }

  return {
    /**
     * EINVAL: unaligned or empty, no device, or page-less and scattered. EFAULT: not all of it can be pinned, or the device does not see it in
     * one piece. EIO, ENOMEM: see above.
     * Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_get_userptr
     */
    getUserptr: (dev: Device | null, user: UserMapping, size: number, dir: Direction, owner: string): KResult<Vb2Mem> =>
      host.call('vb2_dc_get_userptr', () => {
        const align = host.kernel.arch.dmaMinAlign
        if (user.phys % align !== 0 || size % align !== 0) {
          host.printk('debug', `user data must be aligned to ${align} bytes`)
          return fail('EINVAL', `${owner}: address or size is not a multiple of ${align}`)
        }
        if (size === 0) return fail('EINVAL', `${owner} is empty`)
        if (dev === null) return noDevice(context, 'vb2_dc_get_userptr')
        const pinned = api.pinUser(host.kernel, user, size, dir)
        if (!pinned.ok) return pinned
        const buf = newDcBuf(api, { dev, size, dir, owner })
        const offset = api.offsetInPage(user.phys)
        const frames = pageFrames(api.pfnOf(user.phys), api.pagesFor(offset + size), user.pages)
        if (!frames.every((frame) => host.mem.pfnValid(frame))) return mapPageless(buf, frames, user)
        const runs = pageRuns(frames)
        const table = host.sgAlloc(runs.length)
        if (!table.ok) {
          host.printk('err', 'failed to initialize sg table')
          return table
        }
        let left = size
        runs.forEach((run, i) => {
          const at = i === 0 ? offset : 0
          const length = Math.min(left, run.pages * api.PAGE_SIZE - at)
          table.value.setPage(i, { kind: 'page', pfn: run.first }, length, at)
          left -= length
        })
        return mapPages(buf, table.value)
      }),

    /** Models: Linux v4.11 drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_put_userptr. Leaves out: marking the pages dirty. */
    putUserptr: (mem) =>
      host.call('vb2_dc_put_userptr', () => {
        const buf = dcBuf(mem)
        buf.priv.releaseUser?.()
        buf.priv.releaseUser = null
        buf.table = null
      }),
  }
}

const pageFrames = (first: Pfn, count: number, scattered: readonly Pfn[] | undefined): readonly Pfn[] =>
  scattered?.slice(0, count) ?? Array.from({ length: count }, (_, i) => (first + i) as Pfn)

/** Neighbouring frames in one run. Models: Linux v4.11 lib/scatterlist.c: sg_alloc_table_from_pages */
const pageRuns = (frames: readonly Pfn[]): { first: Pfn; pages: number }[] => {
  const runs: { first: Pfn; pages: number }[] = []
  for (const frame of frames) {
    const last = runs.at(-1)
    if (last !== undefined && last.first + last.pages === frame) last.pages += 1
    else runs.push({ first: frame, pages: 1 })
  }
  return runs
}

/** __arch_pfn_to_dma(): through the device's window, or the physical address itself. */
const busAddress = (dev: Device, phys: number): number => {
  const window = dev.facts.dmaRanges?.find(({ cpu, len }) => phys >= cpu && phys < cpu + len)
  return window === undefined ? phys : phys - window.cpu + window.bus
}
