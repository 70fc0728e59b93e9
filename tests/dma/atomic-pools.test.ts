// Coherent memory for callers that may not sleep: what serves them, what they exhaust, and when it grows.
import { ATTR, type DeviceFacts, type Event, type Lab, PAGE_SIZE } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { type IommuLabOptions, openIommuLab, value } from './iommu-lab.ts'

const KIB = 2 ** 10
const CMA = {
  name: 'linux,cma',
  base: 0xb000_0000,
  len: 64 * 2 ** 20,
  compatible: 'shared-dma-pool',
  noMap: false,
  reusable: true,
  default: 'cma',
} as const
/** Without an IOMMU: dma-direct. */
const DIRECT = { iommus: [], reserved: [CMA] }
const ARM: IommuLabOptions = { kernel: 'arm@6.12', machine: { ...DIRECT, arch: 'arm' } }
const open = (options: IommuLabOptions = {}) => openIommuLab({ machine: DIRECT, ...options })

const atomic = (lab: Lab, size: number, attrs = 0) => lab.dma.allocAtomic(lab.device('card'), size, attrs, 'ring')
/** Page allocations until one fails. */
const untilFull = (lab: Lab): number => {
  let count = 0
  while (atomic(lab, PAGE_SIZE).ok) count++
  return count
}
const has = (events: readonly Event[], name: string): boolean => events.some(({ event }) => event === name)
const printed = (events: readonly Event[], text: string): number =>
  events.filter((event) => event.event === 'printk' && event.text === text).length

describe('a device that does not snoop', () => {
  it('gets zeroed uncached memory of a pool, in step with its device, and gives it back', () => {
    const { lab, card, events } = open()
    const got = value(atomic(lab, 0x2000))
    // Three pools at the start of the default area: kernel, DMA, DMA32; a 32-bit mask asks for the second.
    expect(got.handle).toBe(CMA.base + 0x2_0000)
    expect(lab.mem.resolve(got.cpuAddr)).toMatchObject({ phys: got.handle, kind: 'uncached' })
    expect(lab.bus(card).read({ at: got.handle, len: 0x2000 }, 0)).toMatchObject({ wrong: 0, blocked: 0 })
    expect(events).toContainEqual(expect.objectContaining({ event: 'dma_alloc', flags: 'GFP_ATOMIC', size: 0x2000 }))
    expect(has(events, 'cma_alloc_start')).toBe(false)
    lab.dma.freeAttrs(card, 0x2000, got.cpuAddr, got.handle, 0)
    expect(value(atomic(lab, 0x2000))).toEqual(got)
  })
  it('is aligned to the order of the size', () => {
    const { lab } = open()
    value(atomic(lab, PAGE_SIZE))
    expect(value(atomic(lab, 3 * PAGE_SIZE)).handle).toBe(CMA.base + 0x2_4000)
  })
  it('exhausts 128 KiB when nothing else may run, and has as much again after a while', () => {
    const { lab, events } = open()
    expect(untilFull(lab)).toBe(32)
    expect(printed(events, 'DMA pool exhausted for card')).toBe(1)
    lab.passTime(1)
    expect(untilFull(lab)).toBe(32)
    lab.passTime(1)
    // What runs low doubles.
    expect(untilFull(lab)).toBe(64)
    expect(has(events, 'cma_alloc_start')).toBe(true)
  })
  it('fails quietly when asked to', () => {
    const { lab, events } = open()
    expect(atomic(lab, 256 * KIB, ATTR.NO_WARN)).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(printed(events, 'DMA pool exhausted for card')).toBe(0)
  })
  it('has larger pools with coherent_pool= and with more memory', () => {
    expect(untilFull(open({ cmdline: { coherent_pool: '1M' } }).lab)).toBe(256)
    const big = { ...DIRECT, memory: [{ base: 0x8000_0000, len: 2 ** 33 }] }
    expect(untilFull(open({ machine: big }).lab)).toBe(256)
  })
  it('with a wide mask goes through the pools in turn', () => {
    expect(untilFull(open({ device: { maskBits: 64 } }).lab)).toBe(96)
  })
  it('whose mask the pool is beyond gets nothing, although a caller that may sleep does', () => {
    const { lab, card } = open({
      device: { maskBits: 32, coherentMaskBits: 31 },
      machine: { ...DIRECT, memory: [{ base: 0x4000_0000, len: 2 ** 31 }] },
    })
    expect(atomic(lab, PAGE_SIZE)).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(lab.dma.allocAttrs(card, PAGE_SIZE, 0, 'ring').ok).toBe(true)
  })
  it('is refused on request', () => {
    const { lab } = open({ inject: [{ what: 'atomicPool', device: 'card', nth: 2 }] })
    expect([1, 2, 3].map(() => atomic(lab, PAGE_SIZE).ok)).toEqual([true, false, true])
  })
  it('takes its own coherent pool first, where it has one', () => {
    const own = {
      name: 'own',
      base: 0x9000_0000,
      len: 2 ** 20,
      compatible: 'shared-dma-pool',
      noMap: true,
      reusable: false,
    }
    const { lab } = open({ machine: { ...DIRECT, reserved: [CMA, own] }, device: { pools: ['own'] } })
    expect(value(atomic(lab, PAGE_SIZE)).handle).toBe(own.base)
  })
  it('on 32-bit ARM has one pool of 256 KiB that does not grow', () => {
    const { lab } = open(ARM)
    expect(value(atomic(lab, PAGE_SIZE)).handle).toBe(CMA.base)
    expect(untilFull(lab)).toBe(63)
    lab.passTime(1000)
    expect(untilFull(lab)).toBe(0)
    expect(untilFull(open({ ...ARM, cmdline: { coherent_pool: '2M' } }).lab)).toBe(512)
  })
})

