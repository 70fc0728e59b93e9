// A device's access: which bytes move, which are wrong and where the first is, whose memory it was, what stands in its way, and what is told of it.
import { dma, type DmaAddr, PAGE_SIZE, phys } from '@dmalab/api'
import { describe, expect, test } from 'vitest'
import type { BusRun, BusView } from '../src/index.ts'
import { open, POOL, RAM } from './small-machine.ts'

const AT = RAM + 64 * 2 ** 20
const FAR = AT + 16 * PAGE_SIZE
const view = (more: Partial<BusView> = {}): BusView => ({
  name: 'dev',
  snoops: false,
  addressBits: 64,
  translate: (at: DmaAddr, len) => [{ phys: phys(at), len }],
  ...more,
})
const runs = (...list: readonly BusRun[]): BusView => view({ translate: () => list })
const run = (at: number, len: number): BusRun => ({ phys: phys(at), len })
const access = (len: number, more: object = {}) => ({ at: dma(AT), len, ...more })
const opened = (bus: BusView = view()) => {
  const { memory, events } = open()
  const last = () => events.findLast((one) => one.event === 'device_access')
  return { memory, last, bus: memory.bus(bus) }
}
/** Bytes 0, 1, 2, ... */
const counting = (len: number): Uint8Array => Uint8Array.from({ length: len }, (_, i) => i % 251)

describe('an access in several pieces', () => {
  const SPLIT = runs(run(AT, 100), { fault: 'no window', len: 28 }, run(FAR, 72))

  test('writes each part of the content to its piece, bytes and seeded content alike', () => {
    const { memory, bus, last } = opened(SPLIT)
    expect(bus.write(access(200), counting(200))).toEqual({ bytes: 172, wrong: 0, firstWrong: -1, blocked: 28 })
    const got = new Uint8Array(72)
    memory.hot.read('memory', phys(FAR), got)
    expect(got).toEqual(counting(200).subarray(128))
    memory.hot.read('memory', phys(AT + 28), got)
    expect(got).toEqual(counting(200).subarray(28, 100))
    bus.write(access(200), { seed: 4, offset: 10 })
    expect(memory.hot.compare('memory', phys(FAR), 72, 4, 138).wrong).toBe(0)
    expect(last()).toMatchObject({ write: true, size: 200, physAddr: AT, blocked: 28, fault: 'no window', dmaAddr: AT })
    expect(last()).not.toHaveProperty('wrong')
  })

  test('what is blocked is wrong, all of it, from where it begins', () => {
    const { bus, last } = opened(SPLIT)
    bus.write(access(200), { seed: 4 })
    expect(bus.read(access(200), { seed: 4 })).toEqual({ bytes: 172, wrong: 28, firstWrong: 100, blocked: 28 })
    expect(last()).toMatchObject({ write: false, wrong: 28, firstWrong: 100, blocked: 28 })
    const { bus: other } = opened(runs({ fault: 'a', len: 8 }, run(AT, 8), { fault: 'b', len: 4 }))
    other.write(access(20), counting(20))
    expect(other.read(access(20), counting(20))).toEqual({ bytes: 8, wrong: 12, firstWrong: 0, blocked: 12 })
  })

  test('the first wrong byte is counted from the start of the access, and none after it takes its place', () => {
    const { memory, bus } = opened(runs(run(AT, 100), run(FAR, 100)))
    bus.write(access(200), counting(200))
    expect(bus.read(access(200), counting(200))).toMatchObject({ wrong: 0, firstWrong: -1 })
    memory.hot.set('memory', phys(FAR + 30), 2, 0xff)
    expect(bus.read(access(200), counting(200))).toMatchObject({ wrong: 2, firstWrong: 130 })
    memory.hot.set('memory', phys(AT + 60), 3, 0xff)
    expect(bus.read(access(200), counting(200))).toMatchObject({ wrong: 5, firstWrong: 60 })
    memory.hot.set('memory', phys(AT), 1, 0xff)
    expect(bus.read(access(200), counting(200))).toMatchObject({ wrong: 6, firstWrong: 0 })
  })

  test('the first byte of a later piece can be the first wrong one', () => {
    const { memory, bus } = opened(runs(run(AT, 64), run(FAR, 64)))
    bus.write(access(128), { seed: 9 })
    memory.hot.set('memory', phys(FAR), 64, 0)
    memory.hot.set('memory', phys(AT), 64, 0)
    expect(bus.read(access(128), 0)).toMatchObject({ wrong: 0, firstWrong: -1 })
    memory.hot.set('memory', phys(FAR), 1, 1)
    expect(bus.read(access(128), 0)).toMatchObject({ wrong: 1, firstWrong: 64 })
  })

  test('fetched bytes lie where they were read, and zeros where nothing answered', () => {
    const { bus, last } = opened(SPLIT)
    bus.write(access(200), counting(200))
    const expected = counting(200).fill(0, 100, 128)
    expect(bus.fetch(access(200))).toEqual(expected)
    expect(last()).toMatchObject({ write: false, size: 200, blocked: 28 })
    expect(last()).not.toHaveProperty('wrong')
  })
})

test('bytes are compared one by one, from the offset of what is expected', () => {
  const { bus } = opened()
  bus.write(access(64), { seed: 3, offset: 100 })
  expect(bus.read(access(64), { seed: 3, offset: 100 }).wrong).toBe(0)
  expect(bus.read(access(64), { seed: 3 }).wrong).toBeGreaterThan(50)
  const bytes = bus.fetch(access(64))
  expect(bus.read(access(64), bytes)).toMatchObject({ wrong: 0, firstWrong: -1 })
  bytes[0] = (bytes[0] ?? 0) ^ 1
  bytes[63] = (bytes[63] ?? 0) ^ 1
  expect(bus.read(access(64), bytes)).toMatchObject({ wrong: 2, firstWrong: 0 })
  // A read that expects nothing finds nothing wrong.
  expect(bus.read(access(64))).toEqual({ bytes: 64, wrong: 0, firstWrong: -1, blocked: 0 })
})

