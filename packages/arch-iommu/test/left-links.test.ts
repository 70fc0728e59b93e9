// What is unlinked, destroyed and given back after mapping in two steps, and what stays where a driver was careless.
import { DIR, ok } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { PAGE, RAM } from './recorded-domain.ts'
import { at, openIova as open } from './recorded-iova.ts'

describe('what is left', () => {
  it('a hole: what lies behind it is neither taken back nor unlinked, and a line says so', () => {
    const { iova, take, calls, texts, mapped } = open()
    const state = take(RAM, 3 * PAGE)
    for (const page of [0, 2]) iova.link(state, at(page * PAGE), page * PAGE, PAGE, DIR.TO_DEVICE, 0)
    calls.length = 0
    iova.unlink(state, 0, 3 * PAGE, DIR.TO_DEVICE, 0)
    expect(calls).toEqual(['invalidate 80000000 1000', 'unlink 100000 3000'])
    expect(texts).toEqual(['WARNING: __iommu_dma_iova_unlink: unmapped 4096 of 12288 bytes at 0x100000'])
    expect(mapped()).toEqual(['102000 -> 80002000'])
    iova.free(state)
    expect(texts.slice(1)).toEqual([
      'iova-links-left: dev gives back the bus addresses at 0x100000 (12288 bytes), and 4096 bytes of them stay mapped',
    ])
  })

  it('a part is unlinked alone, from its page on', () => {
    const { iova, take, calls, texts, mapped } = open({ coherent: true })
    const state = take(RAM, 3 * PAGE)
    iova.link(state, at(0), 0, 3 * PAGE, DIR.TO_DEVICE, 0)
    iova.unlink(state, PAGE, PAGE, DIR.TO_DEVICE, 0)
    expect(calls.at(-1)).toBe('unlink 101000 1000')
    expect([mapped(), texts]).toEqual([['100000 -> 80000000', '102000 -> 80002000'], []])
  })

  it.each([
    [{}, true],
    [{ coherent: true }, false],
  ])('destroy of all, %o: everything comes back, cache work: %s', (setup, works) => {
    const { iova, take, calls, texts, mapped, taken } = open(setup)
    const state = take(RAM + 0x64, 0x1388)
    iova.link(state, at(0x64), 0, 0x1388, DIR.FROM_DEVICE, 0)
    calls.length = 0
    iova.destroy(state, 0x1388, DIR.FROM_DEVICE, 0)
    const work = ['invalidate 80000064 f9c', 'invalidate 80001000 3ec']
    expect(calls).toEqual([...(works ? work : []), 'unmap 100000 2000'])
    expect([texts, mapped(), taken()]).toEqual([[], [], 0])
  })

  it('destroy of what was never linked gives the addresses back alone', () => {
    const { iova, take, calls, texts } = open()
    iova.destroy(take(RAM + 0x64, PAGE), 0, DIR.TO_DEVICE, 0)
    expect([calls, texts]).toEqual([['free 100000 2000'], []])
  })

  it('destroy with a hole: the rest stays mapped, and both are told', () => {
    const { iova, take, texts } = open({ coherent: true })
    const state = take(RAM, 3 * PAGE)
    for (const page of [0, 2]) iova.link(state, at(page * PAGE), page * PAGE, PAGE, DIR.TO_DEVICE, 0)
    iova.destroy(state, 3 * PAGE, DIR.TO_DEVICE, 0)
    expect(texts).toEqual([
      'WARNING: __iommu_dma_iova_unlink: unmapped 4096 of 12288 bytes at 0x100000',
      'iova-links-left: dev gives back the bus addresses at 0x100000 (12288 bytes), and 4096 bytes of them stay mapped',
    ])
  })

  it('sync has nothing to do', () => expect(open().iova.sync(open().take(RAM, 8), 0, 8)).toEqual(ok(undefined)))
})
