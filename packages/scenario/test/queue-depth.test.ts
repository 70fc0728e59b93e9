// How many pictures queue elements hold.
import { describe, expect, it } from 'vitest'
import { shippedBoard } from '@dmalab/machine'
import { bindPipeline, parsePipeline } from '../src/index.ts'

const xu4 = shippedBoard('odroid-xu4-2017')
const board = {
  ...xu4,
  devices: [
    ...xu4.devices,
    { ...xu4.devices[0]!, name: 'cam', class: 'camera' as const, compatible: 'brcm,bcm2835-unicam', driver: 'unicam' },
  ],
}
const bind = (line: string) => bindPipeline(parsePipeline(line), board)

describe('queue elements hold pictures', () => {
  const depth = (queue: string, caps = ''): number | undefined =>
    bind(`v4l2src ! video/x-raw${caps} ! ${queue} ! kmssink`).hops[0]?.depth

  it.each([
    ['queue', '', 4],
    ['queue max-size-buffers=2', '', 2],
    ['queue max-size-bytes=0', '', 200],
    ['queue max-size-bytes=0 max-size-buffers=0', '', 10_000],
    ['queue max-size-bytes=0', ',framerate=25/1', 25],
    ['queue max-size-bytes=0 max-size-time=0', ',framerate=25/1', 200],
    ['queue max-size-bytes=3110400', '', 1],
    ['queue2', '', 1],
    ['queue ! queue max-size-buffers=3', '', 7],
    ['identity', '', 0],
  ])('%s of pictures%s: %i', (queue, caps, pictures) => {
    expect(depth(queue, caps)).toBe(pictures)
  })
})
