// Bounce pools: who has which, what is copied when, whose memory the slots are meanwhile, and what the kernel says when none fit.
import { ATTR, DIR, type Event, type KernelFacts, phys, type PhysAddr } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { device, openTestLab, type TestLabOptions } from './lab.ts'

const SLOT = 2048
const MIB = 2 ** 20
const START = phys(0x4100_0000)
const ORIG = phys(0x4200_0000)
const texts = (events: readonly Event[]) => events.flatMap((one) => (one.event === 'printk' ? [one.text] : []))
const quirks = (events: readonly Event[]) => events.flatMap((one) => (one.event === 'kernel_quirk' ? [one.code] : []))

/** One device with a pool of its own at START. */
const open = (
  { slots = 256, areas = 1, force = false }: { slots?: number; areas?: number; force?: boolean } = {},
  options: TestLabOptions = {},
  first = 'codec',
) => {
  const lab = openTestLab(options)
  const host = lab.host(lab.device(first))
  host.initSwiotlb({ start: START, slots, areas, force })
  const tlb = host.swiotlb()
  if (tlb === null) throw new Error('the device has a pool')
  const { hot } = lab.memory
  const cpu = (at: PhysAddr, len: number): Uint8Array => {
    const into = new Uint8Array(len)
    hot.read('cpu', at, into)
    return into
  }
  const fill = (at: PhysAddr, len: number, byte: number) => hot.set('cpu', at, len, byte)
  const map = (orig: PhysAddr, size: number, align = 0, attrs = 0): PhysAddr => {
    const at = tlb.tblMapSingle(orig, size, align, DIR.BIDIRECTIONAL, attrs)
    if (at === undefined) throw new Error('no slots')
    return at
  }
  return { lab, host, tlb, cpu, fill, map }
}

describe('what is copied', () => {
  it('goes in with the mapping, whatever the direction, and out with the unmap of what a device may have written', () => {
    for (const [dir, attrs, back] of [
      [DIR.FROM_DEVICE, 0, true],
      [DIR.BIDIRECTIONAL, 0, true],
      [DIR.TO_DEVICE, 0, false],
      [DIR.FROM_DEVICE, ATTR.SKIP_CPU_SYNC, false],
    ] as const) {
      const { tlb, cpu, fill } = open()
      fill(ORIG, 100, 1)
      const at = tlb.tblMapSingle(ORIG, 100, 0, dir, attrs) ?? phys(0)
      expect(cpu(at, 100)).toEqual(new Uint8Array(100).fill(1))
      fill(at, 100, 2)
      tlb.tblUnmapSingle(at, 100, dir, attrs)
      expect(cpu(ORIG, 100)).toEqual(new Uint8Array(100).fill(back ? 2 : 1))
    }
  })

  it('of no bytes is nothing: the slots are free again all the same', () => {
    const { lab, tlb, cpu, fill, map } = open()
    fill(ORIG, 64, 1)
    const at = map(ORIG, 64)
    fill(at, 64, 2)
    tlb.tblUnmapSingle(at, 0, DIR.FROM_DEVICE, 0)
    expect([cpu(ORIG, 1)[0], lab.balance().get('bounce slots')]).toEqual([1, 0])
  })

  it.each([
    ['cpu', DIR.FROM_DEVICE, true],
    ['cpu', DIR.BIDIRECTIONAL, true],
    ['cpu', DIR.TO_DEVICE, false],
    ['device', DIR.TO_DEVICE, true],
    ['device', DIR.BIDIRECTIONAL, true],
    ['device', DIR.FROM_DEVICE, false],
  ] as const)('by a sync for the %s, direction %i: %s', (side, dir, copied) => {
    const { tlb, cpu, fill, map } = open()
    const at = map(ORIG, 4096)
    fill(at, 4096, 2)
    fill(ORIG, 4096, 1)
    const [from, to] = [phys(at + 100), phys(ORIG + 100)]
    if (side === 'cpu') tlb.syncSingleForCpu(from, 50, dir)
    else tlb.syncSingleForDevice(from, 50, dir)
    const near = (bytes: Uint8Array) => [0, 1, 50, 51].map((i) => bytes[i])
    const [original, bounced] = [cpu(phys(to - 1), 52), cpu(phys(from - 1), 52)].map(near)
    expect(original).toEqual(copied && side === 'cpu' ? [1, 2, 2, 1] : [1, 1, 1, 1])
    expect(bounced).toEqual(copied && side === 'device' ? [2, 1, 1, 2] : [2, 2, 2, 2])
  })

  it('ends with the mapping, and the kernel warns', () => {
    const { lab, tlb, cpu, fill, map } = open()
    const at = map(ORIG, 100)
    fill(at, SLOT, 2)
    fill(ORIG, SLOT, 1)
    tlb.syncSingleForCpu(phys(at + 90), 20, DIR.FROM_DEVICE)
    expect([90, 99, 100].map((i) => cpu(ORIG, 128)[i])).toEqual([2, 2, 1])
    expect(texts(lab.events)[0]).toMatch(/: Buffer overflow detected\. Allocation size: 10\. Mapping size: 20\.$/)
    tlb.syncSingleForCpu(phys(at + 90), 10, DIR.FROM_DEVICE)
    expect(texts(lab.events)).toHaveLength(1)
  })

  it('of a slot that none has is nothing', () => {
    const { lab, tlb } = open()
    tlb.syncSingleForCpu(START, 64, DIR.FROM_DEVICE)
    expect(lab.events).toEqual([])
  })
})

