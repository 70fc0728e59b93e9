// What drivers/media and drivers/dma-buf were in the releases that are modelled.
import type { KernelFacts } from './kernel-facts.ts'
import type { MediaFacts } from './media-facts.ts'

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
