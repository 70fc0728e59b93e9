import { DIR, type DmaAddr, phys, pfn, type SgTable } from '@dmalab/api'
import { describe, expect, it, vi } from 'vitest'
import { device, openTestLab, pool, type TestLab, type TestLabOptions } from './lab.ts'

const POOL = pool('luma', 0x4200_0000, 0x10_0000)

const listOf = (lab: TestLab, pfns: readonly number[]): SgTable => {
  const made = lab.sgAlloc(pfns.length)
  if (!made.ok) throw new Error(made.why)
  for (const [i, n] of pfns.entries()) made.value.setPage(i, { kind: 'page', pfn: pfn(n) }, 4096, 0)
  return made.value
}
const names = (lab: TestLab): string[] => lab.events.map((e) => e.event)

describe('memory of a per-device pool', () => {
  const open = (more: TestLabOptions = {}) =>
    openTestLab({ reserved: [POOL], devices: [device('codec', { pools: ['luma'] })], ...more })

  it('comes from the pool at its bus address, and the event names the pool', () => {
    const lab = open()
    const got = lab.mapping.allocAttrs(lab.device('codec'), 4096, 0, 'frame')
    expect(got).toMatchObject({ ok: true, value: { handle: 0x4200_0000 } })
    expect(lab.events).toMatchObject([{ event: 'dma_alloc', dmaAddr: 0x4200_0000, pool: 'luma', size: 4096 }])
  })

  it('does not fall back to general memory when the pool is full', () => {
    const lab = open()
    expect(lab.mapping.allocAttrs(lab.device('codec'), 0x20_0000, 0, 'frame')).toMatchObject({ errno: 'ENOMEM' })
    expect(lab.events).toMatchObject([{ event: 'dma_alloc', virtAddr: '', dmaAddr: 0 }])
  })

  it('is freed without an event of the kernel, unless the kernel traces it', () => {
    for (const tracesPoolFree of [false, true]) {
      const lab = open({ facts: { tracesPoolFree } })
      const dev = lab.device('codec')
      const got = lab.mapping.allocAttrs(dev, 4096, 0, 'frame')
      if (!got.ok) throw new Error(got.why)
      lab.mapping.freeAttrs(dev, 4096, got.value.cpuAddr, got.value.handle, 0)
      expect(names(lab)).toEqual(['dma_alloc', tracesPoolFree ? 'dma_free' : 'pool_free'])
    }
  })

  it('has the bus address that the windows give, or the physical one on kernels that ignore them', () => {
    const devices = [device('codec', { pools: ['luma'], dmaRanges: [{ cpu: 0x4000_0000, bus: 0, len: 0x1000_0000 }] })]
    expect(open({ devices }).device('codec').pool?.deviceBase).toBe(0x200_0000)
    const old = open({ devices, facts: { poolIgnoresWindows: true } })
    expect(old.device('codec').pool?.deviceBase).toBe(0x4200_0000)
  })

  it('belongs to a child for each region when a device has several', () => {
    const lab = openTestLab({
      reserved: [POOL, pool('chroma', 0x4300_0000, 0x10_0000)],
      devices: [device('codec', { pools: ['luma', 'chroma'] })],
    })
    const codec = lab.device('codec')
    expect(codec.pool).toBeNull()
    expect(codec.memDevices.map((d) => [d.name, d.pool?.physBase])).toEqual([
      ['codec.luma', 0x4200_0000],
      ['codec.chroma', 0x4300_0000],
    ])
    expect(lab.device('codec.chroma')).toBe(codec.memDevices[1])
  })

  it('is not a pool any more once it is released: the next block is general memory, and the CPU lost its mapping', () => {
    const lab = open()
    const dev = lab.device('codec')
    const got = lab.mapping.allocAttrs(dev, 4096, 0, 'frame')
    if (!got.ok) throw new Error(got.why)
    lab.host(dev).releaseCoherentMemory()
    lab.host(dev).releaseCoherentMemory()
    expect(dev.pool).toBeNull()
    expect(lab.memory.resolve(got.value.cpuAddr)).toBeUndefined()
    expect(lab.host(dev).releaseFromDevCoherent(0, got.value.cpuAddr)).toBe(false)
    const next = lab.mapping.allocAttrs(dev, 4096, 0, 'next')
    expect(next.ok && next.value.handle).not.toBe(0x4200_0000)
  })

  it('does not exist for a region that stays in the linear map', () => {
    const lab = open({ reserved: [{ ...POOL, noMap: false }] })
    expect(lab.device('codec').pool).toBeNull()
    expect(lab.events).toMatchObject([{ event: 'printk', text: expect.stringContaining('memremap attempted on ram') }])
  })
})

