// A device's domain at its edges: parts of an access, what is refused, what is counted, and what its driver prints.
import type { Balance, DmaAddr, IommuDomain, IommuLimits, IommuSetup, Pfn, PhysAddr } from '@dmalab/api'
import { Hot, IovaDomain } from '@dmalab/hot'
import { beforeEach, describe, expect, it } from 'vitest'
import { createIommuHost, DmaDomain, IovaCache, openIoPgtable, protOf } from '../src/index.ts'
import { moduleOf } from './builds.ts'

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
const PAGE = 4096
const RW = 3
const RAM = 0x8000_0000
const module = moduleOf('release')
const limits = (more: Partial<IommuLimits> = {}): IommuLimits => ({
  mask: 0xffff_ffff,
  bus: 0,
  aperture: 0,
  pci32: false,
  ...more,
})
const phys = (x: number): PhysAddr => x as PhysAddr
const at = (x: number): DmaAddr => x as DmaAddr

let hot: Hot
let said: string[]
let fails: string[]
const open = (setup: Partial<IommuSetup> = {}, model = 'arm-smmu-v3', wanted = true): IommuDomain => {
  const trace = {
    wanted: () => wanted,
    map: (iova: number, to: number, size: number) => said.push(`map ${iova.toString(16)} ${to.toString(16)} ${size}`),
    mapped: () => false,
    unmap: (iova: number, size: number, done: number) => said.push(`unmap ${iova.toString(16)} ${size} ${done}`),
    notice: (text: string) => said.push(text),
    quirk: (code: string) => said.push(`quirk ${code}`),
    fault: (from: number, write: boolean, lines: readonly (readonly [string, string])[]) =>
      said.push(`fault ${from.toString(16)} ${write}`, ...lines.map(([level, text]) => `${level}: ${text}`)),
    stale: (from: number, to: number, write: boolean) =>
      said.push(`stale ${from.toString(16)} ${to.toString(16)} ${write}`),
  }
  const hooks = {
    injected: (what: string) => {
      const hit = fails[0] === what
      if (hit) fails.shift()
      return hit
    },
  }
  const opened = createIommuHost(hot.io, { name: 'mmu', model, enabled: true }, 7, hooks).open(
    { ...SETUP, ...setup },
    trace as never,
  )
  if (!opened.ok) throw new Error(opened.why)
  return opened.value
}
const balanceOf = (domain: IommuDomain): unknown =>
  Object.fromEntries((domain as IommuDomain & { balance(): Balance }).balance())
const mapped = (domain: IommuDomain, from: number, size: number, prot = RW, more = {}): DmaAddr => {
  const result = domain.map(phys(from), size, prot, limits(more))
  if (!result.ok) throw new Error(result.why)
  return result.value
}
const list = (entries: readonly (readonly [pfn: number, offset: number, length: number])[]): { handle: number } => {
  const handle = hot.sg.alloc(entries.length)
  for (const [i, [pfn, offset, length]] of entries.entries())
    hot.sg.setPage(handle, i, { kind: 'page', pfn: pfn as Pfn }, length, offset)
  return { handle }
}
const SEGMENTS = { boundary: 0xffff_ffff, maxSize: 65536 }

beforeEach(() => {
  hot = new Hot(module, { lineSize: 64, poison: 0 })
  said = []
  fails = []
})

