import { DIR, dma, type DmaAddr, phys, physOf } from '@dmalab/api'
import { expect, test } from 'vitest'
import type { BusView } from '../src/index.ts'
import { oopsOf, open, POOL, RAM } from './small-machine.ts'

const flat = (snoops: boolean): BusView => ({
  name: 'dev',
  snoops,
  addressBits: 64,
  translate: (at: DmaAddr, len) => [{ phys: phys(at), len }],
})
const at = RAM + 64 * 2 ** 20

test('a device that does not snoop reads what was in memory until the lines are cleaned', () => {
  const { memory } = open()
  const bus = memory.bus(flat(false))
  memory.hot.fill('cpu', phys(at), 4096, 7)
  expect(bus.read({ at: dma(at), len: 4096 }, { seed: 7 }).wrong).toBeGreaterThan(4000)
  memory.cache.dmacMap(memory.linearAddress(phys(at)), 4096, DIR.TO_DEVICE)
  expect(bus.read({ at: dma(at), len: 4096 }, { seed: 7 }).wrong).toBe(0)
  expect(memory.cache.counters()).toEqual({ lines: 64, writtenBack: 64 })
})

test('a device that snoops needs no maintenance', () => {
  const { memory } = open()
  memory.hot.fill('cpu', phys(at), 4096, 7)
  expect(memory.bus(flat(true)).read({ at: dma(at), len: 4096 }, { seed: 7 }).wrong).toBe(0)
})

test('the CPU reads stale lines after a device write until they are invalidated', () => {
  const { memory } = open()
  memory.hot.set('cpu', phys(at), 4096, 0)
  memory.cache.dmacFlush(memory.linearAddress(phys(at)), 4096)
  const before = new Uint8Array(4096)
  memory.hot.read('cpu', phys(at), before)
  memory.bus(flat(false)).write({ at: dma(at), len: 4096 }, { seed: 9 })
  expect(memory.hot.compare('cpu', phys(at), 4096, 9).wrong).toBeGreaterThan(4000)
  memory.cache.dmacUnmap(memory.linearAddress(phys(at)), 4096, DIR.FROM_DEVICE)
  expect(memory.hot.compare('cpu', phys(at), 4096, 9).wrong).toBe(0)
})

test('maintenance of an address without a mapping faults in the line routine', () => {
  const { memory, stack } = open()
  const clean = () => memory.cache.dmacMap(memory.linearAddress(phys(POOL)), 4096, DIR.TO_DEVICE)
  const oops = oopsOf(() => stack.call(['dma_map_sg', 'dma_cache_maint_page'], clean))
  expect(oops).toMatchObject({ address: '0xc1000000', function: 'v7_dma_clean_range' })
  expect(oops.callPath).toEqual(['v7_dma_clean_range', 'dma_cache_maint_page', 'dma_map_sg'])
})

test('an access to memory of another owner names it, and one to nothing is blocked', () => {
  const { memory, events } = open()
  const mine = memory.allocPages(8192, { owner: 'mine' })
  const other = memory.allocPages(8192, { owner: 'other' })
  if (!mine.ok || !other.ok) throw new Error('no memory')
  const bus = memory.bus(flat(false))
  expect(bus.write({ at: dma(physOf(mine.value)), len: 8192, owner: 'mine' }, { seed: 1 }).foreign).toBeUndefined()
  expect(bus.write({ at: dma(physOf(mine.value)), len: 8192 + 64, owner: 'mine' }, { seed: 1 }).foreign).toBe('other')
  expect(bus.write({ at: dma(0x1000), len: 64 }, { seed: 1 })).toMatchObject({ bytes: 0, blocked: 64 })
  expect(events.at(-1)).toMatchObject({ event: 'device_access', blocked: 64, fault: 'no memory answers' })
})

test('what the last writer put into a buffer is what a reader may expect', () => {
  const { memory } = open()
  const bus = memory.bus(flat(false))
  bus.write({ at: dma(at), len: 128, owner: 'frame' }, { seed: 3 })
  bus.write({ at: dma(at), len: 128, owner: 'frame' }, { seed: 4 })
  expect(memory.ledger.expected('frame')).toEqual({ content: { seed: 4 }, len: 128 })
})

test('an access says when the device keeps fewer bits of its address', () => {
  const { memory, events } = open()
  const bits = (at: number): unknown => {
    memory.bus({ ...flat(true), addressBits: 31 }).read({ at: dma(at), len: 4096 })
    const last = events.at(-1)
    return last?.event === 'device_access' ? last.addressBits : 'no access'
  }
  expect([bits(2 ** 31 - 4096), bits(2 ** 31)]).toEqual([undefined, 31])
})
