// Which masks arch/arm of v4.11 takes, and the blocks that its pools are cut into.
import { fail, type Host, ok, pluginApi, type Range } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { dmaPool } from '../src/dma-pool.ts'
import { maskCheck } from '../src/dma-supported.ts'

const GIB = 2 ** 30
const open = ({
  ram = [{ base: 0x4000_0000, len: GIB }],
  dmaAddrSize = 4,
  mask = 2 ** 32 - 1,
  windows,
}: {
  readonly ram?: readonly Range[]
  readonly dmaAddrSize?: number
  readonly mask?: number
  readonly windows?: readonly { readonly cpu: number; readonly bus: number; readonly len: number }[]
} = {}) => {
  const texts: string[] = []
  const host = {
    device: {
      name: 'dev',
      coherentDmaMask: mask,
      facts: { name: 'dev', ...(windows === undefined ? {} : { dmaRanges: windows }) },
    },
    kernel: { dmaAddrSize },
    ram,
    printk: (_level: string, text: string) => void texts.push(text.replace(/^[^:]*: /, '')),
  } as unknown as Host
  return { check: maskCheck(pluginApi, host), texts }
}

// Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __dma_supported, which compares the last page of the mask with max_pfn, the page behind memory.
describe('a mask', () => {
  it.each([
    ['that reaches the page behind memory', 0x8000_0fff, {}, true],
    ['that ends with the last page of memory', 0x7fff_ffff, {}, false],
    [
      'of 31 bits where memory ends a page before',
      0x7fff_ffff,
      { ram: [{ base: 0x4000_0000, len: GIB - 4096 }] },
      true,
    ],
    ['one page short of that', 0x7fff_efff, { ram: [{ base: 0x4000_0000, len: GIB - 4096 }] }, false],
    ['where memory ends within a page', 0x7fff_ffff, { ram: [{ base: 0x4000_0000, len: GIB - 4095 }] }, false],
    [
      'of 32 bits where memory goes beyond',
      0xffff_ffff,
      { ram: [{ base: 0x8000_0000, len: 4 * GIB }], dmaAddrSize: 8 },
      true,
    ],
    ['one page short of 32 bits', 0xffff_efff, { ram: [{ base: 0x8000_0000, len: 4 * GIB }], dmaAddrSize: 8 }, false],
    ['of 40 bits where dma_addr_t has 32, and memory fits', 2 ** 40 - 1, {}, true],
    ['of 40 bits where memory does not fit', 2 ** 40 - 1, { ram: [{ base: 0x8000_0000, len: 4 * GIB }] }, false],
    ['of 40 bits where memory just fits', 2 ** 40 - 1, { ram: [{ base: 0x8000_0000, len: 2 * GIB }] }, true],
    ['of 40 bits where a page does not', 2 ** 40 - 1, { ram: [{ base: 0x8000_0000, len: 2 * GIB + 4096 }] }, false],
    [
      'of 40 bits where dma_addr_t has 64',
      2 ** 40 - 1,
      { ram: [{ base: 0x8000_0000, len: 4 * GIB }], dmaAddrSize: 8 },
      true,
    ],
    [
      'whose bus addresses lie lower than memory',
      0x4000_0fff,
      { windows: [{ cpu: 0x4000_0000, bus: 0, len: GIB }] },
      true,
    ],
    ['one page short of that', 0x3fff_ffff, { windows: [{ cpu: 0x4000_0000, bus: 0, len: GIB }] }, false],
    [
      'whose bus addresses lie higher',
      0xbfff_ffff,
      { windows: [{ cpu: 0x4000_0000, bus: 0x8000_0000, len: GIB }] },
      false,
    ],
    ['and reach the page behind', 0xc000_0fff, { windows: [{ cpu: 0x4000_0000, bus: 0x8000_0000, len: GIB }] }, true],
    [
      'below all bus addresses: the sum wraps',
      0x3fff_ffff,
      { windows: [{ cpu: 0x4000_0000, bus: 0x8000_0000, len: GIB }] },
      true,
    ],
  ])('%s: %i, %o: %s', (_, mask, options, supported) => {
    const { check, texts } = open(options)
    expect([check.supports(mask), texts]).toEqual([supported, []])
  })

  it('that is unset, or misses memory, gives no coherent memory, and the kernel says why', () => {
    const unset = open({ mask: 0 })
    expect(unset.check.coherentMask()).toEqual({ ok: false, errno: 'ENOMEM', why: 'dev has no coherent DMA mask' })
    expect(unset.texts).toEqual(['coherent DMA mask is unset'])
    const short = open({ mask: 0x7fff_efff })
    expect(short.check.coherentMask()).toEqual({
      ok: false,
      errno: 'ENOMEM',
      why: 'the coherent mask of dev, 0x7fffefff, ends before memory does, at 0x80000000',
    })
    expect(short.texts).toEqual([
      'Coherent DMA mask 0x7fffefff (pfn 0x0-0x7ffff) covers a smaller range of system memory than the DMA zone pfn 0x0-0x80001',
    ])
    const wide = open({ mask: 2 ** 40 - 1, ram: [{ base: 0x8000_0000, len: 4 * GIB }] })
    expect(wide.check.coherentMask().ok).toBe(false)
    expect(wide.texts).toEqual([
      'Coherent DMA mask 0xffffffffff is larger than dma_addr_t allows',
      'Driver did not use or check the return value from dma_set_coherent_mask()?',
    ])
    expect(open({ mask: 0xffff_ffff }).check.coherentMask()).toEqual({ ok: true, value: 0xffff_ffff })
  })
})

