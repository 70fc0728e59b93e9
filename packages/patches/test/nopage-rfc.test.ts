// The RFC, hunk by hunk: each branch of the diff from both sides.
import {
  type Device,
  dma,
  type DmaAddr,
  type DmaOps,
  fail,
  type Host,
  type KernelFacts,
  type KernelVaddr,
  ok,
  type Patch,
  pfn,
  phys,
  pluginApi,
  type SgPage,
  type SgTable,
  vaddr,
  type Vb2Mem,
  type Vb2MemOps,
} from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { nopageRfc } from '../src/index.ts'
import { factsOf } from './facts.ts'

const NOPAGE = 1024
const OTHER = 4
const patch: Patch = nopageRfc(pluginApi)
const HANDLE = dma(0x5100_0000)
const CPU = vaddr(0xf000_0000n)

type Get = DmaOps['getSgtable']

/** What was written into the one entry of the list. */
interface Written {
  page?: SgPage
  length?: number
  offset?: number
  attrs?: number
  dma?: readonly [at: number, len: number]
}

const getSgtable = (attrs: number, valid: boolean, more: { sgDmaLength?: boolean; full?: boolean } = {}) => {
  const written: Written = {}
  const list = {
    setPage: (_i: number, page: SgPage, length: number, offset: number) =>
      Object.assign(written, { page, length, offset }),
    setAttrs: (_i: number, bits: number) => Object.assign(written, { attrs: bits }),
    setDma: (_i: number, at: number, len: number) => Object.assign(written, { dma: [at, len] }),
  } as unknown as SgTable
  const host = {
    kernel: factsOf({ sgDmaLength: more.sgDmaLength ?? false }),
    dmaToPhys: () => phys(0x5100_0000),
    mem: { pfnValid: () => valid },
    sgAlloc: () => (more.full === true ? fail('ENOMEM', 'no memory') : ok(list)),
  } as unknown as Host
  const wrap = patch.functions?.['arm_dma_get_sgtable'] as (next: Get | null, host: Host) => Get
  const result = wrap(null, host)(CPU, HANDLE, 5000, attrs)
  return { result, written }
}

describe('hunk 1: arm_dma_get_sgtable()', () => {
  it('memory without struct page and without the tag is -ENXIO', () => {
    expect(getSgtable(OTHER, false).result).toMatchObject({ ok: false, errno: 'ENXIO' })
  })

  it('tagged memory without struct page gets its CPU address as page, and its handle', () => {
    expect(getSgtable(NOPAGE + OTHER, false).written).toEqual({
      page: { kind: 'vaddr', at: CPU },
      length: 8192,
      offset: 0,
      attrs: NOPAGE + OTHER,
      dma: [HANDLE, 8192],
    })
  })

  it('a valid pfn wins over the tag; the handle is stored all the same', () => {
    const { written } = getSgtable(NOPAGE, true)
    expect(written.page).toEqual({ kind: 'page', pfn: pfn(0x5_1000) })
    expect(written.dma).toEqual([HANDLE, 8192])
  })

  it('without the tag the attributes are stored, and no handle', () => {
    expect(getSgtable(OTHER, true).written).toEqual({
      page: { kind: 'page', pfn: pfn(0x5_1000) },
      length: 8192,
      offset: 0,
      attrs: OTHER,
    })
  })

  it('dma_length stays 0 where struct scatterlist has one', () => {
    expect(getSgtable(NOPAGE, false, { sgDmaLength: true }).written.dma).toEqual([HANDLE, 0])
  })

  it('a list that cannot be allocated is passed on', () => {
    expect(getSgtable(NOPAGE, false, { full: true }).result).toMatchObject({ ok: false, errno: 'ENOMEM' })
  })
})

it('hunks 2 and 3: map and unmap leave tagged entries alone, map with dma_length set; sync does not', () => {
  expect(patch.sg?.skip).toEqual({
    map: { bits: NOPAGE, sets: ['dmaLength'] },
    unmap: { bits: NOPAGE, sets: [] },
  })
})

const PAGES_OF_2GIB = 2 ** 19
const device = (pages: number, deviceBase = 0x5100_0000, virtBase = 0xf000_0000n): Device =>
  ({ name: 'codec', pool: { pages, deviceBase, virtBase } }) as unknown as Device
const inPool = (facts: KernelFacts, dev: Device | null, handle: number, cpu: bigint): unknown => {
  const { dma_check_dev_coherent: check } = patch.exports?.(facts) ?? {}
  return (check as unknown as (dev: Device | null, handle: DmaAddr, cpu: KernelVaddr) => boolean)(
    dev,
    dma(handle),
    vaddr(cpu),
  )
}

