// What a device behind each back end of 6.12 saw of a buffer, and the CPU of what it wrote: as recorded on emulated boots.
import { DIR, type Direction, type DmaAddr, type Event } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { mapping, openVirtLab, twoPages, write } from './virt-lab.ts'

/** A coherent device that copies, as the PCI device of the recordings; the three columns of what it saw. */
const MODES = {
  direct: { device: 'coherent', options: {} },
  swiotlb: { device: 'coherent', options: { cmdline: { swiotlb: 'force' } } },
  smmu: { device: 'translated', options: {} },
} as const
const LEN = 2048

describe.each(Object.keys(MODES) as (keyof typeof MODES)[])('data path, arm64@6.12, %s', (mode) => {
  const bounced = mode === 'swiotlb'
  const translated = mode === 'smmu'
  const start = () => {
    const { device: name, options } = MODES[mode]
    const lab = openVirtLab('arm64@6.12', undefined, options)
    const events: Event[] = []
    lab.listen('op', (event) => events.push(event))
    const dev = lab.device(name)
    const bus = lab.bus(dev)
    const memory = twoPages(lab)
    const map = (dir: Direction, offset = 0): DmaAddr => {
      const got = lab.dma.mapPageAttrs(dev, { kind: 'page', pfn: memory }, offset, LEN, dir, 0)
      if (!got.ok) throw new Error(got.why)
      return got.value
    }
    const sees = (at: DmaAddr, seed: number): boolean => bus.read({ at, len: LEN }, { seed }).wrong === 0
    /** Bytes of the two pages, from `offset` on, that are not what was written with `seed` from `base` on. */
    const differ = (seed: number, offset: number, len: number, base = 0): number =>
      lab.userCompare(mapping(memory), len, 'buffer', { offset, content: { seed, offset: offset - base } }).wrong
    const cpu = (seed: number): boolean => differ(seed, 0, LEN) === 0
    /** What the SMMU tells of the first access that it stopped, and the driver's line for it. */
    const reported = () => {
      const fault = events.find((event) => event.event === 'io_page_fault')
      const line = events.find((event) => event.event === 'printk' && event.text.startsWith('event 0x10 '))
      return [fault, line].map((event) => event ?? null)
    }
    const report = (iova: DmaAddr, flags: number) => [
      expect.objectContaining({ device: 'translated', iova, flags }),
      expect.objectContaining({ text: 'event 0x10 received:' }),
    ]
    return { lab, dev, bus, memory, map, sees, differ, cpu, reported, report }
  }

  it('a copy between map and unmap arrives', () => {
    const { lab, dev, bus, map, cpu } = start()
    const at = map(DIR.FROM_DEVICE)
    bus.write({ at, len: LEN }, { seed: 7 })
    lab.dma.unmapPageAttrs(dev, at, LEN, DIR.FROM_DEVICE, 0)
    expect(cpu(7)).toBe(true)
  })

  it('CPU writes after mapping: the device sees them at once, or only after a sync', () => {
    const { lab, dev, memory, map, sees } = start()
    write(lab, memory, 1)
    const at = map(DIR.TO_DEVICE)
    write(lab, memory, 2)
    expect(sees(at, bounced ? 1 : 2)).toBe(true)
    lab.dma.syncSingleForDevice(dev, at, LEN, DIR.TO_DEVICE)
    expect(sees(at, 2)).toBe(true)
  })

  it('CPU reads before a sync: fresh, or stale until then', () => {
    const { lab, dev, bus, memory, map, cpu } = start()
    write(lab, memory, 1)
    const at = map(DIR.FROM_DEVICE)
    bus.write({ at, len: LEN }, { seed: 2 })
    expect(cpu(bounced ? 1 : 2)).toBe(true)
    lab.dma.syncSingleForCpu(dev, at, LEN, DIR.FROM_DEVICE)
    expect(cpu(2)).toBe(true)
  })

  it('a device that fills part of a buffer leaves the rest as it was', () => {
    const { lab, dev, bus, memory, map, differ } = start()
    write(lab, memory, 1)
    const at = map(DIR.FROM_DEVICE)
    bus.write({ at, len: 512 }, { seed: 2 })
    lab.dma.unmapPageAttrs(dev, at, LEN, DIR.FROM_DEVICE, 0)
    expect([differ(2, 0, 512), differ(1, 512, LEN - 512)]).toEqual([0, 0])
  })

  it('a write after unmap corrupts memory, goes to slots that were freed, or is blocked and reported', () => {
    const { lab, dev, bus, memory, map, cpu, reported, report } = start()
    write(lab, memory, 1)
    const at = map(DIR.FROM_DEVICE)
    bus.write({ at, len: LEN }, { seed: 1 })
    lab.dma.unmapPageAttrs(dev, at, LEN, DIR.FROM_DEVICE, 0)
    expect(bus.write({ at, len: LEN }, { seed: 2 }).blocked).toBe(translated ? LEN : 0)
    expect(cpu(mode === 'direct' ? 2 : 1)).toBe(true)
    expect(reported()).toEqual(translated ? report(at, 1) : [null, null])
  })

  it('a read after unmap leaks the data, or is blocked and reported', () => {
    const { lab, dev, bus, memory, map, reported, report } = start()
    write(lab, memory, 1)
    const at = map(DIR.TO_DEVICE)
    expect(bus.read({ at, len: LEN }, { seed: 1 })).toMatchObject({ wrong: 0, blocked: 0 })
    lab.dma.unmapPageAttrs(dev, at, LEN, DIR.TO_DEVICE, 0)
    const { blocked, wrong } = bus.read({ at, len: LEN }, { seed: 1 })
    expect(blocked).toBe(translated ? LEN : 0)
    expect(wrong === 0).toBe(!translated)
    expect(reported()).toEqual(translated ? report(at, 0) : [null, null])
  })

  it('a write into a to-device mapping changes memory, only the bounce slots, or nothing', () => {
    const { lab, dev, bus, memory, map, cpu } = start()
    write(lab, memory, 1)
    const at = map(DIR.TO_DEVICE)
    expect(bus.write({ at, len: LEN }, { seed: 2 }).blocked).toBe(translated ? LEN : 0)
    lab.dma.unmapPageAttrs(dev, at, LEN, DIR.TO_DEVICE, 0)
    expect(cpu(mode === 'direct' ? 2 : 1)).toBe(true)
  })

  it('an overrun within the page spills into memory (an IOMMU sees pages), or stays in the bounce pool', () => {
    const { lab, dev, bus, memory, map, differ } = start()
    write(lab, memory, 1)
    const at = map(DIR.FROM_DEVICE)
    bus.write({ at, len: LEN + 512 }, { seed: 2 })
    lab.dma.unmapPageAttrs(dev, at, LEN, DIR.FROM_DEVICE, 0)
    expect(differ(bounced ? 1 : 2, LEN, 512)).toBe(0)
  })

  it('an overrun across the end of the page spills into the next, stays in the pool, or is blocked there', () => {
    const { lab, dev, bus, memory, map, differ } = start()
    write(lab, memory, 1)
    const at = map(DIR.FROM_DEVICE, 4096 - LEN)
    expect(bus.write({ at, len: LEN + 512 }, { seed: 2 }).blocked).toBe(translated ? 512 : 0)
    lab.dma.unmapPageAttrs(dev, at, LEN, DIR.FROM_DEVICE, 0)
    expect(differ(2, 4096 - LEN, LEN, 4096 - LEN)).toBe(0)
    const behind = mode === 'direct' ? differ(2, 4096, 512, 4096 - LEN) : differ(1, 4096, 512)
    expect(behind).toBe(0)
  })
})
