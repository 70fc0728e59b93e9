// Pages of a task: those that a driver takes by address, and those that it maps there.
import { DIR, type Direction } from './flags.ts'
import { fail, type KResult, ok } from './errno.ts'
import type { KernelFacts } from './kernel-facts.ts'
import type { UserArea, UserMapping } from './ops.ts'
import { PAGE_SIZE, type Pfn, physOf } from './units.ts'

/**
 * Can videobuf2 have `size` bytes from the start of `user`? EFAULT: fewer are mapped; the device is to write what the task may only
 * read; page table entries without pages, since the kernel does not follow those any more.
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-memops.c: vb2_create_framevec
 * Models: Linux v6.12 drivers/media/common/videobuf2/frame_vector.c: get_vaddr_frames
 */
export const pinUser = (kernel: KernelFacts, user: UserMapping, size: number, dir: Direction): KResult<void> => {
  if (user.len < size) return fail('EFAULT', `${user.len} of ${size} bytes are mapped`)
  const writes = dir === DIR.FROM_DEVICE || dir === DIR.BIDIRECTIONAL
  if (writes && user.readOnly === true) return fail('EFAULT', 'the task may not write there')
  if (user.pfnMap === true && kernel.media.userptrPfnMap === 'refused')
    return fail('EFAULT', 'the mapping has no pages that could be pinned')
  return ok(undefined)
}

/**
 * An area of a file whose pages are `frames`, the CPU's caches in use. ENXIO: it reaches beyond them.
 * Models: Linux v6.12 mm/memory.c: vm_map_pages
 */
export const mapPages = (frames: readonly Pfn[], { pgoff, len }: UserArea): KResult<UserMapping> => {
  const pages = frames.slice(pgoff, pgoff + len / PAGE_SIZE)
  const [first] = pages
  if (first === undefined || pages.length * PAGE_SIZE < len)
    return fail('ENXIO', `pages ${pgoff} to ${pgoff + len / PAGE_SIZE - 1} of ${frames.length} are not all there`)
  return ok({ phys: physOf(first), len, kind: 'cached', pages })
}
