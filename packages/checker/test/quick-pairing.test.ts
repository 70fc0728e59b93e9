// Twins: the short way and the ledger's way say the same of any stream of events.
import { DIR, type EventBody } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { checked, random } from './checked.ts'
import { SESSION } from './events.ts'

const PAGE = 4096

interface Live {
  readonly device: string
  readonly dmaAddr: number
  readonly size: number
  readonly dir: number
  readonly attrs: number
}

/** Drivers at work: mostly right, and wrong in all the ways that pairing knows. */
const eventsOf = (seed: number, count: number): EventBody[] => {
  const next = random(seed)
  const upTo = (n: number): number => Math.floor(next() * n)
  const rarely = (n: number): boolean => upTo(n) === 0
  const one = <T>(...list: readonly T[]): T => list[upTo(list.length)]!
  const events: EventBody[] = []
  const live: Live[] = []
  const lists: { readonly device: string; readonly physAddrs: number[]; readonly dir: number }[] = []
  const [low, high] =
    seed % 3 === 0 ? (['dma_map_phys', 'dma_unmap_phys'] as const) : (['dma_map_page', 'dma_unmap_page'] as const)
  const place = (): Live => {
    const size = one(
      64,
      512,
      2048,
      PAGE,
      PAGE,
      PAGE,
      3 * PAGE,
      65_536,
      131_072,
      rarely(9) ? 2 ** 18 : PAGE,
      rarely(30) ? 0 : PAGE,
    )
    const dmaAddr = 0x4000_0000 + upTo(96) * one(512, 2048, PAGE, PAGE) + (rarely(20) ? 2 ** 33 : 0)
    const attrs = rarely(12) ? one(32, 1, 256) : 0
    return { device: one('dev', 'dev', 'other'), dmaAddr, size, dir: one(0, 1, 2, 2), attrs }
  }
  const slip = (mapping: Live): Live => ({
    ...mapping,
    ...(rarely(40) ? { size: mapping.size + 64 } : {}),
    ...(rarely(40) ? { dir: one(0, 1, 2) } : {}),
    ...(rarely(40) ? { dmaAddr: mapping.dmaAddr + 8 } : {}),
    ...(rarely(40) ? { attrs: 32 } : {}),
    ...(rarely(60) ? { device: one('dev', 'other') } : {}),
  })
  while (events.length < count) {
    const what = upTo(100)
    if (what < 38) {
      const mapping = { ...place(), ...(rarely(50) ? { dmaAddr: 2 ** 64 } : {}) }
      const physAddr = (mapping.dmaAddr % 2 ** 32) + (rarely(10) ? PAGE : 0)
      events.push({ event: rarely(25) ? 'dma_map_resource' : low, ...mapping, physAddr })
      live.push(mapping)
    } else if (what < 70 && live.length > 0) {
      const [mapping] = rarely(30) ? [one(...live)] : live.splice(upTo(live.length), 1)
      if (mapping !== undefined) events.push({ event: rarely(40) ? 'dma_unmap_resource' : high, ...slip(mapping) })
    } else if (what < 80 && live.length > 0) {
      const { attrs: _none, ...mapping } = slip(one(...live))
      events.push({ event: one('dma_sync_single_for_cpu', 'dma_sync_single_for_device'), ...mapping })
    } else if (what < 84 && live.length > 0) {
      const { device, dmaAddr } = one(...live)
      events.push({ event: 'dma_mapping_error', device, dmaAddr })
    } else if (what < 88) {
      const { device, dmaAddr, dir } = place()
      const dmaAddrs = [dmaAddr, dmaAddr + 2 * PAGE]
      // A list may be told cut; its unmap names all pages.
      const nents = rarely(3) ? 3 : 2
      const list = {
        device,
        dir,
        nents,
        ents: nents,
        truncated: nents > 2,
        dmaAddrs,
        sizes: [PAGE, PAGE],
        physAddrs: dmaAddrs,
      }
      events.push({ event: 'dma_map_sg', ...list, attrs: 0 })
      lists.push({ device, dir, physAddrs: nents > 2 ? [...dmaAddrs, rarely(9) ? 0 : dmaAddr + 4 * PAGE] : dmaAddrs })
    } else if (what < 92 && lists.length > 0) {
      const [list] = lists.splice(upTo(lists.length), 1)
      if (list !== undefined) events.push({ event: 'dma_unmap_sg', ...list, attrs: 0 })
    } else if (what < 94 && lists.length > 0) {
      const { device, dir, physAddrs } = one(...lists)
      const dmaAddrs = rarely(9) ? physAddrs.toReversed() : physAddrs.slice(0, rarely(9) ? 2 : 3)
      const sizes = dmaAddrs.map(() => (rarely(20) ? 64 : PAGE))
      const told = rarely(9) ? DIR.BIDIRECTIONAL : dir
      events.push({ event: one('dma_sync_sg_for_cpu', 'dma_sync_sg_for_device'), device, dir: told, dmaAddrs, sizes })
    } else if (what < 95) {
      const { attrs: _none, dir: _dir, ...at } = place()
      events.push({ event: 'device_access', write: rarely(2), ...at })
    } else if (what < 96) {
      const { dmaAddr: physAddr, size } = place()
      const virtAddr = 'c0000000'
      events.push({ event: 'cpu_access', task: 'cpu', write: rarely(2), virtAddr, physAddr, size, mapping: 'cached' })
    } else if (what < 97) {
      const mapping = { ...place(), dir: DIR.BIDIRECTIONAL, attrs: 0 }
      events.push({
        event: rarely(2) ? 'dma_alloc' : 'dma_free',
        ...mapping,
        virtAddr: 'ffff0000',
        flags: 'GFP_KERNEL',
      })
    } else if (what < 98) {
      const { device, dmaAddr: devAddr, size } = place()
      events.push({ event: 'swiotlb_bounced', device, dmaMask: 2 ** 32 - 1, devAddr, size, force: false })
    } else if (rarely(8)) events.push({ event: 'lost', count: 3 })
    else if (rarely(6)) events.push({ event: 'driver_unbound', device: one('dev', 'other') })
    else
      events.push(
        one(
          { event: 'step', what: 'x' },
          { event: 'marker', text: 'begin' },
          { event: 'kernel_release', release: '6.18.0' },
        ),
      )
  }
  if (seed % 4 === 1) events.push({ event: 'end' })
  return events
}