describe('an access', () => {
  it('comes in parts where memory is scattered, and in one where it is not', () => {
    const domain = open()
    for (const [i, page] of [3, 4, 9].entries()) domain.mapAt(at(i * PAGE), phys(RAM + page * PAGE), PAGE, RW)
    expect(domain.translate(at(100), 3 * PAGE - 200, false)).toEqual([
      { phys: RAM + 3 * PAGE + 100, len: 2 * PAGE - 100 },
      { phys: RAM + 9 * PAGE, len: PAGE - 100 },
    ])
  })

  it('that meets nothing is one fault for pages in a row, told once, and goes on behind them', () => {
    const domain = open()
    domain.mapAt(at(0), phys(RAM), PAGE, RW)
    domain.mapAt(at(3 * PAGE), phys(RAM + 3 * PAGE), PAGE, RW)
    said = []
    const parts = domain.translate(at(0x800), 5 * PAGE, true)
    expect(parts).toEqual([
      { phys: RAM + 0x800, len: 0x800 },
      { fault: 'mmu has no mapping for 0x1000', len: 2 * PAGE },
      { phys: RAM + 3 * PAGE, len: PAGE },
      { fault: 'mmu has no mapping for 0x4000', len: PAGE + 0x800 },
    ])
    expect(said.filter((line) => line.startsWith('fault'))).toEqual(['fault 1000 true', 'fault 4000 true'])
  })

  it.each([
    [1, false, 'ARM_64_LPAE_S1', 'mmu does not let the device write 0x1000'],
    // Tables of stage 1 cannot say that a page is only written.
    [2, true, 'ARM_64_LPAE_S2', 'mmu does not let the device read 0x1000'],
  ] as const)('with protection %i, a write: %s, in %s', (prot, write, format, fault) => {
    const domain = open({ format })
    domain.mapAt(at(PAGE), phys(RAM), PAGE, prot)
    expect(domain.translate(at(PAGE), 8, write)).toEqual([{ phys: RAM, len: 8 }])
    expect(domain.translate(at(PAGE), 8, !write)).toEqual([{ fault, len: 8 }])
    // What was looked up before is held to the same rules.
    expect(domain.translate(at(PAGE), 8, !write)).toEqual([{ fault, len: 8 }])
  })

  it('of no bytes goes nowhere', () => {
    expect(open().translate(at(0), 0, true)).toEqual([])
  })
})

describe('what drivers print of a fault', () => {
  it.each([
    ['rockchip-iommu', true, ['err: Page fault at 0x0000000000001000 of type write']],
    ['rockchip-iommu', false, ['err: Page fault at 0x0000000000001000 of type read']],
    [
      'arm-mmu-500',
      true,
      [
        'err: Unhandled context fault: fsr=0x402, iova=0x00001000, fsynr=0x13, cbfrsynra=0x7, cb=0',
        'err: FSR    = 00000402 [Format=2 TF], SID=0x7',
        'err: FSYNR0 = 00000013 [S1CBNDX=0 WNR PLVL=3]',
      ],
    ],
  ])('%s, write: %s', (model, write, lines) => {
    open({}, model).translate(at(PAGE), 4, write)
    expect(said).toEqual([`fault 1000 ${write}`, ...lines])
  })

  it('an SMMUv3 tells a refused access from a missing mapping', () => {
    const domain = open()
    domain.mapAt(at(PAGE), phys(RAM), PAGE, 1)
    said = []
    domain.translate(at(PAGE), 4, true)
    expect(said.slice(1, 3)).toEqual(['info: event 0x13 received:', 'info: \t0x0000000700000013'])
  })
})

describe('what is refused', () => {
  it('tables that the hardware does not have', () => {
    const host = createIommuHost(hot.io, { name: 'mmu', model: 'arm-smmu-v3', enabled: true }, 1)
    expect(host.open({ ...SETUP, pageSizes: 0 }, {} as never)).toEqual({
      ok: false,
      errno: 'EINVAL',
      why: 'mmu does not support such tables',
    })
  })

  it('a mapping for which there is no address, or no table; nothing stays of it', () => {
    const domain = open()
    const before = balanceOf(domain)
    const why = 'no bus address for 4096 bytes, or the tables refuse 0x80000000'
    for (const what of ['iova', 'pageTable']) {
      fails = [what]
      expect(domain.map(phys(RAM), PAGE, RW, limits())).toEqual({ ok: false, errno: 'ENOMEM', why })
    }
    expect(domain.map(phys(RAM), PAGE, RW, limits({ mask: PAGE - 1 }))).toMatchObject({ errno: 'ENOMEM' })
    expect(balanceOf(domain)).toEqual(before)
    fails = ['pageTable']
    expect(domain.mapAt(at(PAGE), phys(RAM), PAGE, RW)).toEqual({
      ok: false,
      errno: 'ENOMEM',
      why: 'the tables refuse 0x1000 -> 0x80000000',
    })
    expect(balanceOf(domain)).toEqual(before)
  })

  it.each([
    ['single pages', [0, 2, 4].map((n) => [RAM / PAGE + n, 0, PAGE] as const)],
    ['pieces of pages', [0, 2, 4].map((n) => [RAM / PAGE + n, 8 * n, 100] as const)],
  ])('a list of %s, and it is as it was', (_, entries) => {
    const domain = open()
    const before = balanceOf(domain)
    for (const [what, errno, why] of [
      ['iova', 'ENOMEM', 'no bus address space for the list'],
      ['pageTable', 'ENOMEM', 'no bus address space for the list'],
    ] as const) {
      const table = list(entries)
      fails = [what]
      expect(domain.mapSg(table as never, 3, RW, limits(), SEGMENTS)).toEqual({ ok: false, errno, why })
      expect(balanceOf(domain)).toEqual(before)
      const kept = entries.map((_entry, i) => hot.sg.entry(table.handle, i))
      expect(kept.map(({ offset, length }) => [offset, length])).toEqual(
        entries.map(([, offset, len]) => [offset, len]),
      )
    }
  })

  it('a list that the tables cannot hold is -EINVAL', () => {
    const domain = open({ oas: 32 })
    const beyond = 2 ** 32 / PAGE
    for (const entries of [[[beyond, 0, PAGE]], [[beyond, 8, 100]]] as const)
      expect(domain.mapSg(list(entries) as never, 1, RW, limits(), SEGMENTS)).toEqual({
        ok: false,
        errno: 'EINVAL',
        why: 'the list cannot be mapped',
      })
    expect(balanceOf(domain)).toMatchObject({ 'pages of bus addresses': 0 })
  })
})