// Models: Linux v4.11 mm/dmapool.c: dma_pool_alloc, dma_pool_free, pool_alloc_page
describe('blocks of a page', () => {
  const make = (blockSize: number, pages = 3) => {
    let taken = 0
    const pool = dmaPool(pluginApi, blockSize, () =>
      taken < pages
        ? ok({
            cpuAddr: (0xf000_0000n + BigInt(0x1_0000 * taken)) as never,
            handle: (0x1_0000 * (1 + taken++)) as never,
          })
        : fail('ENOMEM', 'no page'),
    )
    const handles = (count: number) =>
      Array.from({ length: count }, () => {
        const got = pool.alloc()
        return got.ok ? Number(got.value.handle) : got.errno
      })
    return { pool, handles, taken: () => taken }
  }
  const block = (handle: number) => ({ cpuAddr: 0n as never, handle: handle as never })

  it('are given from the first on, then those of another page', () => {
    const { pool, handles, taken } = make(2048)
    expect(handles(5)).toEqual([0x1_0000, 0x1_0800, 0x2_0000, 0x2_0800, 0x3_0000])
    expect([taken(), pool.idlePages()]).toEqual([3, 0])
    expect(handles(2)).toEqual([0x3_0800, 'ENOMEM'])
    const first = make(1024).pool.alloc()
    expect(first.ok && first.value.cpuAddr).toBe(0xf000_0000n)
  })

  it('the last one freed goes first, in the newest page that has one', () => {
    const { pool, handles, taken } = make(1024)
    handles(6)
    for (const handle of [0x1_0400, 0x1_0000, 0x2_0400]) pool.free(block(handle))
    expect(handles(3)).toEqual([0x2_0400, 0x2_0800, 0x2_0c00])
    expect(handles(2)).toEqual([0x1_0000, 0x1_0400])
    expect(taken()).toBe(2)
  })

  it('a page of which none is in use is idle, and stays', () => {
    const { pool, handles, taken } = make(2048)
    handles(2)
    pool.free(block(0x1_0800))
    expect(pool.idlePages()).toBe(0)
    pool.free(block(0x1_0000))
    expect([pool.idlePages(), taken()]).toEqual([1, 1])
    expect(handles(1)).toEqual([0x1_0000])
    expect([pool.idlePages(), taken()]).toEqual([0, 1])
    pool.free(block(0x9_0000))
    expect(pool.idlePages()).toBe(0)
    const whole = make(4096)
    expect(whole.handles(2)).toEqual([0x1_0000, 0x2_0000])
    const got = make(2048)
    got.handles(1)
    const second = got.pool.alloc()
    expect(second.ok && second.value.cpuAddr).toBe(0xf000_0800n)
  })
})
