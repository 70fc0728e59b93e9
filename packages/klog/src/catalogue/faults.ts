// Faults, warnings and stalls of the kernel itself. Each begins a splat; its call trace decides whether DMA memory is the matter.
//
// Models: Linux v6.12 arch/arm64/mm/fault.c: die_kernel_fault, do_sea, do_mem_abort
// Models: Linux v6.12 arch/arm64/kernel/traps.c: arm64_serror_panic, die
// Models: Linux v4.11 arch/arm64/kernel/traps.c: bad_mode
// Models: Linux v6.12 arch/arm/mm/fault.c: die_kernel_fault, do_DataAbort
// Models: Linux v6.12 arch/x86/mm/fault.c: show_fault_oops
// Models: Linux v6.12 lib/bug.c: __report_bug
// Models: Linux v6.12 kernel/panic.c: __warn
import { entries, type Entry, type Form, type Seen } from './entry.ts'

const ELSEWHERE = 'read the call trace from the driver inwards; `dmalab explain` knows those that pass DMA functions'

const inner = ({ trace }: Seen): string => (trace[0] === undefined ? 'no function is named' : `in ${trace[0]}`)

const head = (
  id: string,
  title: string,
  source: string,
  forms: readonly Form[],
  says: (seen: Seen) => string,
): Entry => ({
  id,
  kind: 'note',
  title,
  splat: true,
  forms,
  source,
  cause: (seen) => `${says(seen)} (${inner(seen)}). Nothing in its trace shows that DMA memory is the matter`,
  next: ELSEWHERE,
  fixes: [],
})

/** An external abort is about a bus address whatever the trace says. */
const abort = (
  id: string,
  title: string,
  source: string,
  forms: readonly Form[],
  says: (seen: Seen) => string,
): Entry => ({
  ...head(id, title, source, forms, says),
  kind: 'problem',
  cause: says,
  next: 'which device was active, and what did the CPU write or read just before? Is memory mapped that no RAM backs (a too large reg, a firmware region), or a peripheral without clock or power?',
  fixes: [
    'check RAM and reserved regions of the device tree against the real board (`dmalab board facts FILE.dtb`)',
    'clocks and power domains of the device whose registers are touched',
    'a device that is given an address outside its window answers so, too: compare dma-ranges',
  ],
})