describe('a device that asks for aligned addresses', () => {
  const aligned = (facts: Partial<KernelFacts> = {}) =>
    open({}, { devices: [device('codec', { minAlignMask: 4095 })], facts })

  it('has the offset of the original', () => {
    const { tlb, cpu, fill, map } = aligned()
    const orig = phys(ORIG + 0x987)
    fill(orig, 3000, 5)
    const at = map(orig, 3000)
    expect(at % 4096).toBe(0x987)
    expect(cpu(at, 3000)).toEqual(new Uint8Array(3000).fill(5))
    tlb.tblUnmapSingle(at, 3000, DIR.BIDIRECTIONAL, 0)
    expect(tlb.areas()[0]?.used).toBe(0)
    expect(aligned().tlb.maxMappingSize()).toBe(128 * SLOT - 4096)
    expect(open().tlb.maxMappingSize()).toBe(128 * SLOT)
  })

  it('a sync that begins before the mapping is copied, or refused with one warning a boot', () => {
    for (const bounceBeforeStart of ['copied', 'refused'] as const) {
      const { lab, tlb, cpu, fill, map } = aligned({ bounceBeforeStart })
      const at = map(phys(ORIG + 0x100), 200)
      fill(phys(at - 0x40), 0x40, 9)
      fill(phys(ORIG + 0xc0), 0x40, 3)
      for (let n = 0; n < 2; n++) tlb.syncSingleForCpu(phys(at - 0x40), 0x40, DIR.FROM_DEVICE)
      const copied = bounceBeforeStart === 'copied'
      expect(cpu(phys(ORIG + 0xc0), 0x40)).toEqual(new Uint8Array(0x40).fill(copied ? 9 : 3))
      expect(quirks(lab.events)).toEqual(copied ? [] : ['bounce-sync-refused', 'bounce-sync-refused'])
      const warned = texts(lab.events).filter((text) => text.includes('before mapping start'))
      expect(warned.map((text) => text.replace(/^.*: /, ''))).toEqual(
        copied ? [] : ['Access before mapping start detected. orig offset 256, requested offset 192.'],
      )
    }
  })
})