describe('the short way of pairing', () => {
  for (const [name, session] of [
    ['a run', SESSION],
    ['a log', undefined],
    ['a run of 6.18', { ...SESSION, dmaDebug: '6.18' as const }],
  ] as const)
    it(`says what the ledger says: ${name}`, () => {
      for (let seed = 1; seed <= 40; seed++) {
        const events = eventsOf(seed, 30 + 10 * seed)
        const follow = seed % 7 === 0 ? { follow: 20 } : {}
        const thorough = checked(events, session, { ...follow, thorough: true })
        expect(checked(events, session, follow), `seed ${seed}`).toEqual(thorough)
        expect(checked(events, session, follow, true), `seed ${seed}, as numbers`).toEqual(thorough)
      }
    })

  it('remembers what was undone as long as before, also where much is mapped at once', () => {
    const many = 3000
    const at = (i: number): number => 0x4000_0000 + i * PAGE
    const rest = { device: 'dev', size: PAGE, dir: DIR.FROM_DEVICE, attrs: 0 }
    const events: EventBody[] = []
    for (let i = 0; i < many; i++) events.push({ event: 'dma_map_page', ...rest, dmaAddr: at(i), physAddr: at(i) })
    for (let i = 0; i < many; i++) events.push({ event: 'dma_unmap_page', ...rest, dmaAddr: at(i) })
    events.push({ event: 'dma_unmap_page', ...rest, dmaAddr: at(7) })
    events.push({ event: 'device_access', device: 'dev', write: true, dmaAddr: at(9) + 5, size: 8 })
    const thorough = checked(events, SESSION, { thorough: true })
    expect(thorough.findings.map(({ code }) => code)).toEqual(['unmap-not-mapped', 'device-access-after-unmap'])
    expect(checked(events, SESSION, {})).toEqual(thorough)
  })

  it('leaves the sync of a list that was told cut to the ledger, where a page of it may be another mapping', () => {
    const pages = [0x4000_0000, 0x4000_2000, 0x4000_4000]
    const [told, third] = [pages.slice(0, 2), pages[2]!]
    const one = { device: 'dev', dir: DIR.BIDIRECTIONAL, attrs: 0 }
    const list = { ...one, nents: 3, ents: 3, truncated: true, dmaAddrs: told, sizes: [PAGE, PAGE], physAddrs: told }
    const sizes = pages.map(() => PAGE)
    const wrote = { event: 'cpu_access', task: 'cpu', write: true, virtAddr: 'c0000000', mapping: 'cached' } as const
    const events: EventBody[] = [
      { event: 'dma_map_sg', ...list },
      { event: 'dma_sync_sg_for_cpu', device: 'dev', dir: DIR.BIDIRECTIONAL, dmaAddrs: pages, sizes },
      { event: 'dma_map_page', ...one, dmaAddr: third, physAddr: third, size: PAGE },
      { event: 'dma_sync_sg_for_cpu', device: 'dev', dir: DIR.BIDIRECTIONAL, dmaAddrs: pages, sizes },
      ...pages.map((physAddr) => ({ ...wrote, physAddr, size: 8 })),
    ]
    const page = { ...one, dmaAddr: 0x5000_0000, physAddr: 0x5000_0000, size: PAGE }
    // A single mapping before it, or none: it is the first one that shows how this release names them.
    for (const before of [
      [],
      [{ event: 'dma_map_page', ...page } as const, { event: 'dma_unmap_page', ...page } as const],
    ]) {
      const owned = (some: readonly EventBody[]): number =>
        checked([...before, ...some], SESSION, {}).findings.filter(({ code }) => code === 'cpu-access-device-owned')
          .length
      expect(owned(events)).toBe(0)
      expect(owned(events.toSpliced(3, 1))).toBe(1)
      expect(owned(events.toSpliced(1, 1).toSpliced(2, 1))).toBe(3)
    }
  })
})
