import { describe, expect, it } from 'vitest'
import { ATTR, attrNames, DIR, dirName, has } from '../src/index.ts'

describe('directions', () => {
  it('have the numbers of enum dma_data_direction', () => {
    expect([0, 1, 2, 3].map(dirName)).toEqual(['BIDIRECTIONAL', 'TO_DEVICE', 'FROM_DEVICE', 'NONE'])
    expect(DIR.FROM_DEVICE).toBe(2)
  })

  it('a number that is not a flag is printed as a number', () => {
    expect(dirName(17)).toBe('0x11')
  })
})

describe('attributes', () => {
  it('are one bit each, and no two share one', () => {
    const bits = Object.values(ATTR)
    expect(bits.filter((bit) => !Number.isInteger(Math.log2(bit)))).toEqual([])
    expect(new Set(bits).size).toBe(bits.length)
  })

  it('are found among others', () => {
    const attrs = ATTR.WRITE_COMBINE + ATTR.SKIP_CPU_SYNC
    expect([has(attrs, ATTR.SKIP_CPU_SYNC), has(attrs, ATTR.NO_WARN), has(0, ATTR.WRITE_COMBINE)]).toEqual([
      true,
      false,
      false,
    ])
  })

  it('are printed as the trace events print them: names, then what has no name in hex', () => {
    expect(attrNames(0)).toBe('')
    expect(attrNames(ATTR.WRITE_COMBINE + ATTR.SKIP_CPU_SYNC)).toBe('WRITE_COMBINE|SKIP_CPU_SYNC')
    expect(attrNames(ATTR.NO_WARN + 1024)).toBe('NO_WARN|0x400')
  })

  it('a release or a patch can name a bit', () => {
    expect(attrNames(1024, { DEV_COHERENT_NOPAGE: 1024 })).toBe('DEV_COHERENT_NOPAGE')
  })

  it('bit 31 is a bit like any other, not a sign', () => {
    expect(attrNames(0x8000_0000)).toBe('0x80000000')
    expect(has(0x8000_0000, 0x8000_0000)).toBe(true)
  })
})
