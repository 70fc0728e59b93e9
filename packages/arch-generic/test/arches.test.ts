// What the 64-bit architectures say when they stop, and where they keep things.
import { dma, type Host, pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import plugin from '../src/index.ts'
import { overflowText } from '../src/direct-limits.ts'

const found = plugin(pluginApi)
const arch = (name: string) => {
  const one = found.arches?.find((candidate) => candidate.name === name)
  if (one === undefined) throw new Error(`there is no ${name}`)
  return one
}
const MISSING = { nullPointer: false, address: 'ffff800012345000', write: false }
const NULL = { nullPointer: true, address: '0000000000000008', write: true }
const PATH = ['dcache_inval_poc', 'arch_sync_dma_for_cpu']

describe.each([
  ['arm64', ' SMP', ' dcache_inval_poc'],
  ['arm64-v6.18', '  SMP', ' dcache_inval_poc (P)'],
])('%s', (name, smp, first) => {
  const { oops } = arch(name)
  it('says what it could not reach', () => {
    expect(oops.pageFault(MISSING)).toEqual([
      'Unable to handle kernel paging request at virtual address ffff800012345000',
      `Internal error: Oops: 0000000096000006 [#1]${smp}`,
    ])
    expect(oops.pageFault(NULL)[0]).toBe(
      'Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008',
    )
    expect(oops.externalAbort('9000000')).toEqual([
      `Internal error: synchronous external abort: 0000000096000010 [#1]${smp}`,
    ])
  })
  it('shows the way there, innermost first', () => {
    expect(oops.backtrace(PATH)).toEqual(['pc : dcache_inval_poc', 'Call trace:', first, ' arch_sync_dma_for_cpu'])
    expect(oops.backtrace([])).toEqual(['pc : unknown', 'Call trace:'])
  })
})

it('arm64 names what it does to lines', () => {
  expect(arch('arm64').cache.symbols).toEqual({
    clean: ['dcache_clean_poc'],
    invalidate: ['dcache_inval_poc'],
    flush: ['dcache_clean_inval_poc'],
  })
})

describe('x86-64', () => {
  const { oops, layout } = arch('x86_64')
  it('says what it could not reach', () => {
    expect(oops.pageFault(MISSING)).toEqual([
      'BUG: unable to handle page fault for address: ffff800012345000',
      '#PF: supervisor read access in kernel mode',
      '#PF: error_code(0x0000) - not-present page',
      'Oops: Oops: 0000 [#1] PREEMPT SMP NOPTI',
    ])
    expect(oops.pageFault(NULL)).toEqual([
      'BUG: kernel NULL pointer dereference, address: 0000000000000008',
      '#PF: supervisor write access in kernel mode',
      '#PF: error_code(0x0002) - not-present page',
      'Oops: Oops: 0002 [#1] PREEMPT SMP NOPTI',
    ])
    expect(oops.externalAbort('9000000')).toEqual(['no memory answers at 0x9000000'])
  })
  it('shows the way there', () => {
    expect(oops.backtrace(['memcpy'])).toEqual(['RIP: 0010:memcpy', 'Call Trace:', ' <TASK>', ' memcpy', ' </TASK>'])
  })
  it('leaves the first MiB to the firmware, and ZONE_DMA free of its image', () => {
    expect([layout.lowKept, layout.image]).toEqual([2 ** 20, { base: 2 ** 24, len: 2 ** 25 }])
  })
})

describe('kernels', () => {
  const kernel = (name: string) => {
    const one = found.kernels?.find((candidate) => candidate.name === name)
    if (one === undefined) throw new Error(`there is no ${name}`)
    return one
  }
  it('6.1 of 32-bit ARM has an architecture of its own', () => {
    expect(['arm@6.1', 'arm@6.12', 'arm@7.2'].map((name) => kernel(name).arch)).toEqual(['arm-v6.1', 'arm', 'arm'])
  })
  it('riscv64 without CMA says that cma= does nothing', () => {
    const idle = (config: object, cmdline: object) => kernel('riscv64@6.12').idle({ config, cmdline } as never)
    expect(idle({ CMA: false }, { cma: '16M' })).toEqual({ cma: 'there is no CMA without CONFIG_CMA' })
    expect([idle({ CMA: true }, { cma: '16M' }), idle({ CMA: false }, {})]).toEqual([{}, {}])
  })
  it('every option has a default, and a sentence of what it means', () => {
    for (const { config } of found.kernels ?? [])
      for (const [name, option] of Object.entries(config))
        expect([name, typeof option.default, option.meaning.length > 10]).toEqual([
          name,
          expect.stringMatching(/^(boolean|number)$/),
          true,
        ])
  })
})

describe('riscv64', () => {
  const { oops } = arch('riscv64')
  it('says what it could not reach, and the way there', () => {
    expect(oops.pageFault(MISSING)).toEqual([
      'Unable to handle kernel paging request at virtual address ffff800012345000',
      'Oops [#1]',
    ])
    expect(oops.pageFault(NULL)[0]).toMatch(/^Unable to handle kernel NULL pointer dereference/)
    expect(oops.externalAbort('9000000')).toEqual(['Oops - load access fault [#1]'])
    expect(oops.backtrace(PATH)).toEqual([
      'epc : dcache_inval_poc',
      ' ra : arch_sync_dma_for_cpu',
      ' dcache_inval_poc',
      ' arch_sync_dma_for_cpu',
    ])
    expect(oops.backtrace(['a'])).toEqual(['epc : a', ' a'])
    expect(oops.backtrace([])).toEqual(['epc : unknown'])
  })
})

// Documentation/arch: arm64/memory.rst, riscv/vm-layout.rst (Sv39), x86/x86_64/mm.rst (4 levels).
describe.each([
  [
    'arm64',
    ['clean', 'clean', 'clean', 'clean'],
    ['invalidate', 'none', 'invalidate', 'invalidate'],
    ['dcache_clean_poc', 'dcache_inval_poc', 'dcache_clean_inval_poc'],
    [0xffff_0000_0000_0000n, 0xffff_8000_8000_0000n, 0xffff_fdff_8000_0000n, 0xffff_fdff_c000_0000n],
    ['el0t_64_sync', 'el0t_64_sync_handler', 'el0_svc', 'do_el0_svc', '__arm64_sys_ioctl'],
    { snoops: 'when-told', dmaMinAlign: 64 },
    '__memcpy',
  ],
  [
    'riscv64',
    ['clean', 'clean', 'clean', 'none'],
    ['invalidate', 'none', 'invalidate', 'none'],
    ['arch_dma_cache_wback', '', ''],
    [0xffff_ffd6_0000_0000n, 0xffff_ffc6_0000_0000n, 0xffff_ffd6_0000_0000n, 0xffff_ffc5_0000_0000n],
    ['handle_exception', 'do_trap_ecall_u', '__riscv_sys_ioctl'],
    { snoops: 'unless-told', dmaMinAlign: 64 },
    '__memcpy',
  ],
  [
    'x86_64',
    ['none', 'none', 'none', 'none'],
    ['none', 'none', 'none', 'none'],
    ['', '', ''],
    [0xffff_8880_0000_0000n, 0xffff_c900_0000_0000n, 0xffff_e8ff_ffff_ffffn, 0xffff_ea00_0000_0000n],
    ['entry_SYSCALL_64_after_hwframe', 'do_syscall_64', '__x64_sys_ioctl'],
    { snoops: 'always', dmaMinAlign: 1 },
    'memcpy',
  ],
] as const)('%s', (name, forDevice, forCpu, [clean, invalidate, flush], places, syscallPath, facts, memcpy) => {
  const one = arch(name)
  const words = (list: readonly string[]) => list.join(' ')

  it('does to lines what its kernel does', () => {
    const { symbols, ...cache } = one.cache
    expect(cache).toEqual({ forDevice, forCpu, invalidatesTwice: false, marksClean: 'nothing' })
    expect([symbols.clean, symbols.invalidate, symbols.flush].map(words)).toEqual([clean, invalidate, flush])
  })

  it('lies where its kernel does', () => {
    const { pageOffset, vmalloc, pageArray, entrySize } = one.layout
    expect([pageOffset, vmalloc.start, vmalloc.end, pageArray, entrySize]).toEqual([...places, 64])
    expect(one).toMatchObject({
      ...facts,
      board: name,
      pointerBits: 64,
      highmem: false,
      pfnValid: 'section',
      allocatesCoherent: false,
      poolsNeedNoMap: false,
      syscallPath,
    })
    expect(one.oops.memcpy).toBe(memcpy)
  })
})

it('older and newer releases of arm64 differ in what is said of them, and in pfn_valid', () => {
  const of = (name: string) => [arch(name).board, arch(name).pfnValid, arch(name).oops.memcpy]
  expect(['arm64-v5.10', 'arm64-v6.1', 'arm64-v6.18'].map(of)).toEqual([
    ['arm64', 'memblock', '__memcpy'],
    ['arm64', 'section', '__memcpy'],
    ['arm64', 'section', '__pi_memcpy_generic'],
  ])
  // Only the function that faulted has the letter.
  expect(arch('arm64-v6.18').oops.backtrace(['a', 'b', 'a'])).toEqual([
    'pc : a',
    'Call trace:',
    ' a (P)',
    ' b',
    ' a (P)',
  ])
})

it('dma-direct names its functions as a backtrace does', () => {
  const symbols = Object.entries(found.ops?.find(({ name }) => name === 'dma-direct')?.symbols ?? {})
  expect(Object.fromEntries(symbols.map(([op, names]) => [op, names.join(' ')]))).toEqual({
    alloc: 'dma_alloc_attrs dma_direct_alloc',
    free: 'dma_free_attrs dma_direct_free',
    mmap: 'dma_mmap_attrs dma_direct_mmap',
    getSgtable: 'dma_get_sgtable_attrs dma_direct_get_sgtable',
    mapPage: 'dma_map_page_attrs',
    unmapPage: 'dma_unmap_page_attrs',
    mapSg: '__dma_map_sg_attrs dma_direct_map_sg',
    unmapSg: 'dma_unmap_sg_attrs dma_direct_unmap_sg',
    mapResource: 'dma_map_resource dma_direct_map_resource',
    unmapResource: 'dma_unmap_resource',
    syncSingleForCpu: '__dma_sync_single_for_cpu',
    syncSingleForDevice: '__dma_sync_single_for_device',
    syncSgForCpu: '__dma_sync_sg_for_cpu dma_direct_sync_sg_for_cpu',
    syncSgForDevice: '__dma_sync_sg_for_device dma_direct_sync_sg_for_device',
  })
})

it.each([
  [0x1000, 4, 2 ** 32 - 1, undefined, '0x00001000+64 overflow (mask ffffffff, bus limit 0).'],
  [0x1000, 8, 2 ** 64 - 1, 0xff_ffff, '0x0000000000001000+64 overflow (mask ffffffffffffffff, bus limit ffffff).'],
  [undefined, 8, 2 ** 40 - 1, undefined, '0xffffffffffffffff+64 overflow (mask ffffffffff, bus limit 0).'],
  [undefined, 4, 2 ** 63, undefined, '0xffffffff+64 overflow (mask 8000000000000000, bus limit 0).'],
])('an address %s out of reach, %i bytes of dma_addr_t: %s', (at, dmaAddrSize, dmaMask, busLimit, text) => {
  const host = { device: { dmaMask, facts: { busLimit } }, kernel: { dmaAddrSize } } as unknown as Host
  expect(overflowText('DMA addr', at === undefined ? undefined : dma(at), 64, host)).toBe(`DMA addr ${text}`)
})
