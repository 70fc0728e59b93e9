import type { EventBody } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { createFences } from '../src/reservation.ts'

const open = () => {
  const events: EventBody[] = []
  const fences = createFences({ wants: () => true, emit: (event) => events.push(event) })
  return { events, resv: fences.reservation(), other: fences.reservation() }
}

describe('reservation object', () => {
  it('lets readers pass readers, and makes them wait for writers', () => {
    const { resv } = open()
    resv.addFence(resv.newFence('gpu', 'ring0'), 'read')
    expect(resv.wait('read').ok).toBe(true)
    expect(resv.wait('write')).toMatchObject({ ok: false, errno: 'ETIME' })
    const write = resv.newFence('gpu', 'ring1')
    resv.addFence(write, 'write')
    expect(resv.wait('read')).toMatchObject({ ok: false, errno: 'ETIME' })
    resv.signal(write)
    expect(resv.wait('read').ok).toBe(true)
  })

  it('keeps the last fence of a timeline only', () => {
    const { resv } = open()
    const first = resv.newFence('gpu', 'ring0')
    const second = resv.newFence('gpu', 'ring0')
    resv.addFence(first, 'write')
    resv.addFence(second, 'write')
    expect(resv.pending('read')).toEqual([second])
    expect([first.seqno, second.seqno, second.context]).toEqual([1, 2, first.context])
  })

  it('belongs to one buffer', () => {
    const { resv, other } = open()
    resv.addFence(resv.newFence('gpu', 'ring0'), 'write')
    expect(other.wait('write').ok).toBe(true)
  })

  it('tells what happened to a fence, once', () => {
    const { resv, events } = open()
    const fence = resv.newFence('gpu', 'ring0')
    resv.signal(fence)
    resv.signal(fence)
    expect(events.map(({ event }) => event)).toEqual(['dma_fence_init', 'dma_fence_signaled', 'dma_fence_destroy'])
  })
})