describe('mapping a list', () => {
  it('sets nents and tells addresses of both sides', () => {
    const lab = openTestLab()
    const table = listOf(lab, [0x40100, 0x40105])
    expect(lab.mapping.mapSgAttrs(lab.device('codec'), table, DIR.TO_DEVICE, 0)).toEqual({ ok: true, value: 2 })
    expect(lab.events).toMatchObject([
      {
        event: 'dma_map_sg',
        nents: 2,
        ents: 2,
        truncated: false,
        dmaAddrs: [0x4010_0000, 0x4010_5000],
        sizes: [4096, 4096],
      },
    ])
  })

  it('cuts the arrays at 128 entries and says so', () => {
    const lab = openTestLab()
    const table = listOf(
      lab,
      Array.from({ length: 200 }, (_, i) => 0x40100 + 2 * i),
    )
    lab.mapping.mapSgAttrs(lab.device('codec'), table, DIR.TO_DEVICE, 0)
    lab.mapping.unmapSgAttrs(lab.device('codec'), table, DIR.TO_DEVICE, 0)
    const [mapped, unmapped] = lab.events
    expect(mapped).toMatchObject({ nents: 200, truncated: true })
    expect(mapped?.event === 'dma_map_sg' && mapped.physAddrs.length).toBe(128)
    expect(unmapped?.event === 'dma_unmap_sg' && unmapped.physAddrs.length).toBe(200)
  })

  it('takes as many entries as asked, in each call', () => {
    const lab = openTestLab()
    const table = listOf(lab, [0x40100, 0x40105, 0x4010a])
    const dev = lab.device('codec')
    expect(lab.mapping.mapSgAttrs(dev, table, DIR.TO_DEVICE, 0, 2)).toEqual({ ok: true, value: 2 })
    lab.mapping.syncSgForCpu(dev, table, DIR.TO_DEVICE, 1)
    lab.mapping.unmapSgAttrs(dev, table, DIR.TO_DEVICE, 0, 2)
    expect(lab.events).toMatchObject([
      { event: 'dma_map_sg', nents: 2, physAddrs: [0x4010_0000, 0x4010_5000] },
      { event: 'dma_sync_sg_for_cpu', dmaAddrs: [0x4010_0000] },
      { event: 'dma_unmap_sg', physAddrs: [0x4010_0000, 0x4010_5000] },
    ])
    expect(table.origNents).toBe(3)
  })

  it('is looked at by dma-debug, page by page of what was mapped', () => {
    for (const [debugReadsPages, asked] of [
      [false, 0],
      [true, 3],
    ] as const) {
      const lab = openTestLab({ facts: { debugReadsPages } })
      const look = vi.spyOn(lab.memory, 'pageHighMem')
      lab.mapping.mapSgAttrs(lab.device('codec'), listOf(lab, [0x40100, 0x40105]), DIR.TO_DEVICE, 0)
      lab.mapping.mapPageAttrs(lab.device('codec'), { kind: 'page', pfn: pfn(0x40100) }, 0, 64, DIR.TO_DEVICE, 0)
      expect(look).toHaveBeenCalledTimes(asked)
    }
  })

  it('tells nothing of the errors a kernel expects', () => {
    const lab = openTestLab({ devices: [device('codec', { maskBits: 30 })] })
    expect(lab.mapping.mapSgAttrs(lab.device('codec'), listOf(lab, [0x40100]), DIR.TO_DEVICE, 0)).toMatchObject({
      ok: false,
      errno: 'EIO',
    })
    expect(names(lab)).toEqual([])
  })

  it('shows the kernel functions on the way in a fault', () => {
    const lab = openTestLab()
    expect(() => lab.mapping.mapSgAttrs(lab.device('codec'), listOf(lab, [0x40100]), DIR.NONE, 0)).toThrow('BUG')
  })
})

