// Which mappings bounce behind an IOMMU, what the pool is asked, and what neighbours of a buffer show.
import { DIR, type Host, ok, phys, pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { bounceOf } from '../src/bounce.ts'
import { PAGE, RAM, recordedDomain } from './recorded-domain.ts'

const SLOT = 0x9000_0200
interface Setup {
  readonly untrusted?: boolean
  readonly kmalloc?: boolean
  /** `none`: swiotlb is switched off; `noforce`: the kernel has it, the pool is not there; `full`: it has no slot. */
  readonly pool?: 'none' | 'noforce' | 'full' | 'there'
  readonly wants?: boolean
}
const open = ({ untrusted = false, kmalloc = false, pool = 'there', wants = true }: Setup = {}) => {
  const calls: string[] = []
  const events: unknown[] = []
  const texts: string[] = []
  const swiotlb = {
    name: 'software IO TLB',
    force: true,
    contains: (at: number) => at >= 0x9000_0000,
    tblMapSingle: (at: number, size: number, mask: number, dir: number, attrs: number) => {
      calls.push(`map ${at.toString(16)} ${size} mask ${mask.toString(16)} dir ${dir} attrs ${attrs}`)
      return pool === 'full' ? undefined : phys(SLOT)
    },
    tblUnmapSingle: (at: number, size: number) => void calls.push(`unmap ${at.toString(16)} ${size}`),
    syncSingleForCpu: (at: number, size: number) => void calls.push(`for cpu ${at.toString(16)} ${size}`),
    syncSingleForDevice: (at: number, size: number) => void calls.push(`for device ${at.toString(16)} ${size}`),
  }
  const host = {
    device: { name: 'dev', facts: { pci: { untrusted, windows: [] } }, dmaMask: 0xffff },
    kernel: { swiotlb: pool === 'none' ? null : {} },
    mem: {
      linearAddress: (at: number) => BigInt(at),
      memset: (at: bigint, byte: number, len: number) => void calls.push(`memset ${at.toString(16)} ${byte} ${len}`),
    },
    swiotlb: () => (pool === 'none' || pool === 'noforce' ? null : swiotlb),
    kmallocNeedsBounce: () => kmalloc,
    kmallocSgNeedsBounce: () => kmalloc,
    wants: () => wants,
    emit: (event: unknown) => void events.push(event),
    printk: (level: string, text: string) => void texts.push(`${level}: ${text}`),
  } as unknown as Host
  const api = { ...pluginApi, devString: ({ name }: { name: string }) => `vivid ${name}` }
  return { bounce: bounceOf(api, host, recordedDomain().domain), calls, events, texts }
}

describe('a mapping', () => {
  it.each([
    [{}, false],
    [{ untrusted: true }, true],
    [{ kmalloc: true }, true],
    [{ untrusted: true, pool: 'none' }, false],
    [{ kmalloc: true, pool: 'none' }, false],
    [{ untrusted: true, pool: 'noforce' }, true],
  ] as const)('of %o goes through the pool: %s', (setup, wanted) => {
    const { bounce } = open(setup)
    expect([bounce.wanted(8, DIR.TO_DEVICE), bounce.wantedFor({} as never, 1, DIR.TO_DEVICE)]).toEqual([wanted, wanted])
    expect(bounce.bounces(phys(RAM + 8), 8, DIR.TO_DEVICE)).toBe(wanted)
  })
  it.each([
    [0, PAGE, false],
    [0, 2 * PAGE, false],
    [8, PAGE - 8, true],
    [8, PAGE, true],
    [0, PAGE - 1, true],
    [0, PAGE + 1, true],
  ])('that begins at byte %d of a page and has %d bytes: %s', (within, size, bounces) => {
    expect(open({ untrusted: true }).bounce.bounces(phys(RAM + within), size, DIR.TO_DEVICE)).toBe(bounces)
  })
})

describe('the pool', () => {
  it('is asked for a slot with the low bits of the address, and the bounce is told', () => {
    const { bounce, calls, events } = open({ kmalloc: true })
    expect(bounce.map(phys(RAM + 0x200), 0x100, DIR.TO_DEVICE, 32)).toEqual(ok(SLOT))
    expect(calls).toEqual(['map 80000200 256 mask fff dir 1 attrs 32'])
    expect(events).toEqual([
      { event: 'swiotlb_bounced', device: 'dev', dmaMask: 0xffff, devAddr: RAM + 0x200, size: 0x100, force: true },
    ])
    const deaf = open({ kmalloc: true, wants: false })
    deaf.bounce.map(phys(RAM), 8, DIR.TO_DEVICE, 0)
    expect(deaf.events).toEqual([])
  })

  it.each([
    [0x100, ['memset 90000000 0 512', 'memset 90000300 0 3328']],
    [PAGE - 0x200, ['memset 90000000 0 512']],
  ])('shows an untrusted device zeros around %d bytes', (size, cleared) => {
    const { bounce, calls } = open({ untrusted: true })
    bounce.map(phys(RAM + 0x200), size, DIR.TO_DEVICE, 0)
    expect(calls.slice(1)).toEqual(cleared)
  })

  it('that is full refuses, without a line', () => {
    const { bounce, texts, calls } = open({ untrusted: true, pool: 'full' })
    const why = 'no run of slots in bounce pool software IO TLB fits 8 bytes'
    expect(bounce.map(phys(RAM), 8, DIR.TO_DEVICE, 0)).toEqual({ ok: false, errno: 'EIO', why })
    expect([texts, calls.length]).toEqual([[], 1])
  })

  it('that is not there refuses, and says so once', () => {
    const { bounce, texts, events } = open({ untrusted: true, pool: 'noforce' })
    const why = 'vivid dev: DMA bounce buffers are inactive, unable to map unaligned transaction.'
    for (let time = 0; time < 2; time += 1) {
      expect(bounce.map(phys(RAM), 8, DIR.TO_DEVICE, 0)).toEqual({ ok: false, errno: 'EIO', why })
      expect([texts, events]).toEqual([[`warn: ${why}`], []])
    }
    // Memory that cannot have bounced has no slot to give back.
    bounce.giveBack(phys(SLOT), 8, DIR.TO_DEVICE, 0)
    bounce.syncForCpu(phys(SLOT), 8, DIR.TO_DEVICE)
    bounce.syncForDevice(phys(SLOT), 8, DIR.TO_DEVICE)
  })

  it('is asked about its own slots alone', () => {
    const { bounce, calls } = open()
    for (const at of [RAM, SLOT]) {
      bounce.syncForCpu(phys(at), 8, DIR.TO_DEVICE)
      bounce.syncForDevice(phys(at), 8, DIR.TO_DEVICE)
      bounce.giveBack(phys(at), 8, DIR.TO_DEVICE, 0)
    }
    expect(calls).toEqual(['for cpu 90000200 8', 'for device 90000200 8', 'unmap 90000200 8'])
  })

  it('is forbidden by an attribute', () => {
    const why = '8 bytes of dev would have to bounce, which an attribute forbids'
    expect(open().bounce.refuse(8)).toEqual({ ok: false, errno: 'EIO', why })
  })
})