test('a device that snoops sees the CPU’s lines, and what it writes the CPU sees', () => {
  const { memory } = open()
  const [snooping, other] = [memory.bus(view({ snoops: true })), memory.bus(view())]
  memory.hot.fill('cpu', phys(AT), 64, 5)
  const [seen, unseen] = [snooping.fetch(access(64)), other.fetch(access(64))]
  expect(seen).not.toEqual(unseen)
  snooping.write(access(64), { seed: 6 })
  expect(memory.hot.compare('cpu', phys(AT), 64, 6).wrong).toBe(0)
})

describe('memory that answers', () => {
  test.each([
    ['RAM', AT, 64, 0],
    ['a reserved region', POOL, 64, 0],
    ['over the edge of one into RAM', POOL - 32, 64, 0],
    ['before RAM', RAM - 64, 64, 64],
    ['with its first byte before RAM', RAM - 1, 64, 64],
    ['the last bytes of RAM', RAM + 256 * 2 ** 20 - 64, 64, 0],
    ['behind them', RAM + 256 * 2 ** 20 - 63, 64, 64],
  ])('%s', (_, at, len, blocked) => {
    const { bus, last } = opened(runs(run(at, len)))
    expect(bus.read(access(len)).blocked).toBe(blocked)
    expect(last()).toMatchObject(blocked === 0 ? { physAddr: at } : { blocked, fault: 'no memory answers' })
    expect(Object.hasOwn(last() ?? {}, 'physAddr')).toBe(blocked === 0)
  })
})

describe('whose memory it is', () => {
  const owned = (bus: BusView) => {
    const all = opened(bus)
    all.memory.own(phys(AT), 100, 'mine')
    all.memory.own(phys(AT + 100), 100, 'other')
    return all
  }
  test.each([
    ['mine', run(AT, 100), undefined],
    ['one byte of another', run(AT, 101), 'other'],
    ['another’s, and mine behind', run(AT + 199, 1), 'other'],
    ['memory of none', run(AT + 200, 10), 'no buffer'],
    ['one byte of none before mine', run(AT - 1, 101), 'no buffer'],
    ['mine in part and none behind it is another’s', run(AT - 10, 200), 'other'],
  ])('%s', (_, piece, foreign) => {
    const { bus, last } = owned(runs(piece))
    const result = bus.read(access(piece.len, { owner: 'mine' }))
    expect(result.foreign).toBe(foreign)
    expect(last()).toMatchObject(foreign === undefined ? {} : { foreign })
    expect(Object.hasOwn(result, 'foreign')).toBe(foreign !== undefined)
    // Without an owner none is foreign.
    expect(bus.read(access(piece.len)).foreign).toBeUndefined()
  })

  test('each piece is looked at, those that nothing answers are not', () => {
    const { bus } = owned(runs(run(AT, 10), { fault: 'x', len: 10 }, run(AT + 150, 10)))
    expect(bus.write(access(30, { owner: 'mine' }), { seed: 1 }).foreign).toBe('other')
    const none = owned(runs({ fault: 'x', len: 30 }))
    expect(none.bus.write(access(30, { owner: 'mine' }), { seed: 1 }).foreign).toBeUndefined()
  })

  test('the buffer of an access is told', () => {
    const { bus, last } = opened()
    bus.read(access(64, { buffer: 'b1' }))
    expect(last()).toMatchObject({ buffer: 'b1' })
    bus.read(access(64))
    expect(last()).not.toHaveProperty('buffer')
  })
})

describe('what a reader may expect afterwards', () => {
  test('is the content from the start of the buffer, up to the end of the last access', () => {
    const { memory, bus } = opened()
    bus.write(access(64, { owner: 'b' }), counting(64))
    expect(memory.ledger.expected('b')).toEqual({ content: counting(64), len: 64 })
    bus.write(access(64, { owner: 'b', offset: 32 }), { seed: 2, offset: 40 })
    expect(memory.ledger.expected('b')).toEqual({ content: { seed: 2, offset: 8 }, len: 96 })
    bus.write(access(64, { owner: 'b', offset: 32 }), { seed: 2 })
    expect(memory.ledger.expected('b')).toEqual({ content: { seed: 2, offset: -32 }, len: 96 })
    memory.ledger.forget('b')
    expect(memory.ledger.expected('b')).toBeUndefined()
  })

  test('nothing is noted without an owner, and bytes cannot be written from within a buffer', () => {
    const { memory, bus } = opened()
    bus.write(access(64), { seed: 2 })
    expect(memory.ledger.expected('b')).toBeUndefined()
    expect(() => bus.write(access(64, { owner: 'b', offset: 32 }), counting(64))).toThrow(
      'bytes are written from the start of a buffer',
    )
  })
})

test.each([
  [31, 2 ** 31 - 64, 64, undefined],
  [31, 2 ** 31 - 63, 64, 31],
  [63, 2 ** 62, 64, undefined],
  [64, 2 ** 64 - 2048, 4096, undefined],
])('a device with %d address bits says so where it would wrap: %d + %d', (addressBits, at, len, told) => {
  const { bus, last } = opened(view({ addressBits, translate: (_, length) => [run(AT, length)] }))
  bus.read({ at: at as DmaAddr, len })
  const event = last()
  expect(event?.event === 'device_access' ? event.addressBits : 'none').toBe(told)
})
