// Lists of which a log shows no address.
import { describe, expect, it } from 'vitest'
import { check, codes, deviceAccess, map, mapSg, RAM, unmapSg } from './events.ts'

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

describe('a list that is cut by its event', () => {
  const cut = { ...mapSg([RAM + 0x10_0000]), nents: 3, ents: 3, truncated: true } as ReturnType<typeof mapSg>
  it('explains an access that nothing else does, and no access that is explained', () => {
    expect(codes([cut, deviceAccess(false, RAM)])).not.toContain('device-access-unmapped')
    expect(codes([deviceAccess(false, RAM)])).toContain('device-access-unmapped')
    // All of it is mapped, in the wrong direction: whatever the list holds.
    expect(codes([cut, map(RAM), deviceAccess(true, RAM)])).toContain('device-access-direction')
  })
})
