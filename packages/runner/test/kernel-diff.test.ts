// What lies between two kernels, and that records and facts say the same.
import { attrsOf, RELEASE_RECORDS, RELEASES } from '@dmalab/api'
import { describe, expect, it } from 'vitest'

describe('records of releases', () => {
  it('have names of their own', () => {
    const names = RELEASE_RECORDS.map(({ id }) => id)
    expect(new Set(names).size).toBe(names.length)
  })

  it('decide every fact that a release does not state itself', () => {
    const wanted = Object.keys(RELEASES['4.11']).toSorted()
    for (const [name, facts] of Object.entries(RELEASES))
      expect([name, Object.keys(facts).toSorted()]).toEqual([name, wanted])
  })

  it('leave a fact before and after one release as the next one finds it', () => {
    expect(RELEASES['5.10'].bounceBeforeStart).toBe('copied')
    expect(RELEASES['6.1'].bounceBeforeStart).toBe('refused')
    expect(RELEASES['6.12'].bounceBeforeStart).toBe('copied')
    expect([RELEASES['6.1'], RELEASES['6.12'], RELEASES['7.2']].map(({ udmabufMerges }) => udmabufMerges)).toEqual([
      true,
      false,
      true,
    ])
  })

  it('give a release its attribute bits', () => {
    for (const [name, { attrs }] of Object.entries(RELEASES)) expect(attrs).toEqual(attrsOf(name))
  })
})