describe('what is lent', () => {
  it('counts until it is unmapped, in whole pages', () => {
    const domain = open()
    const first = mapped(domain, RAM + 100, PAGE)
    expect(balanceOf(domain)).toEqual({ 'pages of bus addresses': 2, 'bytes mapped by an IOMMU': 2 * PAGE })
    const table = list([
      [RAM / PAGE, 0, PAGE],
      [RAM / PAGE + 5, 0, PAGE],
    ])
    domain.mapSg(table as never, 2, RW, limits(), SEGMENTS)
    expect(balanceOf(domain)).toEqual({ 'pages of bus addresses': 4, 'bytes mapped by an IOMMU': 4 * PAGE })
    domain.unmapSg(table as never, 2)
    expect(domain.unmap(first, PAGE)).toBe(2 * PAGE)
    expect(balanceOf(domain)).toEqual({ 'pages of bus addresses': 0, 'bytes mapped by an IOMMU': 0 })
  })

  it('is free in a lazy domain as soon as it waits for the flush', () => {
    const domain = open({ lazy: { slots: 4, timeoutMs: 10 } })
    const first = mapped(domain, RAM, 3 * PAGE)
    expect(balanceOf(domain)).toMatchObject({ 'pages of bus addresses': 4 })
    domain.unmap(first, 3 * PAGE)
    expect(balanceOf(domain)).toEqual({ 'pages of bus addresses': 0, 'bytes mapped by an IOMMU': 0 })
    domain.pass(10)
    expect(balanceOf(domain)).toMatchObject({ 'pages of bus addresses': 0 })
  })

  it('an address alone is taken and given back in whole granules', () => {
    const domain = open({ pageSizes: 0x10000 })
    expect(domain.granule).toBe(0x10000)
    const one = domain.allocIova(0x10001, limits())
    expect(one).toBe(2 ** 32 - 0x20000)
    expect(balanceOf(domain)).toMatchObject({ 'pages of bus addresses': 2 })
    domain.freeIova(at((one ?? 0) + 5), 0x10001)
    expect(balanceOf(domain)).toMatchObject({ 'pages of bus addresses': 0 })
    expect(domain.iovaToPhys(at(0x10000))).toBeUndefined()
    domain.mapAt(at(0x10000), phys(RAM), 0x10000, RW)
    expect(domain.iovaToPhys(at(0x10007))).toBe(RAM + 7)
    expect(domain.unmapAt(at(0x10000), 0x10000)).toBe(0x10000)
    expect(domain.translate(at(0x10000), 1, false)).toMatchObject([{ fault: expect.any(String) as string }])
  })

  it('begins where the aperture does, never with page 0', () => {
    const fill = (domain: IommuDomain): readonly (number | undefined)[] =>
      Array.from({ length: 4 }, () => domain.allocIova(PAGE, limits({ mask: 4 * PAGE - 1 })))
    expect(fill(open())).toEqual([3 * PAGE, 2 * PAGE, PAGE, undefined])
    expect(fill(open({ apertureStart: 3 * PAGE - 1 }))).toEqual([3 * PAGE, 2 * PAGE, undefined, undefined])
  })

  it('leaves out what is set aside, both ends included', () => {
    const domain = open()
    domain.reserveIova(2 * PAGE, 3 * PAGE)
    expect(domain.allocIova(PAGE, limits({ mask: 6 * PAGE - 1 }))).toBe(5 * PAGE)
    expect(domain.allocIova(PAGE, limits({ mask: 5 * PAGE - 1 }))).toBe(4 * PAGE)
    expect(domain.allocIova(PAGE, limits({ mask: 4 * PAGE - 1 }))).toBe(PAGE)
    const rest = open()
    rest.reserveIova(2 * PAGE, 2n ** 64n - 1n)
    expect(rest.allocIova(PAGE, limits())).toBe(PAGE)
    expect(rest.allocIova(PAGE, limits())).toBeUndefined()
  })

  it.each([
    [{ mask: 0xffff_ffff }, 2 ** 32],
    [{ mask: 0xffff_ffff, bus: 0x3fff_ffff }, 2 ** 30],
    [{ mask: 0x1fff_ffff, bus: 0x3fff_ffff }, 2 ** 29],
    [{ mask: 2n ** 64n - 1n, aperture: 2 ** 40 - 1 }, 2 ** 40],
    [{ mask: 2n ** 40n - 1n }, 2 ** 40],
    [{ mask: 2 ** 40 - 1, pci32: true }, 2 ** 32],
    [{ mask: 2 ** 32 - 1, pci32: true }, 2 ** 32],
  ])('ends below %o', (more, end) => {
    expect(open().allocIova(PAGE, limits(more))).toBe(end - PAGE)
    expect(said).toEqual([])
  })

  it('is silent where no one listens, though walks are flushed', () => {
    const domain = open({}, 'arm-smmu-v3', false)
    const block = mapped(domain, RAM, 2 ** 21)
    domain.translate(block, 8, false)
    domain.unmap(block, 2 ** 21)
    expect(said).toEqual([])
    expect(domain.translate(block, 8, false)).toMatchObject([{ fault: expect.any(String) as string }])
  })
})