it('4.11 on 32-bit ARM has that one pool too, and a table that keeps none serves the call as any other', () => {
  const { lab, card } = open({ ...ARM, kernel: 'arm@4.11' })
  const got = value(atomic(lab, PAGE_SIZE))
  expect(got.handle).toBe(CMA.base)
  expect(untilFull(lab)).toBe(63)
  lab.dma.freeAttrs(card, PAGE_SIZE, got.cpuAddr, got.handle, 0)
  expect(untilFull(lab)).toBe(1)
  const behind = openIommuLab({ kernel: 'arm@4.11', machine: { reserved: [CMA], arch: 'arm' } })
  expect(value(atomic(behind.lab, PAGE_SIZE)).handle).not.toBe(CMA.base)
})

describe('a device that snoops', () => {
  const snoops: Partial<DeviceFacts> = { coherent: true }
  it('gets ordinary pages, never CMA, which may sleep', () => {
    const { lab, card, events } = open({ device: snoops })
    const { cpuAddr, handle } = value(atomic(lab, 0x10000))
    expect(lab.mem.resolve(cpuAddr)?.kind).toBe('cached')
    expect(has(events, 'cma_alloc_start')).toBe(false)
    lab.dma.freeAttrs(card, 0x10000, cpuAddr, handle, 0)
    expect(value(atomic(lab, 0x10000)).handle).toBe(handle)
  })
  it('cannot have more than the largest block, as a caller that may sleep can', () => {
    const { lab, card } = open({ device: snoops })
    expect(atomic(lab, 8 * 2 ** 20)).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(lab.dma.allocAttrs(card, 8 * 2 ** 20, 0, 'ring').ok).toBe(true)
  })
})

describe('behind an IOMMU', () => {
  const behind = (device: Partial<DeviceFacts> = {}) => openIommuLab({ machine: { reserved: [CMA] }, device })

  it('a pool serves a device that does not snoop, at an address of its own', () => {
    const { lab, card } = behind()
    const got = value(atomic(lab, 0x2000))
    const at = lab.mem.resolve(got.cpuAddr)
    expect(at).toMatchObject({ phys: CMA.base, kind: 'uncached' })
    expect(got.handle).not.toBe(at?.phys)
    lab.bus(card).write({ at: got.handle, len: 0x2000 }, { seed: 1 })
    const table = value(lab.dma.getSgtableAttrs(card, got.cpuAddr, got.handle, 0x2000, 0))
    expect(table.nents).toBe(1)
    lab.dma.freeAttrs(card, 0x2000, got.cpuAddr, got.handle, 0)
    expect(lab.bus(card).read({ at: got.handle, len: 4 })).toMatchObject({ blocked: 4 })
    expect(lab.mem.resolve(value(atomic(lab, 0x2000)).cpuAddr)?.phys).toBe(CMA.base)
  })
  it('one piece of pages serves a device that snoops', () => {
    const { lab, card } = behind({ coherent: true })
    const got = value(atomic(lab, 0x10000))
    expect(lab.mem.resolve(got.cpuAddr)?.kind).toBe('cached')
    const table = value(lab.dma.getSgtableAttrs(card, got.cpuAddr, got.handle, 0x10000, 0))
    expect(table.nents).toBe(1)
    lab.dma.freeAttrs(card, 0x10000, got.cpuAddr, got.handle, 0)
    expect(lab.bus(card).read({ at: got.handle, len: 4 })).toMatchObject({ blocked: 4 })
  })
  it('a full pool means no memory, and no bus address is lost', () => {
    const { lab } = behind()
    expect(untilFull(lab)).toBe(96)
    const { lab: again, card } = behind()
    const handles = [value(atomic(again, PAGE_SIZE)), value(atomic(again, PAGE_SIZE))]
    for (const { cpuAddr, handle } of handles) again.dma.freeAttrs(card, PAGE_SIZE, cpuAddr, handle, 0)
    expect(untilFull(again)).toBe(96)
  })
})
