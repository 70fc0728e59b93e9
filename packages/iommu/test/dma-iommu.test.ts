import type { BusPart, DmaAddr, IommuDomain, IommuLimits, IommuSetup, Pfn, PhysAddr } from '@dmalab/api'
import { beforeEach, describe, expect, it } from 'vitest'
import { Hot } from '@dmalab/hot'
import { createIommuHost } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'
import { seeded } from './seeded.ts'

const SETUP: IommuSetup = {
  format: 'ARM_64_LPAE_S1',
  pageSizes: 0x40201000,
  ias: 48,
  oas: 48,
  quirks: 0,
  coherentWalk: true,
  apertureStart: 0,
  lazy: null,
  partialUnmap: 'split',
  fixes: [],
}
const LAZY: IommuSetup = { ...SETUP, lazy: { slots: 256, timeoutMs: 10 } }
const READ = 1
const READ_WRITE = 3
const phys = (x: number): PhysAddr => x as PhysAddr
const limits = (mask: number | bigint = 0xffff_ffff): IommuLimits => ({ mask, bus: 0, aperture: 0, pci32: false })
const SEGMENTS = { boundary: 0xffff_ffff, maxSize: 65536 }

describe.each(BUILDS)('%s build', (build) => {
  let hot: Hot
  let said: string[]
  /** Where the number of pages that were mapped is all that is wanted. */
  let counts: number[] | undefined
  const open = (setup: IommuSetup, model = 'arm-smmu-v3'): IommuDomain => {
    const opened = createIommuHost(hot.io, { name: 'smmu', model, enabled: true }, 7).open(setup, {
      wanted: () => true,
      mapped: (count) => counts !== undefined && counts.push(count) > 0,
      map: (iova, to, size) => said.push(`map ${iova.toString(16)} ${to.toString(16)} ${size}`),
      unmap: (iova, size, unmapped) => said.push(`unmap ${iova.toString(16)} ${size} ${unmapped}`),
      notice: (text) => said.push(text),
      quirk: (code) => said.push(`quirk ${code}`),
      fault: (_at, _write, lines) => said.push(...lines.map(([level, text]) => `${level}: ${text}`)),
      stale: (at, to) => said.push(`stale ${at.toString(16)} ${to.toString(16)}`),
    })
    if (!opened.ok) throw new Error(opened.why)
    return opened.value
  }
  const mapped = (domain: IommuDomain, at: number, size: number, prot = READ_WRITE): DmaAddr => {
    const result = domain.map(phys(at), size, prot, limits())
    if (!result.ok) throw new Error(result.why)
    return result.value
  }
  beforeEach(() => {
    hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
    said = []
    counts = undefined
  })

  it('lets a device reach what is mapped, byte for byte, and nothing beside it', () => {
    const domain = open(SETUP)
    const at = mapped(domain, 0x8000_0123, 10_000)
    expect(domain.translate(at, 10_000, true)).toEqual([{ phys: 0x8000_0123, len: 10_000 }])
    expect(domain.translate((at + 0x4000) as DmaAddr, 8, false)).toEqual([
      { fault: expect.stringContaining('no mapping') as string, len: 8 },
    ])
  })

  it('says what an SMMUv3 driver prints when an access is stopped', () => {
    open(SETUP).translate(0x1000 as DmaAddr, 4, true)
    expect(said).toEqual([
      'info: event 0x10 received:',
      'info: \t0x0000000700000010',
      'info: \t0x0000020000000000',
      'info: \t0x0000000000001000',
      'info: \t0x0000000000000000',
    ])
  })

  it('says what an SMMUv2 driver prints for a write to a read-only page', () => {
    const domain = open(SETUP, 'arm-mmu-500')
    const at = mapped(domain, 0x8000_0000, 4096, READ)
    said = []
    expect(domain.translate(at, 4, false)).toEqual([{ phys: 0x8000_0000, len: 4 }])
    domain.translate(at, 4, true)
    expect(said[1]).toBe('err: FSR    = 00000408 [Format=2 PF], SID=0x7')
    expect(said[2]).toBe('err: FSYNR0 = 00000013 [S1CBNDX=0 WNR PLVL=3]')
  })

  it('forgets an address at once in a strict domain', () => {
    const domain = open(SETUP)
    const at = mapped(domain, 0x8000_0000, 4096)
    domain.translate(at, 4, true)
    domain.unmap(at, 4096)
    expect(domain.translate(at, 4, true)).toMatchObject([{ fault: expect.any(String) as string }])
  })

  it('keeps an address reachable in a lazy domain until the flush, if the device had used it', () => {
    const domain = open(LAZY)
    const used = mapped(domain, 0x8000_0000, 4096)
    const unused = mapped(domain, 0x9000_0000, 4096)
    domain.translate(used, 4, true)
    domain.unmap(used, 4096)
    domain.unmap(unused, 4096)
    expect(domain.translate(used, 4, true)).toEqual([{ phys: 0x8000_0000, len: 4 }])
    expect(said.at(-1)).toBe(`stale ${used.toString(16)} 80000000`)
    expect(domain.translate(unused, 4, true)).toMatchObject([{ fault: expect.any(String) as string }])
    domain.pass(10)
    expect(domain.translate(used, 4, true)).toMatchObject([{ fault: expect.any(String) as string }])
  })

  it('does not hand out a lazily freed address before the flush', () => {
    const domain = open(LAZY)
    const first = mapped(domain, 0x8000_0000, 4096)
    domain.unmap(first, 4096)
    expect(mapped(domain, 0x8000_0000, 4096)).not.toBe(first)
    domain.pass(10)
    expect(mapped(domain, 0x8000_0000, 4096)).toBe(first)
  })

  it('traces whole maps and unmaps, as the kernel does', () => {
    const domain = open(SETUP)
    const at = mapped(domain, 0x8000_0000, 0x5000)
    domain.unmap(at, 0x5000)
    const iova = at.toString(16)
    expect(said).toEqual([`map ${iova} 80000000 20480`, `unmap ${iova} 20480 20480`])
  })

  describe('lists', () => {
    const list = (entries: readonly (readonly [pfn: number, offset: number, length: number])[]): number => {
      const handle = hot.sg.alloc(entries.length)
      for (const [i, [pfn, offset, length]] of entries.entries())
        hot.sg.setPage(handle, i, { kind: 'page', pfn: pfn as Pfn }, length, offset)
      return handle
    }
    const table = (handle: number): never => ({ handle }) as never

    it('put every byte where the device finds it', () => {
      const random = seeded(3)
      const domain = open(SETUP)
      const entries = Array.from(
        { length: 60 },
        () => [0x80000 + random(5000), random(4000), 1 + random(9000)] as const,
      )
      const handle = list(entries)
      const result = domain.mapSg(table(handle), 60, READ_WRITE, limits(), SEGMENTS)
      const segments = result.ok ? result.value : 0
      const reached: BusPart[] = []
      for (let i = 0; i < segments; i++) {
        const { dmaAddress, dmaLength } = hot.sg.entry(handle, i)
        reached.push(...domain.translate(dmaAddress, dmaLength, true))
      }
      const bytesOf = (parts: readonly BusPart[]): number[] =>
        parts.flatMap((p) => ('phys' in p ? Array.from({ length: p.len }, (_, i) => p.phys + i) : [-1]))
      const wanted = entries.map(([pfn, offset, len]) => ({ phys: phys(pfn * 4096 + offset), len }))
      expect(bytesOf(reached)).toEqual(bytesOf(wanted))
      expect(entries.map(([pfn], i) => [pfn, hot.sg.entry(handle, i).page])).toEqual(
        entries.map(([pfn]) => [pfn, { kind: 'page', pfn }]),
      )
      domain.unmapSg(table(handle), 60)
      expect(domain.translate(hot.sg.entry(handle, 0).dmaAddress, 1, true)).toMatchObject([
        { fault: expect.any(String) as string },
      ])
    })

    it('tell how many pages were mapped, where no one wants more, and each of them where someone does', () => {
      const domain = open(SETUP)
      const handle = list([80, 82, 84].map((pfn) => [pfn, 0, 4096]))
      const around = (): void => {
        domain.mapSg(table(handle), 3, READ_WRITE, limits(), SEGMENTS)
        domain.unmapSg(table(handle), 3)
      }
      around()
      const each = [80, 82, 84].map(
        (pfn, i) => `map ${(0xffff_c000 + i * 4096).toString(16)} ${pfn.toString(16)}000 4096`,
      )
      expect(said).toEqual([...each, 'unmap ffffc000 12288 12288'])
      counts = []
      around()
      expect([counts, said.slice(4)]).toEqual([[3], ['unmap ffffc000 12288 12288']])
    })

    it('come back unchanged when the tables refuse them', () => {
      const domain = open({ ...SETUP, oas: 36 })
      const handle = list([
        [0x80000, 16, 4096],
        [0x200_0000, 5, 4096],
      ])
      const before = [0, 1].map((i) => hot.sg.entry(handle, i).length)
      expect(domain.mapSg(table(handle), 2, READ_WRITE, limits(), SEGMENTS)).toMatchObject({
        ok: false,
        errno: 'EINVAL',
      })
      expect([0, 1].map((i) => hot.sg.entry(handle, i).length)).toEqual(before)
      expect(hot.sg.entry(handle, 1).offset).toBe(5)
    })

    it('grow segments past the limit after one that is too long, unless fixed', () => {
      const entries = Array.from({ length: 4 }, (_, i) => [0x80000 + i * 64, 0, 0x2000] as const)
      const segmentsOf = (fixes: readonly string[]): unknown => {
        const domain = open({ ...SETUP, fixes })
        return domain.mapSg(table(list(entries)), 4, READ_WRITE, limits(), { boundary: 0xffff_ffff, maxSize: 0x1000 })
      }
      expect(segmentsOf([])).toEqual({ ok: true, value: 1 })
      expect(segmentsOf(['segmentLimit'])).toEqual({ ok: true, value: 4 })
    })

    it('stay mapped when they end at 2^64, unless fixed', () => {
      const quirks: unknown[] = []
      const unmapped = (fixes: readonly string[]): boolean => {
        const domain = open({ ...SETUP, ias: 48, quirks: 32, fixes })
        const handle = list([[0x80000, 0, 0x1000]])
        domain.mapSg(table(handle), 1, READ_WRITE, limits(2n ** 64n - 1n), SEGMENTS)
        said = []
        domain.unmapSg(table(handle), 1)
        quirks.push(...said.filter((line) => line.startsWith('quirk')))
        return said.some((line) => line.startsWith('unmap'))
      }
      expect(unmapped([])).toBe(false)
      expect(unmapped(['unmapAtTop'])).toBe(true)
      expect(quirks).toEqual(['quirk dma-unmap-at-top-skipped'])
    })
  })

  describe('kernel bugs are reported when they bite', () => {
    const at = (x: number): DmaAddr => x as DmaAddr
    const quirks = (): unknown[] => said.filter((line) => line.startsWith('quirk'))
    const SHORT: IommuSetup = { ...SETUP, format: 'ARM_V7S', pageSizes: 0x1111000, ias: 32, oas: 32 }

    it('a split section, a split supersection', () => {
      const domain = open(SHORT)
      domain.mapAt(at(0x100_0000), phys(0x8000_0000), 0x100_0000, READ_WRITE)
      expect(domain.unmapAt(at(0x120_0000), 4096)).toBe(0)
      domain.mapAt(at(0x10_0000), phys(0x8000_0000), 0x10_0000, READ_WRITE)
      expect(domain.unmapAt(at(0x10_0000), 4096)).toBe(4096)
      expect(quirks()).toEqual(['quirk v7s-supersection-split-refused', 'quirk v7s-split-loses-address'])
    })
    it('a block over live pages, and one that fails half way', () => {
      const domain = open(SETUP)
      domain.mapAt(at(0x20_0000), phys(0x4000_0000), 4096, READ_WRITE)
      expect(domain.mapAt(at(0x20_0000), phys(0x8000_0000), 0x20_0000, READ_WRITE)).toMatchObject({ ok: true })
      domain.mapAt(at(0), phys(0x4000_0000), 4096, READ_WRITE)
      expect(domain.mapAt(at(0), phys(0x8000_0000), 0x40_0000, READ_WRITE)).toMatchObject({ errno: 'EEXIST' })
      expect(quirks()).toEqual(['quirk pgtable-block-replaces-live', 'quirk pgtable-failed-map-destroys'])
    })
    it('nothing is reported where they do not', () => {
      const domain = open(SHORT)
      const first = mapped(domain, 0x8000_0000, 0x5000)
      domain.unmap(first, 0x5000)
      domain.mapAt(at(0x10_0000), phys(0x8000_0000), 0x10_0000, READ_WRITE)
      domain.unmapAt(at(0x10_0000), 0x10_0000)
      expect(quirks()).toEqual([])
    })
  })

  it('tells when a PCI device leaves 32-bit addresses', () => {
    const domain = open(SETUP)
    const pci: IommuLimits = { mask: 2 ** 40 - 1, bus: 0, aperture: 0, pci32: true }
    const half = 2 ** 31
    expect(domain.allocIova(half, pci)).toBe(half)
    expect(domain.allocIova(half, pci)).toBe(2 ** 40 - half)
    expect(said).toEqual(['Using 40-bit DMA addresses'])
    expect(pci.pci32).toBe(false)
  })
})
