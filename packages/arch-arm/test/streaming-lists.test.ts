// Lists behind an IOMMU of arch/arm: which chunks they become, what is maintained, what is undone when a piece fails.
import { ATTR, DIR } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { BASE, ERROR, listOf, only, open, PAGE } from './streaming-lab.ts'

describe('a list', () => {
  const WHOLE = [
    [0x1_0000, 0, PAGE],
    [0x5_0000, 0, 2 * PAGE],
    [0x3_0000, 0, 100],
  ] as const
  it('of whole pages is one chunk, its pieces side by side', () => {
    const { ops, log, taken } = open()
    const { list, dma } = listOf(WHOLE)
    expect(ops.mapSg(list, 3, DIR.TO_DEVICE, 0)).toEqual({ ok: true, value: 1 })
    expect(dma()).toEqual([
      [BASE, 3 * PAGE + 100],
      [7, 0],
      [7, 0],
    ])
    expect(only(log, 'map')).toEqual([
      ['map', BASE, 0x1_0000, PAGE, 1],
      ['map', BASE + PAGE, 0x5_0000, 2 * PAGE, 1],
      ['map', BASE + 3 * PAGE, 0x3_0000, PAGE, 1],
    ])
    expect(only(log, 'toDevice')).toHaveLength(3)
    expect(taken()).toEqual([4 * PAGE])
  })

  it.each([
    [
      'an offset begins another',
      [
        [0, 0, PAGE],
        [0x8000, 4, PAGE - 4],
      ],
      0x1_0000,
      [PAGE, PAGE - 4],
    ],
    [
      'one that ends within a page ends its chunk',
      [
        [0, 0, 100],
        [0x8000, 0, PAGE],
      ],
      0x1_0000,
      [100, PAGE],
    ],
    [
      'the segment is as long as it may be',
      [
        [0, 0, PAGE],
        [0x8000, 0, PAGE],
      ],
      2 * PAGE,
      [2 * PAGE],
    ],
    [
      'and not one byte longer',
      [
        [0, 0, PAGE],
        [0x8000, 0, PAGE],
      ],
      2 * PAGE - 1,
      [PAGE, PAGE],
    ],
    [
      'an offset of the first entry counts',
      [
        [0, 96, PAGE - 96],
        [0x8000, 0, PAGE],
      ],
      2 * PAGE,
      [2 * PAGE - 96],
    ],
  ] as const)('%s', (_, entries, maxSegment, lengths) => {
    const { ops } = open({ maxSegment })
    const { list, dma } = listOf(entries)
    expect(ops.mapSg(list, entries.length, DIR.TO_DEVICE, 0)).toEqual({ ok: true, value: lengths.length })
    expect(
      dma()
        .slice(0, lengths.length)
        .map(([, length]) => length),
    ).toEqual(lengths)
    expect(dma()[0]?.[0]).toBe(BASE + entries[0][1])
  })

  it('entries behind the first have the error of v4.11 for an address, or what was there', () => {
    const addresses = (code: 'v4.11' | 'v6.12') => {
      const { list, dma } = listOf(WHOLE)
      open({ code }).ops.mapSg(list, 3, DIR.TO_DEVICE, 0)
      return dma().map(([at]) => at)
    }
    expect([addresses('v4.11'), addresses('v6.12')]).toEqual([
      [BASE, ERROR, ERROR],
      [BASE, 7, 7],
    ])
  })

  const APART = [
    [0x1_0000, 0, 100],
    [0x5_0000, 0, 100],
    [0x3_0000, 0, 100],
  ] as const
  it.each([
    ['addresses for the first', { failSpace: 1 }, 'ENOMEM', 0],
    ['addresses for the second', { failSpace: 2 }, 'ENOMEM', 1],
    ['addresses for the last', { failSpace: 3 }, 'ENOMEM', 2],
    ['a table for the second', { failMap: 2 }, 'ENOMEM', 1],
    ['addresses, under v4.11', { failSpace: 2, code: 'v4.11' }, 'EIO', 1],
  ] as const)('without %s it is undone, and that entry has the error for an address', (_, options, errno, at) => {
    const { ops, taken, log } = open(options)
    const { list, dma } = listOf(APART)
    expect(ops.mapSg(list, 3, DIR.TO_DEVICE, 0)).toMatchObject({ errno, why: expect.stringMatching(`^entry ${at}: `) })
    expect([taken(), dma()[at]?.[0]]).toEqual([[], ERROR])
    expect(only(log, 'unmap').filter(([, , len]) => len !== 0)).toHaveLength(at)
  })

  it('a chunk whose second piece fails is unmapped as far as it was mapped', () => {
    const { ops, log, taken } = open({ failMap: 3 })
    const { list } = listOf(WHOLE)
    expect(ops.mapSg(list, 3, DIR.TO_DEVICE, 0)).toMatchObject({ errno: 'ENOMEM' })
    expect([taken(), only(log, 'unmap')]).toEqual([[], [['unmap', BASE, 3 * PAGE]]])
  })

  it.each([true, false])('of a device that snoops (%s) comes back entry by entry', (coherent) => {
    const { ops, log, taken } = open({ coherent })
    const { list } = listOf(APART)
    ops.mapSg(list, 3, DIR.FROM_DEVICE, 0)
    ops.unmapSg(list, 3, DIR.FROM_DEVICE, 0)
    expect([taken(), only(log, 'toCpu').length, only(log, 'toDevice').length]).toEqual([
      [],
      coherent ? 0 : 3,
      coherent ? 0 : 3,
    ])
    expect(only(log, 'unmap')).toHaveLength(3)
  })

  it('entries without a mapping are not unmapped', () => {
    const { ops, log } = open()
    const { list } = listOf(WHOLE)
    ops.mapSg(list, 3, DIR.TO_DEVICE, 0)
    ops.unmapSg(list, 3, DIR.TO_DEVICE, ATTR.SKIP_CPU_SYNC)
    expect([only(log, 'unmap'), only(log, 'toCpu')]).toEqual([[['unmap', BASE, 4 * PAGE]], []])
  })

  it('is synced by page, its first entries only where that is asked', () => {
    const { ops, log } = open()
    const { list } = listOf(APART)
    ops.syncSg(list, 2, DIR.FROM_DEVICE, 'cpu')
    ops.syncSg(list, 1, DIR.TO_DEVICE, 'device')
    expect(log).toEqual([
      ['toCpu', 0x10, 0, 100, DIR.FROM_DEVICE],
      ['toCpu', 0x50, 0, 100, DIR.FROM_DEVICE],
      ['toDevice', 0x10, 0, 100, DIR.TO_DEVICE],
    ])
  })
})
