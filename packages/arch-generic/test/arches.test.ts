// What the 64-bit architectures say when they stop, and where they keep things.
import { pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import plugin from '../src/index.ts'

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
