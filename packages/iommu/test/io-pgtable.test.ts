import { beforeEach, describe, expect, it } from 'vitest'
import { Hot, PageTable, type PageTableOptions } from '@dmalab/hot'
import { type IoPgtableConfig, openIoPgtable } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'

const LPAE: IoPgtableConfig = {
  format: 'ARM_64_LPAE_S1',
  pageSizes: 0x40201000,
  ias: 48,
  oas: 48,
  quirks: 0,
  coherentWalk: true,
}
const V7S: IoPgtableConfig = {
  format: 'ARM_V7S',
  pageSizes: 0x1111000,
  ias: 32,
  oas: 32,
  quirks: 0,
  coherentWalk: true,
}
const KIB = 1024
const MIB = KIB * KIB
const READ_WRITE = 3

describe.each(BUILDS)('%s build', (build) => {
  let hot: Hot
  const open = (config: IoPgtableConfig, options?: PageTableOptions): PageTable =>
    openIoPgtable(hot.io, config, options)!
  beforeEach(() => {
    hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
  })

  it.each([LPAE, V7S])('finds every page it mapped, and nothing after the unmap ($format)', (config) => {
    const table = open(config)
    expect(table.mapPages(0x10_0000, 0x8000_0000, 4 * KIB, 200, READ_WRITE)).toEqual({ ret: 0, mapped: 200 * 4 * KIB })
    for (let page = 0; page < 200; page++)
      expect(table.iovaToPhys(0x10_0000 + page * 4096 + 5)).toBe(0x8000_0000 + page * 4096 + 5)
    expect(table.unmapPages(0x10_0000, 4 * KIB, 200, 1)).toBe(200 * 4 * KIB)
    for (let page = 0; page < 200; page++) expect(table.iovaToPhys(0x10_0000 + page * 4096)).toBe(0)
    expect(hot.io.takeWarnings()).toBe(0)
  })

  it.each([LPAE, V7S])('uses memory again that a closed table gave back ($format)', (config) => {
    const use = (): number => {
      const table = open(config)
      table.mapPages(0, 0, 4 * KIB, 16, READ_WRITE)
      const at = table.pgd
      table.close()
      return at
    }
    const first = use()
    for (let i = 0; i < 50; i++) expect(use()).toBe(first)
  })

  it('says who may access a page', () => {
    const table = open(LPAE)
    table.mapPages(0x1000, 0x1000, 4096, 1, 1)
    table.mapPages(0x2000, 0x2000, 4096, 1, READ_WRITE + 32)
    expect(table.walk(0x1000)).toMatchObject({ level: 3, readable: true, writable: false, privilegedOnly: false })
    expect(table.walk(0x2000)).toMatchObject({ writable: true, privilegedOnly: true, accessed: true })
    expect(table.walk(0x3000)).toBeUndefined()
  })

  describe('a part of a block', () => {
    const open2M = (partialUnmap: NonNullable<PageTableOptions['partialUnmap']>): PageTable => {
      const table = open(LPAE, { partialUnmap })
      table.mapPages(0x4000_0000, 0x8000_0000, 2 * MIB, 2, READ_WRITE)
      return table
    }
    const left = (table: PageTable): readonly number[] =>
      [0x4000_0000, 0x4000_1000, 0x4020_0000].map((at) => table.iovaToPhys(at))

    it('is cut out, stays, or takes the whole block with it', () => {
      const split = open2M('split')
      expect([split.unmapPages(0x4000_0000, 4 * KIB, 1, 1), ...left(split)]).toEqual([
        4096, 0, 0x8000_1000, 0x8020_0000,
      ])
      const refused = open2M('refused')
      expect([refused.unmapPages(0x4000_0000, 4 * KIB, 1, 1), ...left(refused)]).toEqual([
        0, 0x8000_0000, 0x8000_1000, 0x8020_0000,
      ])
      const whole = open2M('whole')
      expect([whole.unmapPages(0x4000_1000, 4 * KIB, 1, 1), ...left(whole)]).toEqual([
        2 * MIB - 4096,
        0,
        0,
        0x8020_0000,
      ])
    })
    it.each([
      [MIB, 4 * KIB],
      [MIB, 64 * KIB],
      [16 * MIB, MIB],
      [16 * MIB, 4 * KIB],
      [64 * KIB, 4 * KIB],
    ])('of %i bytes in short descriptors is refused, and the whole is not (%i)', (block, part) => {
      const table = open(V7S, { partialUnmap: 'refused' })
      table.mapPages(0x4000_0000, 0x8000_0000, block, 1, READ_WRITE)
      expect(table.unmapPages(0x4000_0000, part, 1, 1)).toBe(0)
      expect(table.iovaToPhys(0x4000_0000 + part)).toBe(0x8000_0000 + part)
      expect(table.unmapPages(0x4000_0000, block, 1, 1)).toBe(block)
      expect(table.iovaToPhys(0x4000_0000)).toBe(0)
    })
  })

  describe('kernel bugs, kept unless fixed', () => {
    const sectionSplit = (options?: PageTableOptions): number => {
      const table = open(V7S, options)
      table.mapPages(0x4000_0000, 0x8000_0000, MIB, 1, READ_WRITE)
      table.unmapPages(0x4000_0000, 4 * KIB, 1, 1)
      return table.iovaToPhys(0x4000_1000)
    }
    it('loses the address of a split section', () => {
      expect(sectionSplit()).toBe(0x1000)
      expect(sectionSplit({ fixes: { v7sSplit: true } })).toBe(0x8000_1000)
    })

    const supersectionPiece = (options?: PageTableOptions): number => {
      const table = open(V7S, options)
      table.mapPages(0x4000_0000, 0x8000_0000, 16 * MIB, 1, READ_WRITE)
      return table.unmapPages(0x4020_0000, 4 * KIB, 1, 1)
    }
    it('refuses to unmap a piece of a supersection beyond its first MiB', () => {
      expect(supersectionPiece()).toBe(0)
      expect(supersectionPiece({ fixes: { v7sSupersection: true } })).toBe(4 * KIB)
    })
    it('keeps the address of that piece when both fixes are in', () => {
      const table = open(V7S, { fixes: { v7sSupersection: true, v7sSplit: true } })
      table.mapPages(0x4000_0000, 0x8000_0000, 16 * MIB, 1, READ_WRITE)
      table.unmapPages(0x4020_0000, 4 * KIB, 1, 1)
      expect(table.iovaToPhys(0x4020_0000)).toBe(0)
      expect(table.iovaToPhys(0x4020_1000)).toBe(0x8020_1000)
    })

    it.each([LPAE, V7S])('replaces live pages by a block ($format)', (config) => {
      const block = config === LPAE ? 2 * MIB : MIB
      const attempt = (fixes: PageTableOptions['fixes']): { ret: number; before: number } => {
        const table = open(config, { fixes: fixes! })
        table.mapPages(block, 0x4000_0000, 4 * KIB, 1, READ_WRITE)
        const { ret } = table.mapPages(block, 0x8000_0000, block, 1, READ_WRITE)
        return { ret, before: table.iovaToPhys(block) }
      }
      expect(attempt({})).toEqual({ ret: 0, before: 0x8000_0000 })
      expect(attempt({ overwrite: true })).toEqual({ ret: -17, before: 0x4000_0000 })
    })

    it('lets a refused map destroy what lay before the obstacle', () => {
      const attempt = (fixes: PageTableOptions['fixes']): { ret: number; left: number } => {
        const table = open(LPAE, { fixes: fixes! })
        table.mapPages(0, 0x4000_0000, 4 * KIB, 1, READ_WRITE)
        table.mapPages(2 * MIB, 0x5000_0000, 2 * MIB, 1, READ_WRITE)
        const { ret } = table.mapPages(0, 0x8000_0000, 2 * MIB, 2, READ_WRITE)
        return { ret, left: table.iovaToPhys(0) }
      }
      expect(attempt({})).toEqual({ ret: -17, left: 0 })
      expect(attempt({ overwrite: true })).toEqual({ ret: -17, left: 0x4000_0000 })
    })
    it('replaces a table that maps nothing any more, fixed or not', () => {
      const table = open(LPAE, { fixes: { overwrite: true } })
      table.mapPages(0, 0x4000_0000, 4 * KIB, 1, READ_WRITE)
      table.unmapPages(0, 4 * KIB, 1, 1)
      expect(table.mapPages(0, 0x8000_0000, 2 * MIB, 1, READ_WRITE).ret).toBe(0)
    })
  })
})
