// Mapping in two steps behind an IOMMU: what links reach, what comes back, and what a careless driver leaves behind.
import {
  DIR,
  type Event,
  imbalance,
  type IovaState,
  type Lab,
  type Machine,
  PAGE_SIZE,
  phys,
  type PhysAddr,
  physOf,
  type SgPage,
} from '@dmalab/api'
import { createChecker } from '@dmalab/checker'
import { openRegistry } from '@dmalab/lab'
import { openLaboratory } from '@dmalab/lab/node'
import { openLab, parseKernel } from '@dmalab/runner'
import { describe, expect, test } from 'vitest'

const parts = await openLaboratory()
const MACHINE: Machine = openRegistry().readBoard(
  `name: iova
title: devices behind an SMMU, and one that is not
arch: arm64
cpu: { lineSize: 64 }
memory: [{ base: 0x4000_0000, len: 1GiB }]
iommus: [{ name: smmu, model: arm-smmu-v3, enabled: true }]
devices:
  - { name: snooping, class: other, maskBits: 32, coherent: true, iommu: smmu }
  - { name: plain, class: other, maskBits: 32, iommu: smmu }
  - { name: direct, class: other, maskBits: 32 }
  - { name: bouncing, class: other, maskBits: 32, busLimit: 0x5fff_ffff }
`,
  'iova.yaml',
)

const open = (kernel = 'arm64@7.2') => {
  const spec = parseKernel(kernel, parts.registry)
  const lab = openLab(parts, { kernel: spec, machine: MACHINE })
  const checker = createChecker()
  const events: Event[] = []
  lab.listen('op', (event) => {
    events.push(event)
    checker.onEvent(event)
  })
  const got = lab.mem.allocPages(4 * PAGE_SIZE, { owner: 'buffer' })
  if (!got.ok) throw new Error(got.why)
  const at = physOf(got.value)
  const codes = (): string[] => checker.finish().findings.map(({ code }) => code)
  const take = (name: string, size: number, from: PhysAddr = at): IovaState => {
    const state = lab.dma.iovaTryAlloc(lab.device(name), from, size)
    if (!state.ok) throw new Error(state.why)
    return state.value
  }
  const reads = (name: string, state: IovaState, offset: number, len: number): number =>
    lab.bus(lab.device(name)).read({ at: (state.addr + offset) as typeof state.addr, len }).blocked
  return { lab, at, codes, take, reads, events }
}

/** A page near the top of memory. */
const high = (lab: Lab): SgPage => {
  const got = lab.mem.allocPages(PAGE_SIZE, { owner: 'buffer', above: 0x7000_0000 })
  if (!got.ok) throw new Error(got.why)
  return { kind: 'page', pfn: got.value }
}

describe('a driver', () => {
  test('links pieces from anywhere to addresses in a row', () => {
    const { lab, at, codes, take, reads } = open()
    const device = lab.device('snooping')
    const state = take('snooping', 2 * PAGE_SIZE)
    const [first, second] = [at, phys(at + 3 * PAGE_SIZE)]
    expect(lab.dma.iovaLink(device, state, first, 0, PAGE_SIZE, DIR.TO_DEVICE, 0)).toMatchObject({ ok: true })
    expect(lab.dma.iovaLink(device, state, second, PAGE_SIZE, PAGE_SIZE, DIR.TO_DEVICE, 0)).toMatchObject({ ok: true })
    expect(lab.dma.iovaSync(device, state, 0, 2 * PAGE_SIZE)).toMatchObject({ ok: true })
    expect(lab.translate(device, state.addr, 2 * PAGE_SIZE, false)).toEqual([
      { phys: first, len: PAGE_SIZE },
      { phys: second, len: PAGE_SIZE },
    ])
    expect(reads('snooping', state, 0, 2 * PAGE_SIZE)).toBe(0)
    lab.dma.iovaDestroy(device, state, 2 * PAGE_SIZE, DIR.TO_DEVICE, 0)
    expect(reads('snooping', state, 0, 16)).toBe(16)
    lab.end()
    expect(codes()).toEqual(['iommu-fault', 'device-access-after-unmap'])
  })

  test('without an IOMMU, or on a kernel before v6.16, maps page by page', () => {
    const { lab, at } = open()
    expect(lab.dma.iovaTryAlloc(lab.device('direct'), at, PAGE_SIZE)).toMatchObject({ errno: 'EOPNOTSUPP' })
    const older = open('arm64@6.12')
    expect(older.lab.dma.iovaTryAlloc(older.lab.device('plain'), older.at, PAGE_SIZE)).toMatchObject({
      errno: 'EOPNOTSUPP',
    })
  })

  test('gets nothing for no bytes, and may begin inside a page with its first piece only', () => {
    const { lab, at, take } = open()
    const device = lab.device('snooping')
    expect(lab.dma.iovaTryAlloc(device, at, 0)).toMatchObject({ errno: 'EINVAL' })
    const within = phys(at + 100)
    const state = take('snooping', 5000, within)
    expect(state.addr % PAGE_SIZE).toBe(100)
    expect(lab.dma.iovaLink(device, state, within, 0, 5000, DIR.TO_DEVICE, 0)).toMatchObject({ ok: true })
    expect(lab.dma.iovaLink(device, state, within, PAGE_SIZE, 8, DIR.TO_DEVICE, 0)).toMatchObject({ errno: 'EIO' })
  })

  test('that asks for coherence gets no link of a device that does not snoop', () => {
    const { lab, at, take } = open()
    const attrs = lab.facts.attrs['REQUIRE_COHERENT'] ?? 0
    const link = (name: string) =>
      lab.dma.iovaLink(lab.device(name), take(name, PAGE_SIZE), at, 0, PAGE_SIZE, DIR.FROM_DEVICE, attrs)
    expect(link('snooping')).toMatchObject({ ok: true })
    expect(link('plain')).toMatchObject({ errno: 'EOPNOTSUPP' })
  })

  test('small pieces of a device that does not snoop go through the bounce pool, and come back', () => {
    const { lab, at, take } = open()
    const device = lab.device('plain')
    const used = () => lab.host(device).swiotlb()?.areas()[0]?.used
    const state = take('plain', 20)
    expect(lab.dma.iovaLink(device, state, at, 0, 20, DIR.FROM_DEVICE, 0)).toMatchObject({ ok: true })
    expect(state.bounced).toBe(true)
    expect(used()).toBeGreaterThan(0)
    lab.bus(device).write({ at: state.addr, len: 20 }, new Uint8Array(20).fill(7))
    lab.dma.iovaDestroy(device, state, 20, DIR.FROM_DEVICE, 0)
    expect(used()).toBe(0)
    expect([...lab.userRead({ phys: at, len: PAGE_SIZE, kind: 'cached' }, 20, 'buffer')]).toEqual(
      Array.from({ length: 20 }, () => 7),
    )
  })
})