it('a stale translation is told with what the device did', () => {
  const domain = open({ lazy: { slots: 4, timeoutMs: 10 } })
  const one = mapped(domain, RAM, PAGE)
  domain.translate(one, 8, true)
  domain.unmap(one, PAGE)
  said = []
  domain.translate(at(one + 16), 8, false)
  domain.translate(at(one + 16), 8, true)
  expect(said).toEqual(
    [false, true].map((write) => `stale ${(one + 16).toString(16)} ${(RAM + 16).toString(16)} ${write}`),
  )
  // Another mapping at the same address is another page: what the device sees is still the old one.
  domain.mapAt(one, phys(RAM + PAGE), PAGE, RW)
  expect(domain.translate(one, 8, false)).toEqual([{ phys: RAM, len: 8 }])
})

it.each([
  [0, true, 0, 7],
  [1, false, 0, 1],
  [2, false, 0, 2],
  [3, true, 0, 0],
  [1, true, 0x200, 37],
])('direction %i of a device that snoops: %s, attributes %i: protection %i', (dir, coherent, attrs, prot) => {
  expect(protOf(dir, coherent, attrs)).toBe(prot)
})

it('a list of no bytes takes no address', () => {
  const table = openIoPgtable(hot.io, SETUP)
  if (table === undefined) throw new Error('such tables exist')
  const iova = new IovaCache(new IovaDomain(hot.io, PAGE, 1))
  const hooks = { syncTlb: () => {}, flushTlb: () => {}, notice: () => {}, injected: () => true }
  const domain = new DmaDomain(hot.io, table, iova, hooks)
  expect(domain.mapSg(list([[RAM / PAGE, 0, 0]]).handle, 1, RW, limits(), SEGMENTS)).toBeGreaterThanOrEqual(0)
  expect([iova.live, domain.queue]).toEqual([0, undefined])
})
