// Fresh memory of arch/arm: zeroed, and no dirty line of it left where the device does not snoop.
import { pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { clearBuffer, prepCoherent } from '../src/clear-buffer.ts'
import { HIGH, open, PAGE } from './maintenance-lab.ts'

describe('fresh memory', () => {
  const at = (n: number) => (n * PAGE) as never
  it.each([
    [
      'lowmem',
      0x10,
      false,
      [
        ['memset', 0x10 * PAGE, 2 * PAGE, 0],
        ['tell', 'zero', 0x10 * PAGE, 2 * PAGE],
        ['flush', 0x10 * PAGE, 2 * PAGE],
        ['outerFlush', 0x10 * PAGE, 2 * PAGE],
      ],
    ],
    [
      'lowmem that is snooped',
      0x10,
      true,
      [
        ['memset', 0x10 * PAGE, 2 * PAGE, 0],
        ['tell', 'zero', 0x10 * PAGE, 2 * PAGE],
      ],
    ],
    [
      'highmem',
      HIGH,
      false,
      [
        ['zeroPage', HIGH * PAGE],
        ['tell', 'zero', HIGH * PAGE, PAGE],
        ['flushHigh', HIGH * PAGE, PAGE],
        ['zeroPage', (HIGH + 1) * PAGE],
        ['tell', 'zero', (HIGH + 1) * PAGE, PAGE],
        ['flushHigh', (HIGH + 1) * PAGE, PAGE],
        ['outerFlush', HIGH * PAGE, 2 * PAGE],
      ],
    ],
    [
      'highmem that is snooped',
      HIGH,
      true,
      [
        ['zeroPage', HIGH * PAGE],
        ['tell', 'zero', HIGH * PAGE, PAGE],
        ['zeroPage', (HIGH + 1) * PAGE],
        ['tell', 'zero', (HIGH + 1) * PAGE, PAGE],
      ],
    ],
  ])('%s', (_, first, snooped, expected) => {
    const { host, work } = open()
    clearBuffer(pluginApi, host, at(first), 2 * PAGE, snooped)
    expect(work()).toEqual(expected)
  })

  it('is prepared page by page in highmem', () => {
    const { host, work } = open()
    prepCoherent(pluginApi, host, at(HIGH), 2 * PAGE)
    prepCoherent(pluginApi, host, at(0x10), 2 * PAGE)
    expect(work()).toEqual([
      ['flushHigh', HIGH * PAGE, PAGE],
      ['flushHigh', (HIGH + 1) * PAGE, PAGE],
      ['outerFlush', HIGH * PAGE, 2 * PAGE],
      ['flush', 0x10 * PAGE, 2 * PAGE],
      ['outerFlush', 0x10 * PAGE, 2 * PAGE],
    ])
  })
})
