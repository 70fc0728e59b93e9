import { PAGE_SIZE, pfn, phys, physOf } from '@dmalab/api'
import { expect, test } from 'vitest'
import { oopsOf, open, RAM } from './small-machine.ts'

const FRAMES = [pfn(RAM / PAGE_SIZE + 7), pfn(RAM / PAGE_SIZE + 3), pfn(RAM / PAGE_SIZE + 9)]

const mapped = () => {
  const { memory } = open()
  const at = memory.vmap(FRAMES, 'cached')
  if (!at.ok) throw new Error(at.why)
  return { memory, at: at.value }
}

test('pages from anywhere lie side by side in one kernel mapping', () => {
  const { memory, at } = mapped()
  for (const [i, frame] of FRAMES.entries())
    expect(memory.resolve((at + BigInt(i * PAGE_SIZE + 5)) as typeof at)).toEqual({
      phys: physOf(frame, 5),
      kind: 'cached',
    })
})

test('what the CPU writes through the mapping lands in each page, and in no other', () => {
  const { memory, at } = mapped()
  memory.memset(memory.linearAddress(phys(RAM)), 0, 16 * PAGE_SIZE)
  memory.cpuWrite(at, 3 * PAGE_SIZE, { seed: 5 }, 'buffer')
  expect(memory.cpuCompare(at, 3 * PAGE_SIZE, { seed: 5 })).toBe(0)
  for (const [i, frame] of FRAMES.entries())
    expect(memory.cpuCompare(memory.linearAddress(physOf(frame)), PAGE_SIZE, { seed: 5, offset: i * PAGE_SIZE })).toBe(
      0,
    )
  expect(memory.cpuCompare(memory.linearAddress(physOf(pfn(RAM / PAGE_SIZE + 4))), PAGE_SIZE, 0)).toBe(0)
  expect(memory.ledger.expected('buffer')).toEqual({ content: { seed: 5 }, len: 3 * PAGE_SIZE })
})

test('memcpy crosses from scattered to contiguous pages', () => {
  const { memory, at } = mapped()
  const flat = memory.linearAddress(phys(RAM + 32 * PAGE_SIZE))
  memory.cpuWrite(at, 3 * PAGE_SIZE, { seed: 8 }, 'buffer')
  memory.memcpy((flat + 100n) as typeof flat, (at + 100n) as typeof at, 2 * PAGE_SIZE)
  expect(memory.cpuCompare((flat + 100n) as typeof flat, 2 * PAGE_SIZE, { seed: 8, offset: 100 })).toBe(0)
})

test('behind the last page, and after unmap, the mapping faults', () => {
  const { memory, at } = mapped()
  expect(oopsOf(() => memory.memset(at, 0, 3 * PAGE_SIZE + 1)).reason).toBe('paging request')
  memory.unmap(at)
  expect(oopsOf(() => memory.memset(at, 0, 1)).reason).toBe('paging request')
})

test('a gathering device’s accesses add up to one content from the buffer’s start', () => {
  const { memory } = open()
  const bus = memory.bus({
    name: 'camera',
    snoops: false,
    addressBits: 64,
    translate: (at, len) => [{ phys: phys(at), len }],
  })
  const at = (RAM + 64 * PAGE_SIZE) as Parameters<typeof bus.write>[0]['at']
  bus.write({ at, len: 100, owner: 'b' }, { seed: 3 })
  bus.write({ at, len: 50, owner: 'b', offset: 100 }, { seed: 3, offset: 100 })
  expect(memory.ledger.expected('b')).toEqual({ content: { seed: 3, offset: 0 }, len: 150 })
})