export const FAULTS = entries([
  head(
    'fault-paging',
    'a kernel fault',
    'arch/arm64/mm/fault.c: die_kernel_fault; arch/x86/mm/fault.c: show_fault_oops',
    [
      ['any', 'Unable to handle kernel {what:text} at virtual address {address:hex}'],
      ['any', 'Unable to handle kernel {what:text} at address {address:hex}'],
      ['4.x to 5.x', 'BUG: unable to handle kernel {what:text} at {address:hex}'],
      ['5.x+', 'BUG: unable to handle page fault for address: {address:hex}'],
      ['5.x+', 'BUG: kernel NULL pointer dereference, address: {address:hex}'],
      ['any', 'general protection fault'],
      ['any', 'Unhandled fault: page domain fault'],
    ],
    ({ fields }) =>
      `the kernel accessed 0x${fields.text('address')}${fields.has('what') ? ` (${fields.text('what')})` : ''}, where nothing is mapped`,
  ),
  head(
    'fault-oops',
    'a kernel fault',
    'arch/arm64/kernel/traps.c: die',
    [
      ['any', 'Internal error: {what:text} ['],
      ['any', 'Oops: {what:hex} [#'],
      ['any', 'Oops - {what:text} [#'],
      ['any', 'Kernel access of bad area'],
    ],
    ({ fields }) => `the kernel stopped (${fields.text('what')})`,
  ),
  head(
    'fault-bug',
    'a check stopped the kernel',
    'lib/bug.c: __report_bug',
    [
      ['any', 'kernel BUG at {where:word}'],
      ['any', 'Kernel BUG at {where:word}'],
    ],
    ({ fields }) => `a BUG() at ${fields.text('where').replace(/!$/, '')}`,
  ),
  head(
    'fault-warning',
    'a warning with a call trace',
    'kernel/panic.c: __warn',
    [
      ['2.6+', 'WARNING: CPU: {cpu:dec} PID: {pid:dec} at {where:word}'],
      ['6.18+', 'WARNING: {where:word} at'],
      ['2.6 to 3.x', 'WARNING: at {where:word}'],
    ],
    ({ fields }) => `a WARN() at ${fields.text('where')}`,
  ),
  head(
    'fault-trace',
    'a call trace',
    'lib/dump_stack.c: dump_stack',
    [
      ['any', 'Call trace:'],
      ['any', 'Call Trace:'],
      ['ARM', 'Backtrace:'],
    ],
    () => 'a call trace without the line that says why',
  ),
  head(
    'fault-stall',
    'a CPU does not come back',
    'kernel/rcu/tree_stall.h: print_cpu_stall',
    [
      ['any', 'self-detected stall on CPU'],
      ['any', 'detected stalls on CPUs/tasks'],
      ['any', 'BUG: soft lockup - CPU#{cpu:dec} stuck for'],
      ['any', 'Watchdog detected hard LOCKUP on cpu {cpu:dec}'],
    ],
    () => 'a loop does not end, or interrupts stay off',
  ),
  abort(
    'fault-serror',
    'an asynchronous external abort (SError)',
    'arch/arm64/kernel/traps.c: arm64_serror_panic',
    [
      ['4.15+', 'SError Interrupt on CPU{cpu:dec}, code {esr:hex}'],
      ['3.x to 4.14', 'Bad mode in Error handler detected on CPU{cpu:dec}, code {esr:hex}'],
      ['3.x to 4.14', 'Bad mode in Error handler detected, code {esr:hex}'],
      ['any', 'Asynchronous SError Interrupt'],
    ],
    ({ fields }) =>
      `SError: an external abort that arrived late${fields.has('esr') ? ` (ESR 0x${fields.text('esr')})` : ''}: the bus refused an access of the CPU, or data that a cache wrote back, at an address where nothing answers. The pc is where it was noticed, not where it happened`,
  ),
  abort(
    'fault-external-abort',
    'an external abort',
    'arch/arm64/mm/fault.c: do_sea; arch/arm/mm/fault.c: do_DataAbort',
    [
      ['any', 'Unhandled fault: {what:word} external abort {rest:text}'],
      ['any', 'synchronous external abort'],
      ['any', 'Unhandled fault: external abort on {what:text}'],
      ['4.x+', 'Hit pending asynchronous external abort'],
    ],
    () =>
      'external abort: the bus refused an access of the CPU, because nothing answers at that address: registers without clock or power, or memory that is not RAM',
  ),
  {
    id: 'cache-line-size',
    kind: 'problem',
    title: 'the cache line is larger than the kernel aligns for',
    forms: [
      ['4.17+', 'ARCH_DMA_MINALIGN smaller than CTR_EL0.CWG ({aligned:dec} < {line:dec})'],
      ['6.0+', 'ARCH_DMA_MINALIGN smaller than riscv,cbom-block-size ({aligned:dec} < {line:dec})'],
      ['5.x+', 'CLIDR_EL1.LoC == 0, treating as coherent'],
    ],
    source: 'arch/arm64/mm/dma-mapping.c: arch_setup_dma_ops',
    cause:
      'the cache line of the CPU is larger than the kernel aligns for, or the CPU says that it needs no maintenance at all',
    next: 'which core is it?',
    fixes: ['a kernel with a larger ARCH_DMA_MINALIGN'],
  },
  {
    id: 'no-cache-operations',
    kind: 'problem',
    title: 'a device that does not snoop, on a CPU without cache maintenance',
    forms: [
      ['6.0+', 'device non-coherent but no non-coherent operations supported'],
      ['6.0+', 'Non-coherent DMA support enabled without a block size'],
    ],
    source: 'arch/riscv/mm/dma-noncoherent.c: arch_setup_dma_ops, riscv_noncoherent_supported',
    cause:
      'the device does not snoop the caches, and this kernel has no instructions to clean or invalidate them (Zicbom, or those of the vendor): what device and CPU write to each other is stale',
    next: 'does the device tree state riscv,cbom-block-size and dma-noncoherent as the hardware has them?',
    fixes: [
      'state riscv,cbom-block-size',
      'CONFIG_RISCV_ISA_ZICBOM or the errata of the vendor',
      'dma-coherent where the device does snoop',
    ],
    code: 'stale-read',
  },
])