describe('slots', () => {
  it('belong to the owner of the original, in whole slots, until they come back to the pool', () => {
    const { lab, tlb, map } = open()
    lab.memory.own(ORIG, 4096, 'frame')
    const at = map(ORIG, 3000)
    const owners = () => [0, SLOT, 2 * SLOT - 1, 2 * SLOT].map((off) => lab.memory.ownerAt(phys(START + off)))
    expect([at, owners()]).toEqual([START, ['frame', 'frame', 'frame', undefined]])
    tlb.tblUnmapSingle(at, 3000, DIR.TO_DEVICE, 0)
    expect(owners()).toEqual([...Array.from({ length: 3 }, () => 'codec bounce pool'), undefined])
    const next = map(phys(ORIG + 8 * MIB), 3000)
    lab.memory.own(next, SLOT, 'someone')
    tlb.tblUnmapSingle(next, 3000, DIR.TO_DEVICE, 0)
    expect(lab.memory.ownerAt(next)).toBe('codec bounce pool')
    // Memory of none stays of none.
    expect(lab.memory.ownerAt(map(phys(ORIG + 8 * MIB), 3000))).toBeUndefined()
  })

  it('contains its first byte and its last, and no more', () => {
    const { tlb } = open({ slots: 128 })
    const end = START + 128 * SLOT
    expect([START - 1, START, end - 1, end].map((at) => tlb.contains(phys(at)))).toEqual([false, true, true, false])
    expect([tlb.start, tlb.slots, tlb.force, tlb.forAlloc]).toEqual([START, 128, false, false])
  })

  it('a pool without room says so, unless it is to be quiet; what fits nowhere is told as such', () => {
    const { lab, tlb, map } = open({ slots: 128 })
    map(ORIG, 100 * SLOT)
    expect(tlb.tblMapSingle(ORIG, 29 * SLOT, 0, DIR.TO_DEVICE, ATTR.NO_WARN)).toBeUndefined()
    expect(texts(lab.events)).toEqual([])
    expect(tlb.tblMapSingle(ORIG, 29 * SLOT, 0, DIR.TO_DEVICE, 0)).toBeUndefined()
    expect(texts(lab.events)[0]).toMatch(
      /: swiotlb buffer is full \(sz: 59392 bytes\), total 128 \(slots\), used 100 \(slots\)$/,
    )
    expect(quirks(lab.events)).toEqual([])
    expect(tlb.tblMapSingle(ORIG, 128 * SLOT, 0, DIR.TO_DEVICE, ATTR.NO_WARN)).toBeUndefined()
    expect(quirks(lab.events)).toEqual([])
    expect(tlb.tblMapSingle(ORIG, 128 * SLOT + 1, 0, DIR.TO_DEVICE, ATTR.NO_WARN)).toBeUndefined()
    expect(quirks(lab.events)).toEqual(['bounce-too-long'])
    expect(tlb.tblMapSingle(ORIG, 28 * SLOT, 0, DIR.TO_DEVICE, 0)).toBe(START + 100 * SLOT)
    expect(lab.balance().get('bounce slots')).toBe(128)
  })

  it('a mapping of no bytes is a BUG, and so is the end of one that was not made', () => {
    const { tlb } = open()
    expect(() => tlb.tblMapSingle(ORIG, 0, 0, DIR.TO_DEVICE, 0)).toThrow('!nslots')
    expect(() => tlb.tblUnmapSingle(START, 64, DIR.TO_DEVICE, 0)).toThrow(/no bounce mapping at 0x41000000/)
  })

  it('alloc gives whole pages at their order, and takes them back', () => {
    const { lab, tlb, map } = open()
    map(ORIG, 64)
    const got = tlb.alloc(3 * 4096)
    expect(got).toEqual({ ok: true, value: START + 4 * 4096 })
    expect(tlb.alloc(4096)).toEqual({ ok: true, value: START + 7 * 4096 })
    expect(lab.balance().get('bounce slots')).toBe(1 + 6 + 2)
    if (got.ok) tlb.free(got.value, 3 * 4096)
    expect(lab.balance().get('bounce slots')).toBe(1 + 2)
    expect(tlb.alloc(129 * SLOT)).toEqual({
      ok: false,
      errno: 'ENOMEM',
      why: 'bounce pool codec bounce pool has no parts for 264192 bytes',
    })
  })

  it('the search of older kernels goes by strides, and its pages begin where they may', () => {
    const { tlb } = open({}, { facts: { bounceSearch: 'by-stride' } })
    const first = tlb.alloc(4096)
    expect(first).toEqual({ ok: true, value: START })
    const at = tlb.tblMapSingle(phys(ORIG + 100), 1000, 4095, DIR.TO_DEVICE, 0)
    expect(at === undefined ? at : at % 4096).toBe(0)
  })
})
