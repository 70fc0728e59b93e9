// Where a kernel puts a machine's memory: banks, `mem=`, lowmem, no-map regions, and what batch loops may maintain.
import type { KernelFacts, Machine } from '@dmalab/api'
import { describe, expect, test } from 'vitest'
import { layOut } from '../src/index.ts'
import { maintainable } from '../src/layout.ts'
import { FACTS, HIGHMEM, machine, POOL, RAM } from './small-machine.ts'

const MIB = 2 ** 20
const TOP = RAM + 256 * MIB
const at = (base: number, end: number) => ({ base, len: end - base })
const placed = (facts: Partial<KernelFacts> = {}, over: Partial<Machine> = {}) =>
  layOut({ ...machine(), ...over }, { ...FACTS, ...facts })
const banks = [at(RAM + 64 * MIB, RAM + 128 * MIB), at(RAM, RAM + 32 * MIB)]

describe('no-map regions', () => {
  test('are no memory of kernels that remove them, and have no struct page there', () => {
    const { managed, mappable, linear, paged, present } = placed({ noMap: 'removed' })
    expect(managed).toEqual([at(RAM, POOL), at(POOL + MIB, TOP)])
    expect(mappable).toEqual(managed)
    expect(linear).toEqual([at(RAM, POOL), at(POOL + MIB, HIGHMEM)])
    expect(paged).toEqual(managed)
    expect(present).toEqual([at(RAM, TOP), expect.objectContaining(at(POOL, POOL + MIB))])
  })

  test('are memory with struct pages and without a mapping of kernels that keep them', () => {
    const { managed, mappable, linear, paged } = placed({ noMap: 'kept' })
    expect(managed).toEqual([at(RAM, TOP)])
    expect(mappable).toEqual([at(RAM, POOL), at(POOL + MIB, TOP)])
    expect(linear).toEqual([at(RAM, POOL), at(POOL + MIB, HIGHMEM)])
    expect(paged).toEqual([at(RAM, POOL), at(POOL + MIB, TOP), expect.objectContaining(at(POOL, POOL + MIB))])
  })

  test('outside of memory have no struct page either way, nor have those that stick out', () => {
    for (const base of [TOP, TOP - MIB / 2]) {
      const reserved = machine().reserved.map((region) => ({ ...region, base }))
      expect(placed({ noMap: 'kept' }, { reserved }).paged).toEqual([at(RAM, base)])
    }
  })

  test('that are mapped after all stay in', () => {
    const reserved = machine().reserved.map((region) => ({ ...region, noMap: false }))
    const { managed, linear, mappable } = placed({ noMap: 'removed' }, { reserved })
    expect([managed, linear, mappable]).toEqual([[at(RAM, TOP)], [at(RAM, HIGHMEM)], [at(RAM, TOP)]])
  })
})

