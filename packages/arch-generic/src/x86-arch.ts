// x86-64 as an Arch: every device snoops, so there is no cache work.
import type { Arch, PluginApi } from '@dmalab/api'
import { COMMON } from './arches.ts'
import { linearDma } from './linear-dma.ts'

const MIB = 2 ** 20
const NOTHING = ['none', 'none', 'none', 'none'] as const

export const x8664 = (api: PluginApi): Arch => ({
  ...COMMON,
  name: 'x86_64',
  board: 'x86_64',
  snoops: 'always',
  source: 'Linux v6.12 arch/x86',
  dmaMinAlign: 1,
  /**
   * 4-level page tables (Documentation/arch/x86/x86_64/mm.rst). The first MiB is the firmware's (arch/x86/kernel/setup.c: early_reserve_memory),
   * the image begins at CONFIG_PHYSICAL_START, so ZONE_DMA below it is free.
   */
  layout: {
    pageOffset: 0xffff_8880_0000_0000n,
    vmalloc: { start: 0xffff_c900_0000_0000n, end: 0xffff_e8ff_ffff_ffffn },
    pageArray: 0xffff_ea00_0000_0000n,
    entrySize: 64,
    image: { base: 16 * MIB, len: 32 * MIB },
    lowKept: MIB,
  },
  cache: {
    forDevice: NOTHING,
    forCpu: NOTHING,
    symbols: { clean: [], invalidate: [], flush: [] },
    invalidatesTwice: false,
    marksClean: 'nothing',
  },
  /** Models: Linux v6.12 arch/x86/mm/fault.c: show_fault_oops. Models: Linux v6.12 arch/x86/kernel/dumpstack.c: __die_header, show_trace_log_lvl */
  oops: {
    memcpy: 'memcpy',
    pageFault: ({ nullPointer, address, write }) => [
      nullPointer
        ? `BUG: kernel NULL pointer dereference, address: ${address}`
        : `BUG: unable to handle page fault for address: ${address}`,
      `#PF: supervisor ${write ? 'write' : 'read'} access in kernel mode`,
      `#PF: error_code(${write ? '0x0002' : '0x0000'}) - not-present page`,
      `Oops: Oops: ${write ? '0002' : '0000'} [#1] PREEMPT SMP NOPTI`,
    ],
    // Real hardware answers with all ones; here the access ends the run all the same.
    externalAbort: (address) => [`no memory answers at 0x${address}`],
    backtrace: (path) => [
      `RIP: 0010:${path[0] ?? 'unknown'}`,
      'Call Trace:',
      ' <TASK>',
      ...path.map((symbol) => ` ${symbol}`),
      ' </TASK>',
    ],
  },
  syscallPath: ['entry_SYSCALL_64_after_hwframe', 'do_syscall_64', '__x64_sys_ioctl'],
  attach: (host) => linearDma(api, host, () => {}),
})
