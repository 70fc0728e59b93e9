// Cache work through the linear map, without computing an address and with: the same events, counters, bytes and faults.
import { DIR, type Direction, type KernelVaddr, PAGE_SIZE, type PhysAddr, phys } from '@dmalab/api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSimulatedOops } from '../src/index.ts'
import { HIGHMEM, machine, open, type Opened, POOL, RAM } from './small-machine.ts'

const RANGE = 4 * PAGE_SIZE
const MIB = 2 ** 20

interface Op {
  readonly hook: 'map' | 'unmap'
  readonly at: PhysAddr
  readonly len: number
  readonly dir: Direction
}

/** Around the edges: both ends of RAM, of low memory, of the hole, and what is remapped uncached. */
const places = fc.constantFrom(RAM, RAM + 32 * MIB, POOL, POOL + MIB, HIGHMEM, RAM + 256 * MIB)
const ops: fc.Arbitrary<Op> = fc.record({
  hook: fc.constantFrom('map' as const, 'unmap' as const),
  at: fc.tuple(places, fc.integer({ min: -RANGE, max: RANGE })).map(([place, off]) => phys(place + off)),
  len: fc.oneof(fc.nat(RANGE), fc.constantFrom(0, PAGE_SIZE)),
  dir: fc.constantFrom(DIR.BIDIRECTIONAL, DIR.TO_DEVICE, DIR.FROM_DEVICE),
})

type Way = (opened: Opened, op: Op) => void
const byArithmetic: Way = ({ memory: { cache } }, { hook, at, len, dir }) =>
  hook === 'map' ? cache.dmacMapLinear(at, len, dir) : cache.dmacUnmapLinear(at, len, dir)
const byAddress: Way = ({ memory }, { hook, at, len, dir }) => {
  const address: KernelVaddr = memory.linearAddress(at)
  if (hook === 'map') memory.cache.dmacMap(address, len, dir)
  else memory.cache.dmacUnmap(address, len, dir)
}

const story = (opened: Opened, work: readonly Op[], way: Way) => {
  const { memory, stack, events } = opened
  memory.setLinearKind(phys(RAM + 32 * MIB), PAGE_SIZE, 'uncached')
  const faults = work.map((op) => {
    memory.hot.fill('cpu', phys(RAM + 32 * MIB), RANGE, op.len)
    try {
      stack.call('dma_cache_maint_page', () => way(opened, op))
      return undefined
    } catch (e) {
      if (isSimulatedOops(e)) return e.oops
      throw e
    }
  })
  const bytes = memory.hot.checksum('memory', phys(RAM + 32 * MIB - RANGE), 3 * RANGE)
  return { faults, events, counters: memory.cache.counters(), bytes, path: stack.path() }
}

test('cache work by arithmetic equals cache work by address', () => {
  fc.assert(
    fc.property(fc.array(ops, { minLength: 1, maxLength: 8 }), (work) => {
      expect(story(open(), work, byArithmetic)).toEqual(story(open(), work, byAddress))
    }),
    { numRuns: 60, seed: 1 },
  )
})

test('a linear map that reaches into the vmalloc window gives way to what is mapped there', () => {
  const from = machine()
  // Low memory ends 16 MiB above where the window begins.
  const start = 0xc000_0000n + BigInt(HIGHMEM - RAM) - BigInt(16 * MIB)
  const overlapping = { ...from, layout: { ...from.layout, vmalloc: { start, end: 0xff80_0000n } } }
  const at = phys(HIGHMEM - 16 * MIB)
  const both = [byArithmetic, byAddress].map((way) => {
    const opened = open(overlapping)
    opened.memory.remap(phys(RAM), PAGE_SIZE, 'cached')
    opened.memory.hot.fill('cpu', phys(RAM), PAGE_SIZE, 3)
    opened.memory.hot.fill('cpu', at, PAGE_SIZE, 3)
    way(opened, { hook: 'map', at, len: PAGE_SIZE, dir: DIR.TO_DEVICE })
    return { dirty: opened.memory.hot.compare('memory', phys(RAM), PAGE_SIZE, 3).wrong, events: opened.events }
  })
  expect(both[0]).toEqual(both[1])
  expect(both[0]?.dirty).toBe(0)
})
