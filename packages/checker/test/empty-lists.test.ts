// Lists of which a log shows no address.
import { describe, expect, it } from 'vitest'
import { check, codes, mapSg, RAM, unmapSg } from './events.ts'

describe('an unmap without addresses', () => {
  it('is that of no list', () => {
    const { findings } = check([unmapSg([])])
    expect(findings.map(({ code, message }) => [code, message])).toEqual([
      ['unmap-not-mapped', expect.stringContaining('a scatterlist of 0 entries at physical 0x0')],
    ])
  })
  it('takes no list away that is mapped', () => {
    expect(codes([mapSg([RAM]), unmapSg([]), unmapSg([RAM])])).toEqual(['unmap-not-mapped'])
  })
})