describe('a careless driver', () => {
  test('destroys a range with a hole: what is behind it stays, and the next link there finds it', () => {
    const { lab, at, codes, take } = open()
    const device = lab.device('snooping')
    const state = take('snooping', 2 * PAGE_SIZE)
    expect(lab.dma.iovaLink(device, state, at, PAGE_SIZE, PAGE_SIZE, DIR.TO_DEVICE, 0)).toMatchObject({ ok: true })
    lab.dma.iovaDestroy(device, state, 2 * PAGE_SIZE, DIR.TO_DEVICE, 0)
    const next = take('snooping', 2 * PAGE_SIZE)
    expect(next.addr).toBe(state.addr)
    expect(lab.dma.iovaLink(device, next, at, 0, 2 * PAGE_SIZE, DIR.TO_DEVICE, 0)).toMatchObject({ errno: 'EEXIST' })
    expect(codes()).toContain('iova-links-left')
  })

  test.each([
    // pages asked for, pages linked, and what is not handed out again
    [3, 3, []],
    [3, 2, [2 * PAGE_SIZE]],
    [4, 1, [3 * PAGE_SIZE]],
    // Both are kept as ranges of four.
    [4, 3, []],
    // Longer ranges go back whole, unless what comes back is short.
    [40, 36, []],
    [40, 32, [8 * PAGE_SIZE]],
  ])('of %i pages links %i and destroys the range: what the allocator forgets is told', (asked, linked, lost) => {
    const { lab, events } = open()
    const device = lab.device('snooping')
    const got = lab.mem.allocPages(64 * PAGE_SIZE, { owner: 'buffer' })
    if (!got.ok) throw new Error(got.why)
    const before = lab.balance()
    const state = lab.dma.iovaTryAlloc(device, physOf(got.value), asked * PAGE_SIZE)
    if (!state.ok) throw new Error(state.why)
    lab.dma.iovaLink(device, state.value, physOf(got.value), 0, linked * PAGE_SIZE, DIR.TO_DEVICE, 0)
    lab.dma.iovaDestroy(device, state.value, linked * PAGE_SIZE, DIR.TO_DEVICE, 0)
    const told = events.flatMap((event) => (event.event === 'kernel_quirk' ? [event] : []))
    expect(told.map(({ code, text }) => [code, Number(/(\d+) are not/.exec(text)?.[1])])).toEqual(
      lost.map((bytes) => ['iova-part-lost', bytes]),
    )
    expect(imbalance(before, lab.balance())).toEqual(
      lost.map((bytes) => `pages of bus addresses: ${bytes / PAGE_SIZE} more`),
    )
  })

  test.each([
    ['snooping', ['bytes mapped by an IOMMU: 4096 more', 'pages of bus addresses: 1 more']],
    ['bouncing', ['bounce slots: 2 more']],
    ['direct', []],
  ])('unmaps a page of the %s device as registers: what stays taken is told', (name, left) => {
    const { lab, events } = open()
    const device = lab.device(name)
    const page = high(lab)
    const before = lab.balance()
    const handle = lab.dma.mapPageAttrs(device, page, 0, PAGE_SIZE, DIR.TO_DEVICE, 0)
    if (!handle.ok) throw new Error(handle.why)
    lab.dma.unmapPageAttrs(device, handle.value, PAGE_SIZE, DIR.TO_DEVICE, lab.facts.attrs['MMIO'] ?? 0)
    expect(imbalance(before, lab.balance())).toEqual(left)
    const told = events.flatMap((event) => (event.event === 'kernel_quirk' ? [event.code] : []))
    expect(told).toEqual(left.length === 0 ? [] : ['unmap-attrs-leak'])
  })

  test('frees addresses with links, or uses them before the sync', () => {
    const { lab, at, codes, take, reads } = open()
    const device = lab.device('snooping')
    const state = take('snooping', PAGE_SIZE)
    lab.dma.iovaLink(device, state, at, 0, PAGE_SIZE, DIR.TO_DEVICE, 0)
    expect(reads('snooping', state, 0, PAGE_SIZE)).toBe(0)
    lab.dma.iovaFree(device, state)
    lab.end()
    expect(codes()).toEqual(['iova-not-synced', 'iova-links-left', 'leak-mapping'])
  })
})