describe('banks', () => {
  const bare = { reserved: [], memory: banks }

  test('are taken in order of their addresses', () => {
    const layout = placed({}, bare)
    expect(layout.managed).toEqual([at(RAM, RAM + 32 * MIB), at(RAM + 64 * MIB, RAM + 128 * MIB)])
    expect(layout.physOffset).toBe(RAM)
    expect(layout.lowmemEnd).toBe(RAM + 128 * MIB)
  })

  test.each<[what: string, facts: Partial<KernelFacts>, managed: readonly { base: number; len: number }[]]>([
    ['mem=16M cuts the first', { memLimit: 16 * MIB }, [at(RAM, RAM + 16 * MIB)]],
    ['mem=32M leaves nothing of the second', { memLimit: 32 * MIB }, [at(RAM, RAM + 32 * MIB)]],
    [
      'mem=33M leaves a piece of it',
      { memLimit: 33 * MIB },
      [at(RAM, RAM + 32 * MIB), at(RAM + 64 * MIB, RAM + 65 * MIB)],
    ],
    ['a top address cuts what lies above', { memTop: RAM + 64 * MIB }, [at(RAM, RAM + 32 * MIB)]],
    [
      'mem= with places states them',
      {
        memBanks: [
          { base: RAM + 70 * MIB, len: MIB },
          { base: RAM + MIB, len: MIB },
        ],
      },
      [at(RAM + MIB, RAM + 2 * MIB), at(RAM + 70 * MIB, RAM + 71 * MIB)],
    ],
    ['mem= without a place begins where memory does', { memBanks: [{ len: MIB }] }, [at(RAM, RAM + MIB)]],
    [
      'pages that are stated twice are there once',
      { memBanks: [{ len: 2 * MIB }, { base: RAM + MIB, len: 2 * MIB }] },
      [at(RAM, RAM + 2 * MIB), at(RAM + 2 * MIB, RAM + 3 * MIB)],
    ],
  ])('%s', (_, facts, managed) => {
    expect(placed(facts, bare).managed).toEqual(managed)
  })

  test('mem= of memory that the board does not have is bad input', () => {
    const memBanks = [{ base: RAM + 30 * MIB, len: 4 * MIB }]
    expect(() => placed({ memBanks }, bare)).toThrow(
      'cmdline: mem= states memory that board small does not have: 0x42000000-0x421fffff',
    )
    const refused = expect.objectContaining({ hint: 'it has 0x40000000-0x41ffffff, 0x44000000-0x47ffffff' })
    expect(() => placed({ memBanks }, bare)).toThrow(refused)
  })

  test('a machine without memory is bad input', () => {
    expect(() => placed({}, { memory: [] })).toThrow('memory: machine small has no memory')
    expect(() => placed({ memTop: RAM }, {})).toThrow('machine small has no memory')
  })

  test('addresses beyond phys_addr_t are not memory, nor is what a kernel without highmem cannot map', () => {
    const memory = [at(RAM, RAM + MIB), at(2 ** 32 - MIB, 2 ** 32 + MIB)]
    expect(placed({ physAddrSize: 4 }, { reserved: [], memory }).managed[1]).toEqual(at(2 ** 32 - MIB, 2 ** 32))
    expect(placed({ physAddrSize: 8 }, { reserved: [], memory }).managed[1]).toEqual(at(2 ** 32 - MIB, 2 ** 32 + MIB))
    const { managed, lowmemEnd } = placed({ highmem: false })
    expect(managed.at(-1)).toMatchObject(at(POOL + MIB, HIGHMEM))
    expect(lowmemEnd).toBe(HIGHMEM)
    expect(placed({ highmem: true }).managed.at(-1)).toEqual(at(POOL + MIB, TOP))
  })

  test('all of it is lowmem where the architecture has no highmem', () => {
    const arch = { ...FACTS.arch, highmem: false }
    expect(placed({ arch }, { layout: {}, reserved: [] }).lowmemEnd).toBe(TOP)
    // Models: Linux v4.11 arch/arm/mm/mmu.c: vmalloc_min, 248 MiB below VMALLOC_END.
    const usual = placed({}, { layout: {}, reserved: [], memory: [at(RAM, RAM + 2 ** 30)] })
    expect(usual.lowmemEnd).toBe(RAM + 768 * MIB)
  })
})

describe('what a board states', () => {
  test('of its layout is taken, less memory that `mem=` leaves out', () => {
    const layout = {
      pageOffset: 0x8000_0000n,
      vmalloc: { start: 0xe000_0000n, end: 0xe100_0000n },
      linear: [at(RAM - MIB, RAM + 200 * MIB)],
      pageArray: { base: 0x9000_0000n, entrySize: 64, holes: 'unmapped', covers: [at(RAM, TOP)] },
    } as const
    const laid = placed({ memLimit: 128 * MIB }, { layout })
    expect(laid).toMatchObject({
      pageOffset: 0x8000_0000n,
      physOffset: RAM - MIB,
      vmalloc: layout.vmalloc,
      pageArray: layout.pageArray,
      linear: [at(RAM - MIB, RAM + 128 * MIB)],
      paged: expect.arrayContaining([at(RAM, RAM + 128 * MIB)]),
    })
    expect(placed()).toMatchObject({
      pageOffset: FACTS.arch.layout.pageOffset,
      vmalloc: FACTS.arch.layout.vmalloc,
      pageArray: { base: FACTS.arch.layout.pageArray, entrySize: 32, holes: 'unmapped' },
      vaddrBits: 32,
    })
  })
})

test('batch loops may maintain pages of lowmem that are mapped, and all of highmem', () => {
  expect(maintainable(placed())).toEqual([at(RAM, POOL), at(POOL + MIB, HIGHMEM), at(HIGHMEM, TOP)])
  const kept = placed({ noMap: 'kept' })
  expect(maintainable(kept)).toEqual([at(RAM, POOL), at(POOL + MIB, HIGHMEM), at(HIGHMEM, TOP)])
})
