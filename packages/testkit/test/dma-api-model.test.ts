// What the random tests may do at each moment: the rules of the DMA API, as they decide who owns the bytes.
import type { ScenarioStep, StepDirection } from '@dmalab/api'
import { beforeEach, describe, expect, it } from 'vitest'
import { DmaApiModel, type Wish } from '../src/dma-api-model.ts'

const BUFFER: Wish = { do: 'alloc', pieces: [{ lead: 0, size: 256 }] }
let model: DmaApiModel

beforeEach(() => {
  model = new DmaApiModel(['camera', 'display'])
})

/** Does it, and says what was done; undefined where the rules forbid it. */
const grant = (wish: Wish): { readonly step: ScenarioStep; readonly reads: readonly ScenarioStep[] } | undefined => {
  const plan = model.plan(wish)
  return plan === undefined ? undefined : { step: plan.step, reads: plan.done() }
}
const map = (dir: StepDirection, device = 0) => grant({ do: 'map', which: 0, device, dir })
const may = (wish: Wish): boolean => model.plan(wish) !== undefined
const any = (what: 'free' | 'unmap' | 'sync' | 'device-read' | 'cpu-read'): Wish => ({ do: what, which: 0 })
const write = (what: 'device-write' | 'cpu-write'): Wish => ({ do: what, which: 0, part: 0 })

describe('without a buffer', () => {
  it('only memory can be asked for', () => {
    const others = [any('free'), any('unmap'), any('sync'), any('device-read'), any('cpu-read'), write('cpu-write')]
    expect(others.filter(may)).toEqual([])
    expect(may({ do: 'list', picks: [0] })).toBe(false)
    expect(grant(BUFFER)?.step).toEqual({ do: 'alloc', buffer: 'b1', size: 256, from: 'pages' })
  })
})

describe('a buffer that a device writes', () => {
  beforeEach(() => {
    grant(BUFFER)
    map('FROM_DEVICE')
  })

  it('belongs to no one else until it comes back', () => {
    expect([any('cpu-read'), write('cpu-write'), any('free'), any('device-read')].filter(may)).toEqual([])
    expect(map('FROM_DEVICE', 1)).toBeUndefined()
    expect(map('TO_DEVICE', 1)).toBeUndefined()
  })

  it('has nothing to read before the device wrote it, and is read by the CPU once it is synced', () => {
    expect(grant(any('sync'))?.reads).toEqual([])
    grant(any('sync'))
    grant(write('device-write'))
    expect(grant(any('sync'))).toEqual({
      step: { do: 'sync', buffer: 'b1', device: 'camera', for: 'cpu', dir: 'FROM_DEVICE' },
      reads: [{ do: 'cpu-read', buffer: 'b1' }],
    })
    expect(may(write('cpu-write'))).toBe(false)
  })

  it('is read by the CPU after unmapping, and can then be freed', () => {
    grant(write('device-write'))
    expect(grant(any('unmap'))?.reads).toEqual([{ do: 'cpu-read', buffer: 'b1' }])
    expect(may(any('free'))).toBe(true)
  })
})

describe('a buffer that devices read', () => {
  beforeEach(() => {
    grant(BUFFER)
  })

  it('may be mapped for several, but for each once', () => {
    expect(map('TO_DEVICE')?.reads).toEqual([{ do: 'device-read', buffer: 'b1', device: 'camera' }])
    expect(map('TO_DEVICE')).toBeUndefined()
    expect(map('TO_DEVICE', 1)?.step).toMatchObject({ device: 'display' })
  })

  it('that the CPU wrote while it had it must be synced before it is unmapped', () => {
    map('BIDIRECTIONAL')
    grant(any('sync'))
    grant(write('cpu-write'))
    expect(may(any('unmap'))).toBe(false)
    expect(grant(any('sync'))?.step).toMatchObject({ for: 'device' })
    expect(may(any('unmap'))).toBe(true)
  })
})

describe('coherent memory', () => {
  it('belongs to CPU and device at once, and is never mapped', () => {
    grant({ do: 'alloc-coherent', which: 1, size: 64 })
    expect(
      [any('cpu-read'), write('cpu-write'), any('device-read'), write('device-write')].filter((one) => !may(one)),
    ).toEqual([])
    expect(map('BIDIRECTIONAL', 1)).toBeUndefined()
    expect(grant(write('cpu-write'))?.reads).toEqual([
      { do: 'cpu-read', buffer: 'b1' },
      { do: 'device-read', buffer: 'b1', device: 'display' },
    ])
  })
})

describe('a list', () => {
  it('takes pieces of several buffers, none of them twice, and goes with any of them', () => {
    grant({
      do: 'alloc',
      pieces: [
        { lead: 0, size: 64 },
        { lead: 16, size: 64 },
      ],
    })
    grant(BUFFER)
    expect(grant({ do: 'list', picks: [0, 0, 0, 0] })?.step).toEqual({
      do: 'sg-table',
      buffer: 'l3',
      of: [{ buffer: 'b1', offset: 0, len: 64 }, { buffer: 'b1', offset: 4112, len: 64 }, 'b2'],
    })
    grant(any('free'))
    expect(map('TO_DEVICE')?.step).toMatchObject({ buffer: 'b2' })
    expect(grant({ do: 'map', which: 0, device: 1, dir: 'FROM_DEVICE' })).toBeUndefined()
  })
})
