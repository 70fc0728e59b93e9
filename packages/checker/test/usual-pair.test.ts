// Pairs of which nothing needs to be asked: mapped and at once unmapped, over and over, while nothing else is live. Between them comes what
// may end that, and whatever comes, the ledger says the same.
import type { EventBody } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { createChecker } from '../src/index.ts'
import { checked, random } from './checked.ts'
import { SESSION } from './events.ts'

const PAGE = 4096

const eventsOf = (seed: number): EventBody[] => {
  const next = random(seed)
  const upTo = (n: number): number => Math.floor(next() * n)
  const rarely = (n: number): boolean => upTo(n) === 0
  const one = <T>(...list: readonly T[]): T => list[upTo(list.length)]!
  const events: EventBody[] = []
  const place = () => {
    const dmaAddr = 0xffff_0000 - PAGE * upTo(rarely(4) ? 9 : 2)
    const device = rarely(9) ? 'other' : 'dev'
    return { device, dmaAddr, size: rarely(9) ? 64 : PAGE, dir: one(0, 0, 2), attrs: rarely(15) ? 32 : 0 }
  }
  type Place = ReturnType<typeof place>
  const map = (mapping: Place): void => {
    const event = rarely(20) ? 'dma_map_phys' : 'dma_map_page'
    events.push({ event, ...mapping, physAddr: 0x8000_0000 + PAGE * upTo(3) })
  }
  const unmap = (mapping: Place): void =>
    void events.push({ event: rarely(20) ? 'dma_unmap_phys' : 'dma_unmap_page', ...mapping })
  while (events.length < 300) {
    const mapping = place()
    for (let times = upTo(5); times > 0; times--) {
      map(mapping)
      unmap(mapping)
    }
    map(mapping)
    if (rarely(4)) {
      const { device, dmaAddr, size, dir } = mapping
      const physAddr = 0x8000_0000 + upTo(3 * PAGE)
      const cpu = { task: 'cpu', write: rarely(2), virtAddr: 'c0000000', mapping: 'cached' as const }
      events.push(
        one<EventBody>(
          { event: 'step', what: 'x' },
          { event: 'dma_mapping_error', device, dmaAddr },
          { event: 'dma_sync_single_for_cpu', device, dmaAddr, size, dir },
          { event: 'device_access', device, dmaAddr, size: 8, write: true },
          { event: 'cpu_access', ...cpu, physAddr, size: 8 },
          { event: 'marker', text: 'begin' },
          { event: 'driver_unbound', device },
          { event: 'lost', count: 3 },
          { event: 'kernel_release', release: '6.18.0' },
          { event: 'dma_map_page', ...place(), physAddr },
          { event: 'dma_alloc', ...mapping, virtAddr: 'ffff0000', flags: 'GFP_KERNEL' },
        ),
      )
    }
    const wrong = rarely(9) ? one({ size: 8 }, { dmaAddr: mapping.dmaAddr + 8 }, { dir: 1 }, { device: 'other' }) : {}
    if (!rarely(9)) unmap({ ...mapping, ...wrong })
    if (rarely(15)) unmap(mapping)
  }
  return events
}

describe('usual pairs', () => {
  for (const [name, session] of [
    ['a run', SESSION],
    ['a log', undefined],
  ] as const)
    it(`are judged as the ledger judges them: ${name}`, () => {
      for (let seed = 1; seed <= 30; seed++) {
        const events = eventsOf(seed)
        const thorough = checked(events, session, { thorough: true })
        expect(checked(events, session, {}, true), `seed ${seed}, as numbers`).toEqual(thorough)
      }
    })

  it('a mapping of nothing at 0 is none of them, also as the first behind a pair', () => {
    const place = { device: 'dev', dmaAddr: 0xffff_0000, size: PAGE, dir: 0, attrs: 0 }
    const nothing = { ...place, dmaAddr: 0, size: 0 }
    const pairOf = (mapping: typeof place, physAddr: number): EventBody[] => [
      { event: 'dma_map_page', ...mapping, physAddr },
      { event: 'dma_unmap_page', ...mapping },
    ]
    const events = [...pairOf(place, 0x8000_0000), ...pairOf(nothing, 0), ...pairOf(nothing, 0)]
    const thorough = checked(events, SESSION, { thorough: true })
    expect(checked(events, SESSION, {}, true)).toEqual(thorough)
    const checker = createChecker()
    checker.onEvent({ ...SESSION, at: 0 })
    const map = (dmaAddr: number, size: number, at: number) =>
      checker.onMap('dma_map_page', 'dev', dmaAddr, size, 0, 0, dmaAddr, at, 7)
    expect([map(0x8000_0000, PAGE, 1), checker.onUnmap('dma_unmap_page', 'dev', 0x8000_0000, PAGE, 0, 0, 2)]).toEqual([
      true,
      true,
    ])
    expect(map(0, 0, 3)).toBe(false)
  })

  it.each([
    [3, 'unmap-before-log'],
    [4, 'unmap-not-mapped'],
  ])('%i count as so many unmaps that are explained', (pairs, code) => {
    for (const thorough of [false, true]) {
      const checker = createChecker({ thorough })
      const device = 'dev'
      const by = { pid: 7, interrupt: false }
      const mapping = { device, dmaAddr: 0x8000_0000, size: PAGE, dir: 0, attrs: 0 }
      for (let at = 1; at <= pairs; at++) {
        if (!checker.onMap('dma_map_page', device, mapping.dmaAddr, PAGE, 0, 0, 0x8000_0000, at, by.pid))
          checker.onEvent({ event: 'dma_map_page', ...mapping, physAddr: 0x8000_0000, at, ...by })
        if (!checker.onUnmap('dma_unmap_page', device, mapping.dmaAddr, PAGE, 0, 0, at))
          checker.onEvent({ event: 'dma_unmap_page', ...mapping, at, ...by })
      }
      checker.onEvent({ event: 'dma_unmap_page', ...mapping, dmaAddr: 0x9000_0000, at: pairs + 1, ...by })
      expect(checker.finish().findings.map((found) => found.code)).toEqual([code])
    }
  })
})
