import type { Event } from '@dmalab/api'
import { timelineOf } from '@dmalab/report/view'
import { describe, expect, test } from 'vitest'
import { axesOf, axisOf, bestAxis } from '../src/timeline-axis.ts'
import { marksOf } from '../src/timeline-scale.ts'

const sync = (at: number, time?: string): Event => ({
  at,
  event: 'dma_sync_single_for_cpu',
  device: 'codec',
  dir: 1,
  dmaAddr: 0x4000_0000,
  size: 64,
  ...(time === undefined ? {} : { time }),
})
const log = ['10.000000', '10.000500', '10.000400', '10.002000'].map((time, i) => sync(i, time))
const steps: readonly Event[] = [
  { at: 1, event: 'step', what: 'set up' },
  sync(1),
  sync(1),
  { at: 2, event: 'step', what: 'run' },
  sync(2),
]

describe('the axis of a time line', () => {
  test('is the order of events, each equally wide', () => {
    const axis = axisOf('order', timelineOf(log), log)
    expect([axis.length, axis.begin(2), axis.mark(2), axis.eventAt(2.9)]).toEqual([4, 2, 2.5, 2])
  })

  test('is the time of a log from its first event on, and never goes back', () => {
    const axis = axisOf('time', timelineOf(log), log)
    const places = [0, 1, 2, 3].map((event) => Math.round(axis.begin(event) * 1e6))
    expect(places).toEqual([0, 500, 500, 2000])
    expect(axis.eventAt(axis.begin(3))).toBe(3)
    expect(axis.eventAt(0.001)).toBe(2)
  })

  test('is never a time that events do not have', () => {
    expect(axesOf(timelineOf(steps), steps)).toEqual(['order', 'steps'])
    expect(axisOf('time', timelineOf(steps), steps).kind).toBe('order')
    expect(axesOf(timelineOf(log), log)).toEqual(['order', 'time'])
  })

  test('gives each step the same width', () => {
    const axis = axisOf('steps', timelineOf(steps), steps)
    expect([axis.length, axis.begin(0), axis.begin(3), axis.begin(4)]).toEqual([2, 0, 1, 1.5])
  })

  test('is time where events are spread over it, and order where most of it is idle', () => {
    const spread = Array.from({ length: 100 }, (_, i) => sync(i, `${i}.0`))
    const idle = Array.from({ length: 100 }, (_, i) => sync(i, i < 99 ? `0.0000${i}` : '100.0'))
    expect(bestAxis(timelineOf(spread), spread)).toBe('time')
    expect(bestAxis(timelineOf(idle), idle)).toBe('order')
  })

  test('has marks at round numbers, in a unit that tells them apart', () => {
    const axis = axisOf('time', timelineOf(log), log)
    const texts = marksOf(axis, { from: 0, to: 0.002 }, 450).map(({ text }) => text)
    expect(texts).toEqual(['0 µs', '500 µs', '1000 µs', '1500 µs', '2000 µs'])
  })
})
