// Single pages and registers behind an IOMMU of arch/arm: what is mapped and maintained, and what comes back.
import { ATTR, DIR, type DmaAddr, phys, pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { protOf } from '../src/index.ts'
import { BASE, only, open, page, PAGE } from './streaming-lab.ts'

it.each([
  [DIR.BIDIRECTIONAL, 0, 3],
  [DIR.TO_DEVICE, 0, 1],
  [DIR.FROM_DEVICE, 0, 2],
  [DIR.NONE, 0, 0],
  [DIR.TO_DEVICE, ATTR.PRIVILEGED, 33],
] as const)('direction %i with attributes %i is mapped with %i', (dir, attrs, prot) => {
  expect(protOf(pluginApi, dir, attrs)).toBe(prot)
})

describe('a page', () => {
  it('is mapped in whole pages, at its offset', () => {
    const { ops, log, taken } = open()
    expect(ops.mapPage(page(0x8000), 100, PAGE, DIR.TO_DEVICE, 0)).toEqual({ ok: true, value: BASE + 100 })
    expect(log).toEqual([
      ['toDevice', 8, 100, PAGE, DIR.TO_DEVICE],
      ['map', BASE, 0x8000, 2 * PAGE, 1],
    ])
    expect(taken()).toEqual([2 * PAGE])
  })

  it.each([
    [true, 0, 0],
    [false, ATTR.SKIP_CPU_SYNC, 0],
    [false, 0, 1],
  ])('of a device that snoops (%s), attributes %i, is maintained %i times each way', (coherent, attrs, times) => {
    const { ops, log } = open({ coherent })
    const got = ops.mapPage(page(0x8000), 0, PAGE, DIR.BIDIRECTIONAL, attrs)
    if (got.ok) ops.unmapPage(got.value, PAGE, DIR.BIDIRECTIONAL, attrs)
    expect([only(log, 'toDevice').length, only(log, 'toCpu').length]).toEqual([times, times])
  })

  it('comes back whole: its page is that behind the address', () => {
    const { ops, log, taken } = open()
    ops.mapPage(page(0x8000), 100, PAGE, DIR.FROM_DEVICE, 0)
    ops.unmapPage((BASE + 100) as DmaAddr, PAGE, DIR.FROM_DEVICE, 0)
    expect(log.slice(-2)).toEqual([
      ['toCpu', 0x4000_0000 / PAGE, 100, PAGE, DIR.FROM_DEVICE],
      ['unmap', BASE, 2 * PAGE],
    ])
    expect(taken()).toEqual([])
  })

  it('that finds no address, or no table, is -EIO, and takes nothing', () => {
    for (const options of [{ failSpace: 1 }, { failMap: 1 }]) {
      const { ops, taken } = open(options)
      expect(ops.mapPage(page(0x8000), 0, 1, DIR.TO_DEVICE, 0)).toMatchObject({ errno: 'EIO' })
      expect(taken()).toEqual([])
    }
    const { ops } = open({ failSpace: 1 })
    expect(ops.mapPage(page(0x8000), 1, PAGE, DIR.TO_DEVICE, 0)).toMatchObject({ why: 'no bus address for 8192 bytes' })
  })

  it('at bus address 0 stays: the first page, and no other', () => {
    const { ops, log, taken } = open({ base: 0 })
    for (let n = 0; n < 2; n++) ops.mapPage(page(0x8000), 0, PAGE, DIR.TO_DEVICE, 0)
    ops.unmapPage(64 as DmaAddr, PAGE, DIR.TO_DEVICE, 0)
    ops.syncSingle(64 as DmaAddr, 8, DIR.BIDIRECTIONAL, 'cpu')
    expect([taken(), only(log, 'kept zero', 'toCpu')]).toEqual([[PAGE, PAGE], [['kept zero']]])
    ops.unmapPage(PAGE as DmaAddr, PAGE, DIR.TO_DEVICE, 0)
    expect(taken()).toEqual([PAGE])
    // Nothing is mapped there: physical address 0.
    expect(only(log, 'toCpu')).toEqual([['toCpu', 0, 0, PAGE, DIR.TO_DEVICE]])
  })

  it('that is not of this mapping stops the kernel', () => {
    expect(() => open().ops.unmapPage((BASE + PAGE) as DmaAddr, PAGE, DIR.TO_DEVICE, 0)).toThrow(
      'bus addresses are freed that are not of this mapping',
    )
  })
})

describe('registers', () => {
  it('are mapped without maintenance, and come back', () => {
    const { ops, log, taken } = open()
    expect(ops.mapResource(phys(0x9000_0010), PAGE, DIR.FROM_DEVICE, 0)).toEqual({ ok: true, value: BASE + 0x10 })
    expect(log).toEqual([['map', BASE, 0x9000_0000, 2 * PAGE, 2 + 16]])
    ops.unmapResource((BASE + 0x10) as DmaAddr, PAGE)
    expect(taken()).toEqual([])
    expect(open({ failSpace: 1 }).ops.mapResource(phys(0), 1, DIR.TO_DEVICE, 0)).toMatchObject({ errno: 'EIO' })
    const zero = open({ base: 0 })
    zero.ops.mapResource(phys(0), 1, DIR.TO_DEVICE, 0)
    zero.ops.unmapResource(0 as DmaAddr, 1)
    expect([zero.taken(), zero.log.at(-1)]).toEqual([[PAGE], ['kept zero']])
  })
})

it('a single sync is of the page behind the address, at its offset', () => {
  const { ops, log } = open()
  ops.syncSingle((BASE + PAGE + 8) as DmaAddr, 16, DIR.FROM_DEVICE, 'cpu')
  ops.syncSingle((BASE + 8) as DmaAddr, 16, DIR.TO_DEVICE, 'device')
  expect(log).toEqual([
    ['toCpu', 0x4_0001, 8, 16, DIR.FROM_DEVICE],
    ['toDevice', 0x4_0000, 8, 16, DIR.TO_DEVICE],
  ])
})