describe('hunk 4: dma_check_dev_coherent()', () => {
  const facts = factsOf({})

  it.each([
    ['the first byte', 0x5100_0000, 0xf000_0000n, true],
    ['the last byte', 0x5100_1fff, 0xf000_1fffn, true],
    ['a handle before the pool', 0x50ff_ffff, 0xf000_0000n, false],
    ['a handle behind the pool', 0x5100_2000, 0xf000_0000n, false],
    ['a CPU address before the pool', 0x5100_0000, 0xefff_ffffn, false],
    ['a CPU address behind the pool', 0x5100_0000, 0xf000_2000n, false],
  ])('%s', (_what, handle, cpu, expected) => {
    expect(inPool(facts, device(2), handle, cpu)).toBe(expected)
  })

  it('no device and no pool have no memory', () => {
    expect(inPool(facts, null, 0x5100_0000, 0xf000_0000n)).toBe(false)
    expect(inPool(facts, { name: 'codec', pool: null } as Device, 0x5100_0000, 0xf000_0000n)).toBe(false)
  })

  it('the length is an int: of a pool of 2 GiB nothing is found', () => {
    expect(inPool(facts, device(PAGES_OF_2GIB - 1, 0, 0n), 0x1000, 0x1000n)).toBe(true)
    expect(inPool(facts, device(PAGES_OF_2GIB, 0x8000_0000), 0x8000_0000, 0xf000_0000n)).toBe(false)
  })

  it('the end of a pool at the top wraps to 0 in 32-bit types, and does not with LPAE handles', () => {
    const top = device(1, 0xffff_f000, 0xf000_0000n)
    expect(inPool(factsOf({ dmaAddrSize: 4 }), top, 0xffff_f000, 0xf000_0000n)).toBe(false)
    expect(inPool(factsOf({ dmaAddrSize: 8 }), top, 0xffff_f000, 0xf000_0000n)).toBe(true)
    const high = device(1, 0x5100_0000, 0xffff_f000n)
    expect(inPool(factsOf({ dmaAddrSize: 8 }), high, 0x5100_0000, 0xffff_f000n)).toBe(false)
  })
})

describe('hunk 5: vb2_dc_alloc()', () => {
  const alloc = (handle: number, attrs: number, cookie: bigint | null = 0xf000_0000n) => {
    const mem = { attrs, dmaAddr: dma(handle), cookie: cookie === null ? null : vaddr(cookie) } as Vb2Mem
    const wrap = patch.allocators?.['vb2-dma-contig']
    if (wrap === undefined) throw new Error('the patch leaves vb2-dma-contig alone')
    const ops = wrap({ alloc: () => ok(mem) } as unknown as Vb2MemOps, { kernel: factsOf({}) } as never)
    const made = ops.alloc(device(2), 4096, 0, 'queue.0')
    return made.ok ? made.value.attrs : made.errno
  }

  it('tags what came from the pool, beside the attributes that are there', () => {
    expect([alloc(0x5100_0000, OTHER), alloc(0x5100_0000, NOPAGE)]).toEqual([NOPAGE + OTHER, NOPAGE])
  })

  it('leaves general memory, and memory without a cookie, untagged', () => {
    expect([alloc(0x6000_0000, OTHER), alloc(0x5100_0000, OTHER, null)]).toEqual([OTHER, OTHER])
  })

  it('passes on what the allocator refuses', () => {
    const stock = { alloc: () => fail('ENOMEM', 'the pool is full') } as unknown as Vb2MemOps
    const ops = patch.allocators?.['vb2-dma-contig']?.(stock, { kernel: factsOf({}) } as never)
    expect(ops?.alloc(device(2), 4096, 0, 'queue.0')).toMatchObject({ ok: false, errno: 'ENOMEM' })
  })
})

it('hunk 6: attach copies the attributes, and of tagged entries the handle', () => {
  expect(patch.sg?.attachCopies).toEqual([
    { member: 'dmaAddress', only: NOPAGE },
    { member: 'attrs', only: 0 },
  ])
})

it('hunks 7 and 9: one attribute bit, one field of an unsigned long', () => {
  expect(patch.attrs).toEqual({ DEV_COHERENT_NOPAGE: NOPAGE })
  expect(patch.sg?.cFields).toEqual({ dma_attrs: { type: 'unsigned long', bytes32: 4, bytes64: 8 } })
})

it('nine hunks, in five files', () => {
  expect(patch.hunks).toHaveLength(9)
  expect(new Set(patch.hunks.map(({ file }) => file)).size).toBe(5)
})
