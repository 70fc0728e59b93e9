// How drivers/media and drivers/dma-buf differ between releases, as facts; call paths, texts and the answers that changed.
import type { KernelFacts } from './kernel.ts'
import type { Arch } from './machine.ts'

export interface MediaFacts {
  /** Name stem of vb2's prepare step: `__qbuf_dmabuf`, later `__prepare_dmabuf`. */
  readonly prepareStem: '__qbuf' | '__prepare'
  /** REQBUFS while a buffer is exported or mapped: refused with EBUSY, or the memory is orphaned (since v5.0). */
  readonly buffersInUse: 'busy' | 'orphaned'
  /** REQBUFS gives at least: the buffers a driver needs queued, or one more than that and never less than two (since v6.8). */
  readonly reqbufsFloor: 'queued' | 'queued-plus-one'
  /** Head of vb2's debug lines by source file; `named` ones carry the queue's name in brackets. */
  readonly log: { readonly core: string; readonly v4l2: string; readonly named: boolean }
  /** From the system call to the file's ioctl, outermost first. */
  readonly ioctlEntry: Readonly<Record<Arch, readonly string[]>>
  /** What vb2-dma-contig prints before the size when an allocation fails. */
  readonly allocFailure: string
  /** Unit after the two sizes of "contiguous chunk is too small". */
  readonly chunkUnit: '' | ' b'
  /** Importers go through dma_buf_map_attachment_unlocked (since v6.2), which takes the reservation lock. */
  readonly attachmentLock: boolean
  /** vb2 syncs an own buffer only when it was asked for as non-coherent (since v5.14), not whenever it has a table. */
  readonly nonCoherentFlag: boolean
  /** VIDIOC_REMOVE_BUFS exists (since v6.10). */
  readonly removeBufs: boolean
  /** CPU access to a buffer that vb2-dma-sg exported is bracketed with syncs (since v5.9). */
  readonly sgCpuAccess: boolean
  /** USERPTR memory without struct page goes through dma_map_resource (since v4.18), not through a guess at the bus address. */
  readonly userptrResource: boolean
}

export const MEDIA_V4_11: MediaFacts = {
  prepareStem: '__qbuf',
  buffersInUse: 'busy',
  reqbufsFloor: 'queued',
  log: { core: 'vb2-core: ', v4l2: 'vb2-v4l2: ', named: false },
  ioctlEntry: {
    arm: ['ret_fast_syscall', 'SyS_ioctl', 'do_vfs_ioctl'],
    arm64: ['el0_svc_naked', 'SyS_ioctl', 'do_vfs_ioctl'],
    riscv64: ['SyS_ioctl', 'do_vfs_ioctl'],
    x86_64: ['entry_SYSCALL_64_fastpath', 'SyS_ioctl', 'do_vfs_ioctl'],
  },
  allocFailure: 'dma_alloc_coherent of size',
  chunkUnit: ' b',
  attachmentLock: false,
  nonCoherentFlag: false,
  removeBufs: false,
  sgCpuAccess: false,
  userptrResource: false,
}

export const MEDIA_V6_12: MediaFacts = {
  prepareStem: '__prepare',
  buffersInUse: 'orphaned',
  reqbufsFloor: 'queued-plus-one',
  log: { core: 'videobuf2_common: ', v4l2: 'videobuf2_v4l2: ', named: true },
  ioctlEntry: {
    arm: ['ret_fast_syscall', 'sys_ioctl'],
    arm64: ['el0t_64_sync', 'el0t_64_sync_handler', 'el0_svc', 'do_el0_svc', '__arm64_sys_ioctl'],
    riscv64: ['do_trap_ecall_u', '__riscv_sys_ioctl'],
    x86_64: ['entry_SYSCALL_64_after_hwframe', 'do_syscall_64', '__x64_sys_ioctl'],
  },
  allocFailure: 'dma alloc of size',
  chunkUnit: '',
  attachmentLock: true,
  nonCoherentFlag: true,
  removeBufs: true,
  sgCpuAccess: true,
  userptrResource: true,
}

/** The facts of a kernel; one that states none gets those of the release that its other vb2 facts belong to. */
export const mediaFacts = (kernel: KernelFacts): MediaFacts =>
  kernel.media ?? (kernel.dqbufUnmaps ? MEDIA_V4_11 : MEDIA_V6_12)
