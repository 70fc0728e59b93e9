// Mapping in two steps, piece by piece: what is linked, synced and bounced, and what a failure on the way leaves.
import { ATTR, DIR, ok } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { FIRST, PAGE, RAM } from './recorded-domain.ts'
import { at, type IovaSetup, MMIO, openIova as open, REQUIRE_COHERENT } from './recorded-iova.ts'

describe('addresses', () => {
  it.each([
    [0, 1, PAGE],
    [0, PAGE, PAGE],
    [0, PAGE + 1, 2 * PAGE],
    [100, PAGE - 100, PAGE],
    [100, PAGE - 99, 2 * PAGE],
  ])('for memory that begins %d bytes into its page, %d bytes: %d', (within, size, whole) => {
    const { take, taken, iova, calls } = open()
    const state = take(RAM + within, size)
    expect([state.addr, state.size, state.bounced, taken()]).toEqual([FIRST + within, size, false, whole])
    iova.free(state)
    expect([taken(), calls]).toEqual([0, [`free 100000 ${whole.toString(16)}`]])
  })
  it('are asked for in vain: no bytes, none left', () => {
    const { iova, texts } = open({ failing: { allocIova: 1 } })
    expect(iova.tryAlloc(at(0), 0)).toMatchObject({ errno: 'EINVAL', why: 'dev asks for bus addresses for 0 bytes' })
    expect(texts).toEqual(['WARNING: dma_iova_try_alloc: no bytes are asked for'])
    expect(iova.tryAlloc(at(0), 8)).toMatchObject({ errno: 'ENOMEM', why: 'dev has no bus addresses left for 8 bytes' })
  })
})

describe('a link', () => {
  it.each([
    [{}, 0, true],
    [{}, ATTR.SKIP_CPU_SYNC, false],
    [{}, MMIO, false],
    [{}, ATTR.SKIP_CPU_SYNC + MMIO, false],
    [{ coherent: true }, 0, false],
    [{ coherent: true }, MMIO, false],
  ])('of %o with attributes %d does cache work: %s', (setup, attrs, works) => {
    const { iova, take, calls } = open(setup)
    const state = take(RAM, 2 * PAGE)
    expect(iova.link(state, at(0), 0, 2 * PAGE, DIR.TO_DEVICE, attrs)).toEqual(ok(undefined))
    iova.unlink(state, 0, 2 * PAGE, DIR.TO_DEVICE, attrs)
    expect(calls).toEqual([
      ...(works ? ['clean 80000000 2000'] : []),
      'link 100000 80000000 2000 prot 2',
      ...(works ? ['invalidate 80000000 1000', 'invalidate 80001000 1000'] : []),
      'unlink 100000 2000',
    ])
  })

  it('covers whole granules around what it was asked for', () => {
    const { iova, take, calls } = open()
    const state = take(RAM + 0x64, 0x1388)
    iova.link(state, at(0x64), 0, 0x1388, DIR.FROM_DEVICE, 0)
    expect(calls).toEqual(['clean 80000000 2000', 'link 100000 80000000 2000 prot 3'])
    calls.length = 0
    iova.unlink(state, 0, 0x1388, DIR.FROM_DEVICE, 0)
    expect(calls).toEqual(['invalidate 80000064 f9c', 'invalidate 80001000 3ec', 'unlink 100000 2000'])
  })

  it('goes where its offset says; only the first may begin inside a page', () => {
    const { iova, take, mapped } = open({ coherent: true })
    const state = take(RAM, 3 * PAGE)
    iova.link(state, at(PAGE), 2 * PAGE, PAGE, DIR.TO_DEVICE, 0)
    iova.link(state, at(5 * PAGE), 0, PAGE, DIR.TO_DEVICE, 0)
    expect(mapped()).toEqual(['100000 -> 80005000', '102000 -> 80001000'])
    expect(iova.link(state, at(8), PAGE, 8, DIR.TO_DEVICE, 0)).toMatchObject({ errno: 'EIO' })
  })

  it('that must be coherent is none of a device that does not snoop, nor behind one that bounced', () => {
    const ask = (setup: IovaSetup, bounced: boolean, attrs = REQUIRE_COHERENT) => {
      const { iova, take } = open(setup)
      const state = { ...take(RAM, PAGE), bounced }
      const linked = iova.link(state, at(0), 0, PAGE, DIR.TO_DEVICE, attrs)
      return linked.ok ? undefined : linked.why
    }
    expect(ask({ coherent: true }, false)).toBeUndefined()
    expect(ask({ coherent: true }, true)).toBe('DMA_ATTR_REQUIRE_COHERENT: dev bounced')
    expect(ask({}, false)).toBe('DMA_ATTR_REQUIRE_COHERENT: dev does not snoop')
    expect(ask({}, true, 0)).toBeUndefined()
  })

  it.each([MMIO, REQUIRE_COHERENT])('with attribute %d may not bounce', (attrs) => {
    const { iova, take } = open({ coherent: true, bounces: true })
    const state = take(RAM, 100)
    const why = '100 bytes would have to bounce'
    expect(iova.link(state, at(0), 0, 100, DIR.TO_DEVICE, attrs)).toEqual({ ok: false, errno: 'EPERM', why })
  })
})

