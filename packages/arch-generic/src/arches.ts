// arm64 and riscv64 as Arch objects: all memory is in the linear map, and cache work goes through it.
import type { Arch, PageFault, PluginApi } from '@dmalab/api'
import { linearDma } from './linear-dma.ts'

export const COMMON = {
  pointerBits: 64,
  highmem: false,
  pfnValid: 'section',
  allocatesCoherent: false,
  poolsNeedNoMap: false,
} as const satisfies Partial<Arch>

/** The kernel image at the start of memory. */
const IMAGE = { image: { base: 0, len: 32 * 2 ** 20 }, lowKept: 0 } as const

const unableTo = ({ nullPointer, address }: PageFault): string =>
  `Unable to handle kernel ${nullPointer ? 'NULL pointer dereference' : 'paging request'} at virtual address ${address}`

/** Written back before the device owns the range, also where it only writes: stale bytes must not leak to user space. */
const ALWAYS_CLEAN = ['clean', 'clean', 'clean', 'clean'] as const
const INVALIDATE_UNLESS_TO_DEVICE = ['invalidate', 'none', 'invalidate', 'invalidate'] as const

export const arm64 = (api: PluginApi): Arch => ({
  ...COMMON,
  name: 'arm64',
  board: 'arm64',
  snoops: 'when-told',
  source: 'Linux v6.12 arch/arm64/mm',
  dmaMinAlign: 64,
  /** 4 KiB pages, 48-bit addresses (Documentation/arch/arm64/memory.rst). */
  layout: {
    pageOffset: 0xffff_0000_0000_0000n,
    vmalloc: { start: 0xffff_8000_8000_0000n, end: 0xffff_fdff_8000_0000n },
    pageArray: 0xffff_fdff_c000_0000n,
    entrySize: 64,
    ...IMAGE,
  },
  /** Models: Linux v6.12 arch/arm64/mm/dma-mapping.c: arch_sync_dma_for_device, arch_sync_dma_for_cpu */
  cache: {
    forDevice: ALWAYS_CLEAN,
    forCpu: INVALIDATE_UNLESS_TO_DEVICE,
    symbols: { clean: ['dcache_clean_poc'], invalidate: ['dcache_inval_poc'], flush: ['dcache_clean_inval_poc'] },
    invalidatesTwice: false,
    marksClean: 'nothing',
  },
  /** Models: Linux v6.12 arch/arm64/mm/fault.c: die_kernel_fault, do_sea. Models: Linux v6.12 arch/arm64/kernel/traps.c: __die */
  oops: {
    memcpy: '__memcpy',
    pageFault: (fault) => [unableTo(fault), 'Internal error: Oops: 0000000096000006 [#1] SMP'],
    externalAbort: () => ['Internal error: synchronous external abort: 0000000096000010 [#1] SMP'],
    backtrace: (path) => [`pc : ${path[0] ?? 'unknown'}`, 'Call trace:', ...path.map((symbol) => ` ${symbol}`)],
  },
  syscallPath: ['el0t_64_sync', 'el0t_64_sync_handler', 'el0_svc', 'do_el0_svc', '__arm64_sys_ioctl'],
  /** Cleaned, not invalidated. Models: Linux v6.12 arch/arm64/mm/dma-mapping.c: arch_dma_prep_coherent */
  attach: (host) => linearDma(api, host, (at, size) => host.cache.dmacMap(at, size, api.DIR.BIDIRECTIONAL)),
})

/** New coherent memory is invalidated, too. Models: Linux v6.1 arch/arm64/mm/dma-mapping.c: arch_dma_prep_coherent */
export const arm64V61 = (api: PluginApi): Arch => ({
  ...arm64(api),
  name: 'arm64-v6.1',
  source: 'Linux v6.1 arch/arm64/mm',
  attach: (host) => linearDma(api, host, (at, size) => host.cache.dmacFlush(at, size)),
})

/** Its pfn_valid() asks whether memory is mapped. Models: Linux v5.10 arch/arm64/mm/init.c: pfn_valid */
export const arm64V510 = (api: PluginApi): Arch => ({
  ...arm64V61(api),
  name: 'arm64-v5.10',
  source: 'Linux v5.10 arch/arm64/mm',
  pfnValid: 'memblock',
})

/**
 * Two blanks where nothing is said of preemption, and a letter behind the function that faulted: P, its program counter. As 6.18.35 has it, and logs of 7.2.13.
 * Models: Linux v6.18 arch/arm64/kernel/traps.c: __die. Models: Linux v6.18 arch/arm64/kernel/stacktrace.c: dump_backtrace_entry
 */
export const arm64V618 = (api: PluginApi): Arch => {
  const older = arm64(api)
  return {
    ...older,
    name: 'arm64-v6.18',
    source: 'Linux v6.18 arch/arm64/mm',
    oops: {
      memcpy: '__pi_memcpy_generic',
      pageFault: (fault) => [unableTo(fault), 'Internal error: Oops: 0000000096000006 [#1]  SMP'],
      externalAbort: () => ['Internal error: synchronous external abort: 0000000096000010 [#1]  SMP'],
      backtrace: (path) => older.oops.backtrace(path).map((line) => (line === ` ${path[0]}` ? `${line} (P)` : line)),
    },
  }
}

export const riscv64 = (api: PluginApi): Arch => ({
  ...COMMON,
  name: 'riscv64',
  board: 'riscv64',
  snoops: 'unless-told',
  source: 'Linux v6.12 arch/riscv/mm',
  dmaMinAlign: 64,
  /** Sv39 (Documentation/arch/riscv/vm-layout.rst). */
  layout: {
    pageOffset: 0xffff_ffd6_0000_0000n,
    vmalloc: { start: 0xffff_ffc6_0000_0000n, end: 0xffff_ffd6_0000_0000n },
    pageArray: 0xffff_ffc5_0000_0000n,
    entrySize: 64,
    ...IMAGE,
  },
  /** With Zicbom. Models: Linux v6.12 arch/riscv/mm/dma-noncoherent.c: arch_sync_dma_for_device, arch_sync_dma_for_cpu */
  cache: {
    forDevice: ['clean', 'clean', 'clean', 'none'],
    forCpu: ['invalidate', 'none', 'invalidate', 'none'],
    // ALT_CMO_OP is inlined, and so is all around it but this.
    symbols: { clean: ['arch_dma_cache_wback'], invalidate: [], flush: [] },
    invalidatesTwice: false,
    marksClean: 'nothing',
  },
  /** Models: Linux v6.12 arch/riscv/mm/fault.c: die_kernel_fault. Models: Linux v6.12 arch/riscv/kernel/traps.c: die, do_trap_error */
  oops: {
    memcpy: '__memcpy',
    pageFault: (fault) => [unableTo(fault), 'Oops [#1]'],
    externalAbort: () => ['Oops - load access fault [#1]'],
    // No head stands above the backtrace; the return address before each symbol is left out.
    backtrace: (path) => [
      `epc : ${path[0] ?? 'unknown'}`,
      ...(path[1] === undefined ? [] : [` ra : ${path[1]}`]),
      ...path.map((symbol) => ` ${symbol}`),
    ],
  },
  syscallPath: ['handle_exception', 'do_trap_ecall_u', '__riscv_sys_ioctl'],
  /** Models: Linux v6.12 arch/riscv/mm/dma-noncoherent.c: arch_dma_prep_coherent */
  attach: (host) => linearDma(api, host, (at, size) => host.cache.dmacFlush(at, size)),
})
