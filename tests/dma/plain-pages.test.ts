// Behind an IOMMU single pages of ordinary memory take a short way: a cached bus address, then lines and table entry in one call of the
// engine. A machine in which a failure may be injected takes the kernel's path for all. Both must leave the same: addresses, events,
// counters, bytes, what the device reaches, and what is free.
import { ATTR, type Direction, DIR, type DmaAddr, type Event, type Injection, type Lab, PAGE_SIZE } from '@dmalab/api'
import { type DeviceFacts, type IommuFacts, type Pfn, phys } from '@dmalab/api'
import { openLaboratory } from '@dmalab/lab/node'
import { Memory } from '@dmalab/memory'
import { openLab, parseKernel, withOptions } from '@dmalab/runner'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const parts = await openLaboratory()
const MIB = 2 ** 20
const RAM = 0x8000_0000
/** A rule that never comes to pass is enough for the kernel's path. */
const NEVER: readonly Injection[] = [{ what: 'iova', nth: 1e9 }]

interface Setup {
  readonly device?: Partial<DeviceFacts>
  readonly iommu?: Partial<IommuFacts>
  readonly cmdline?: Readonly<Record<string, string>>
}

const open = ({ device = {}, iommu = {}, cmdline = {} }: Setup, inject: readonly Injection[]) => {
  const spec = withOptions(parseKernel('arm64@6.12', parts.registry), { config: {}, cmdline })
  const lab = openLab(parts, {
    kernel: spec,
    inject,
    machine: {
      name: 'pages',
      title: 'a card behind an IOMMU',
      arch: parts.registry.arches.get(spec.base.arch).board,
      cpu: { lineSize: 64, aliasing: false },
      memory: [{ base: RAM, len: 256 * MIB }],
      reserved: [],
      layout: {},
      iommus: [{ name: 'smmu', model: 'arm,smmu-v3', enabled: true, ...iommu }],
      devices: [{ name: 'card', class: 'other', coherent: false, maskBits: 32, pools: [], iommu: 'smmu', ...device }],
      bindings: {},
    },
  })
  const events: Event[] = []
  return { lab, events }
}

interface Call {
  readonly page: number
  readonly offset: number
  readonly size: number
  readonly dir: Direction
  readonly attrs: number
  readonly dirty: boolean
  /** Which live mapping is undone in its place, and how wrongly. */
  readonly undo: number | null
  readonly wrong: number
  readonly pass: number
  readonly heard: boolean
}

const calls: fc.Arbitrary<Call> = fc.record({
  page: fc.nat(40),
  offset: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(PAGE_SIZE - 1)),
  size: fc.oneof(fc.constant(PAGE_SIZE), fc.integer({ min: 0, max: 3 * PAGE_SIZE }), fc.constantFrom(64, 192, 4095)),
  dir: fc.constantFrom(DIR.BIDIRECTIONAL, DIR.TO_DEVICE, DIR.FROM_DEVICE),
  attrs: fc.constantFrom(0, 0, 0, ATTR.SKIP_CPU_SYNC),
  dirty: fc.boolean(),
  undo: fc.option(fc.nat(20)),
  wrong: fc.constantFrom(0, 0, 0, PAGE_SIZE, 8),
  pass: fc.constantFrom(0, 0, 11, 200),
  heard: fc.boolean(),
})

const story = (lab: Lab, work: readonly Call[], events: Event[]): unknown => {
  const { mem, dma } = lab
  if (!(mem instanceof Memory)) throw new Error('a laboratory has a Memory')
  const card = lab.device('card')
  const live: { readonly at: DmaAddr; readonly size: number; readonly dir: Direction; readonly attrs: number }[] = []
  const before = [...lab.balance()]
  const told = work.map(({ page, offset, size, dir, attrs, dirty, undo, wrong, pass, heard }) => {
    const stop = heard ? lab.listen('op', (event) => events.push(event)) : undefined
    const pfn = (RAM / PAGE_SIZE + 512 + page) as Pfn
    const place = phys(pfn * PAGE_SIZE)
    if (dirty) mem.hot.fill('cpu', place, 4 * PAGE_SIZE, page)
    const [one] = undo === null ? [] : live.splice(undo % Math.max(live.length, 1), 1)
    let address = 0
    if (one === undefined) {
      const mapped = dma.mapPageAttrs(card, { kind: 'page', pfn }, offset, size, dir, attrs)
      if (mapped.ok) live.push({ at: (address = mapped.value) as DmaAddr, size, dir, attrs })
      else events.push({ at: 0, event: 'printk', level: 'err', text: mapped.why })
    } else dma.unmapPageAttrs(card, (one.at + wrong) as DmaAddr, one.size, one.dir, one.attrs)
    if (pass > 0) lab.passTime(pass)
    const seen = lab.bus(card).read({ at: (one?.at ?? address) as DmaAddr, len: 64 })
    stop?.()
    const clean = [0, 1, 2, 3].map((n) => mem.hot.pageClean((pfn + n) as Pfn))
    return [address, seen, clean, mem.hot.checksum('memory', place, 4 * PAGE_SIZE), lab.cache.counters()]
  })
  return [told, before, [...lab.balance()], [...events]]
}

const SETUPS: readonly (readonly [string, Setup])[] = [
  ['strict', {}],
  ['lazy', { cmdline: { 'iommu.strict': '0' } }],
  ['a device that snoops', { device: { coherent: true } }],
  ['64 bits', { device: { maskBits: 64 } }],
  ['a card of PCI', { device: { maskBits: 64, pci: { untrusted: false, windows: [] } } }],
  ['an untrusted card', { device: { pci: { untrusted: true, windows: [] } } }],
  ['short descriptors', { iommu: { model: 'mediatek,mt8173-m4u' } }],
  ['tables of a Rockchip', { iommu: { model: 'rockchip,iommu' } }],
]

test.each(SETUPS)('%s', (_name, setup) => {
  const [short, long] = [open(setup, []), open(setup, NEVER)]
  expect(short.lab.device('card').opsName).toBe('dma-iommu')
  fc.assert(
    fc.property(fc.array(calls, { minLength: 1, maxLength: 40 }), (work) => {
      for (const { lab, events } of [short, long]) {
        lab.reset()
        events.length = 0
      }
      expect(story(short.lab, work, short.events)).toEqual(story(long.lab, work, long.events))
    }),
    { numRuns: 12, seed: 14 },
  )
})