describe('a link that bounces', () => {
  const WHOLE: readonly [within: number, size: number, calls: readonly string[]][] = [
    // Head, middle and tail.
    [
      0x200,
      0x2300,
      [
        'slot 90000200 for 80000200 e00',
        'clean 90000000 1000',
        'link 100000 90000000 1000 prot 2',
        'clean 80001000 1000',
        'link 101000 80001000 1000 prot 2',
        'slot 90001000 for 80002000 500',
        'clean 90001000 1000',
        'link 102000 90001000 1000 prot 2',
      ],
    ],
    // Within one granule.
    [0x200, 0x100, ['slot 90000200 for 80000200 100', 'clean 90000000 1000', 'link 100000 90000000 1000 prot 2']],
    // A head alone: it ends with its granule.
    [0x200, 0xe00, ['slot 90000200 for 80000200 e00', 'clean 90000000 1000', 'link 100000 90000000 1000 prot 2']],
    // A head and whole granules.
    [
      0x200,
      0x1e00,
      [
        'slot 90000200 for 80000200 e00',
        'clean 90000000 1000',
        'link 100000 90000000 1000 prot 2',
        'clean 80001000 1000',
        'link 101000 80001000 1000 prot 2',
      ],
    ],
    // Whole granules and a tail.
    [
      0,
      0x1010,
      [
        'clean 80000000 1000',
        'link 100000 80000000 1000 prot 2',
        'slot 90000000 for 80001000 10',
        'clean 90000000 1000',
        'link 101000 90000000 1000 prot 2',
      ],
    ],
    // A tail alone.
    [0, 0x10, ['slot 90000000 for 80000000 10', 'clean 90000000 1000', 'link 100000 90000000 1000 prot 2']],
    // A head and a tail, and nothing between them.
    [
      0x200,
      0xe10,
      [
        'slot 90000200 for 80000200 e00',
        'clean 90000000 1000',
        'link 100000 90000000 1000 prot 2',
        'slot 90001000 for 80001000 10',
        'clean 90001000 1000',
        'link 101000 90001000 1000 prot 2',
      ],
    ],
  ]
  it.each(WHOLE)('from byte %d of a granule, %d bytes', (within, size, told) => {
    const { iova, take, calls, held, mapped, taken } = open({ bounces: true })
    const state = take(RAM + within, size)
    expect(iova.link(state, at(within), 0, size, DIR.TO_DEVICE, 0)).toEqual(ok(undefined))
    expect(calls).toEqual(told)
    expect([state.bounced, held()]).toEqual([true, told.filter((call) => call.startsWith('slot')).length])
    iova.destroy(state, size, DIR.TO_DEVICE, 0)
    expect([held(), mapped(), taken()]).toEqual([0, [], 0])
  })

  it.each(WHOLE)('from byte %d of a granule, %d bytes, with each step failing: nothing stays', (within, size, told) => {
    const [links, slots] = ['link', 'slot'].map((what) => told.filter((call) => call.startsWith(what)).length)
    const setups: IovaSetup[] = [
      ...Array.from({ length: links ?? 0 }, (_, n) => ({ failing: { mapAt: n + 1 } })),
      ...Array.from({ length: slots ?? 0 }, (_, n) => ({ slots: n })),
    ]
    for (const setup of setups) {
      const { iova, take, held, mapped, taken } = open({ bounces: true, coherent: true, ...setup })
      const state = take(RAM + within, size)
      expect(iova.link(state, at(within), 0, size, DIR.TO_DEVICE, 0)).toMatchObject({ ok: false, errno: 'ENOMEM' })
      // Only a head that was linked before has bounced.
      const headFails = setup.slots === 0 || setup.failing?.mapAt === 1
      expect(state.bounced).toBe(within > 0 && !headFails)
      expect([held(), mapped()]).toEqual([0, []])
      iova.free(state)
      expect(taken()).toBe(0)
    }
  })

  it('is taken back piece by piece, whether or not the device snoops', () => {
    for (const coherent of [true, false]) {
      const { iova, take, calls } = open({ bounces: true, coherent })
      const state = take(RAM + 0x200, 0x2300)
      iova.link(state, at(0x200), 0, 0x2300, DIR.FROM_DEVICE, 0)
      calls.length = 0
      iova.unlink(state, 0, 0x2300, DIR.FROM_DEVICE, 0)
      expect(calls).toEqual([
        ...(coherent ? [] : ['invalidate 90000200 e00']),
        'slot 90000200 back e00',
        ...(coherent ? [] : ['invalidate 80001000 1000']),
        ...(coherent ? [] : ['invalidate 90001000 500']),
        'slot 90001000 back 500',
        'unlink 100000 3000',
      ])
    }
  })
})