describe('a failed single mapping', () => {
  it('is reported with an address of all ones', () => {
    const ranges = [{ cpu: 0x8000_0000, bus: 0, len: 0x1000 }]
    for (const [dmaAddrSize, all] of [
      [4, 0xffff_ffff],
      [8, 2 ** 64 - 1],
    ] as const) {
      const lab = openTestLab({ facts: { dmaAddrSize }, devices: [device('codec', { dmaRanges: ranges })] })
      lab.mapping.mapPageAttrs(lab.device('codec'), { kind: 'page', pfn: pfn(0x40100) }, 0, 64, DIR.TO_DEVICE, 0)
      expect(lab.events).toMatchObject([{ event: 'dma_map_page', dmaAddr: all, physAddr: 0x4010_0000 }])
    }
  })
})

describe('sync calls', () => {
  it('of a coherent device return before the event where the kernel knows them needless', () => {
    for (const [coherent, skips, expected] of [
      [true, true, []],
      [true, false, ['dma_sync_single_for_cpu']],
      [false, true, ['dma_sync_single_for_cpu']],
    ] as const) {
      const lab = openTestLab({ devices: [device('codec', { coherent })], facts: { skipsNeedlessSync: skips } })
      lab.mapping.syncSingleForCpu(lab.device('codec'), 0x4010_0000 as DmaAddr, 64, DIR.FROM_DEVICE)
      expect(names(lab)).toEqual(expected)
    }
  })
})

describe('dma_map_resource of memory', () => {
  it('is a BUG on kernels that refuse it', () => {
    const map = (mapResourceRefusesRam: boolean) => () => {
      const lab = openTestLab({ facts: { mapResourceRefusesRam } })
      return lab.mapping.mapResource(lab.device('codec'), phys(0x4010_0000), 4096, DIR.TO_DEVICE, 0).ok
    }
    expect(map(true)).toThrow('BUG')
    expect(map(false)()).toBe(true)
  })
})

describe('masks', () => {
  it('that the table does not support are refused with EIO and not stored', () => {
    const lab = openTestLab()
    const dev = lab.device('codec')
    expect(lab.mapping.setMask(dev, 24)).toMatchObject({ errno: 'EIO' })
    expect(lab.mapping.setMask(dev, 40)).toMatchObject({ ok: true })
    expect(dev.maskBits).toBe(40)
  })
})

describe('failure injection', () => {
  it('fails the n-th call of an operation, and only for the device it names', () => {
    const lab = openTestLab({
      devices: [device('codec'), device('display')],
      inject: [{ what: 'mapSg', nth: 2, device: 'codec' }],
    })
    const map = (name: string) => lab.mapping.mapSgAttrs(lab.device(name), listOf(lab, [0x40100]), DIR.TO_DEVICE, 0).ok
    expect([map('codec'), map('display'), map('display'), map('codec'), map('codec')]).toEqual([
      true,
      true,
      true,
      false,
      true,
    ])
  })

  it('leaves operations that no rule names as they are, so that batch loops recognise them', () => {
    const lab = openTestLab({ inject: [{ what: 'alloc', nth: 1 }] })
    const dev = lab.device('codec')
    expect(lab.mapping.allocAttrs(dev, 4096, 0, 'x')).toMatchObject({ errno: 'ENOMEM' })
    expect(lab.mapping.allocAttrs(dev, 4096, 0, 'x').ok).toBe(true)
  })
})
