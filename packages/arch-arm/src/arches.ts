// 32-bit ARM as an Arch: how v4.11 did it, and how v6.12 does.
import type { Arch, ArchDma, ArchHost, PhysAddr, PluginApi } from '@dmalab/api'
import { clearBuffer, prepCoherent } from './clear-buffer.ts'
import { type PageCode, pageMaintenance } from './page-maintenance.ts'

/** The usual place with a 3:1 split, and 32 bytes a struct page (Documentation/arch/arm/memory.rst). */
const LAYOUT: Arch['layout'] = {
  pageOffset: 0xc000_0000n,
  vmalloc: { start: 0xf080_0000n, end: 0xff80_0000n },
  pageArray: 0xeeff_8000n,
  entrySize: 32,
  image: { base: 0, len: 32 * 2 ** 20 },
  lowKept: 0,
}

/**
 * Models: Linux v4.11 arch/arm/mm/cache-v7.S: v7_dma_map_area
 * Models: Linux v4.11 arch/arm/mm/cache-v7.S: v7_dma_unmap_area
 */
const CACHE: Omit<Arch['cache'], 'invalidatesTwice' | 'marksClean'> = {
  forDevice: ['clean', 'clean', 'invalidate', 'clean'],
  forCpu: ['invalidate', 'none', 'invalidate', 'invalidate'],
  symbols: { clean: ['v7_dma_clean_range'], invalidate: ['v7_dma_inv_range'], flush: ['v7_dma_flush_range'] },
}

const faultDetails = (address: string): readonly string[] => [
  `[${address}] *pgd=00000000`,
  'Internal error: Oops: 5 [#1] SMP ARM',
]

/** `how`: what the first line says of the access. */
const pageFault =
  (how: (write: boolean) => string): Arch['oops']['pageFault'] =>
  ({ nullPointer, address, write }) => [
    `Unable to handle kernel ${nullPointer ? 'NULL pointer dereference' : 'paging request'} at virtual address ${address}${how(write)}`,
    ...faultDetails(address),
  ]

/** Models: Linux v6.12 arch/arm/mm/fault.c: die_kernel_fault, show_pte. Models: Linux v6.12 arch/arm/kernel/traps.c: __die */
const OOPS: Omit<Arch['oops'], 'pageFault' | 'backtrace'> = {
  memcpy: 'memcpy',
  externalAbort: (address) => [
    `Unhandled fault: external abort on non-linefetch at 0x${address}`,
    ...faultDetails(address),
  ],
}

/** Registers, the line above the trace, and each function with the one it returns to. */
const backtrace =
  (head: string, line: (symbol: string, from: string) => string): Arch['oops']['backtrace'] =>
  ([innermost = 'unknown', caller, ...rest]) => {
    const path = [innermost, ...(caller === undefined ? [] : [caller, ...rest])]
    return [
      `PC is at ${innermost}`,
      ...(caller === undefined ? [] : [`LR is at ${caller}`]),
      head,
      ...path.slice(0, -1).map((symbol, i) => line(symbol, path[i + 1] ?? 'unknown')),
    ]
  }
/** Models: Linux v6.12 arch/arm/kernel/traps.c: dump_backtrace_entry */
const fromTo = (symbol: string, from: string): string => ` ${symbol} from ${from}`

const COMMON = {
  board: 'arm',
  pointerBits: 32,
  highmem: true,
  dmaMinAlign: 64,
  snoops: 'when-told',
  allocatesCoherent: true,
  poolsNeedNoMap: true,
  layout: LAYOUT,
} as const satisfies Partial<Arch>

export const armV411 = (api: PluginApi): Arch => ({
  ...COMMON,
  name: 'arm-v4.11',
  source: 'Linux v4.11 arch/arm/mm',
  pfnValid: 'memblock',
  cache: { ...CACHE, invalidatesTwice: true, marksClean: 'pages' },
  oops: {
    ...OOPS,
    pageFault: pageFault(() => ''),
    backtrace: backtrace('Backtrace:', (symbol, from) => `(${symbol}) from (${from})`),
  },
  syscallPath: ['ret_fast_syscall', 'SyS_ioctl', 'do_vfs_ioctl'],
  attach: (host) => armDma(api, host, 'v4.11'),
})

export const arm = (api: PluginApi): Arch => ({
  ...COMMON,
  name: 'arm',
  source: 'Linux v6.12 arch/arm/mm',
  pfnValid: 'pageblock',
  cache: { ...CACHE, invalidatesTwice: false, marksClean: 'folios' },
  oops: {
    ...OOPS,
    pageFault: pageFault((write) => (write ? ' when write' : ' when read')),
    backtrace: backtrace('Call trace:', fromTo),
  },
  syscallPath: ['ret_fast_syscall', 'sys_ioctl'],
  attach: (host) => armDma(api, host, 'v6.12'),
})

/** Models: Linux v6.1 arch/arm/mm/fault.c: die_kernel_fault. Models: Linux v6.1 arch/arm/kernel/traps.c: dump_backtrace */
export const armV61 = (api: PluginApi): Arch => ({
  ...arm(api),
  name: 'arm-v6.1',
  source: 'Linux v6.1 arch/arm/mm',
  oops: { ...OOPS, pageFault: pageFault(() => ''), backtrace: backtrace('Backtrace:', fromTo) },
})

/** Models: Linux v6.12 arch/arm/mm/dma-mapping.c: arch_sync_dma_for_device, arch_sync_dma_for_cpu */
const armDma = (api: PluginApi, host: ArchHost, code: PageCode): ArchDma => {
  const caches = pageMaintenance(api, host, code)
  const pageOf = (at: PhysAddr) => ({ kind: 'page', pfn: api.pfnOf(at) }) as const
  return {
    syncForDevice: api.asCacheSays((at, size, dir) => caches.cpuToDev(pageOf(at), at % api.PAGE_SIZE, size, dir)),
    syncForCpu: api.asCacheSays((at, size, dir) => caches.devToCpu(pageOf(at), at % api.PAGE_SIZE, size, dir)),
    prepCoherent: (at, size) => prepCoherent(api, host, at, size),
    clearBuffer: (at, size, snooped) => clearBuffer(api, host, at, size, snooped),
  }
}
