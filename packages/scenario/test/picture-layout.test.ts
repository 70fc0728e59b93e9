// Bytes of pictures. Sizes of user memory were observed on GStreamer 1.22.0 (one buffer of videotestsrc into a file).
import { describe, expect, it } from 'vitest'
import { DRIVER_RULES, layoutOf, USER_RULES } from '../src/formats/picture-layout.ts'
import { formatNamed, formatNames, pixelFormat } from '../src/formats/pixel-formats.ts'

const bytes = (name: string, width: number, height: number, rules = USER_RULES): number =>
  layoutOf(pixelFormat(name)!, width, height, rules).reduce((sum, plane) => sum + plane.bytes, 0)

describe('pictures in memory of user space', () => {
  it.each([
    ['NV12', 3110400, 117612],
    ['NV21', 3110400, 117612],
    ['I420', 3110400, 118096],
    ['YV12', 3110400, 118096],
    ['Y42B', 4147200, 157784],
    ['YUY2', 4147200, 155848],
    ['UYVY', 4147200, 155848],
    ['RGB', 6220800, 234256],
    ['BGRx', 8294400, 311696],
    ['RGB16', 4147200, 155848],
    ['P010_10LE', 6220800, 233772],
    ['NV16', 4147200, 156816],
    ['NV24', 6220800, 234256],
    ['GRAY8', 2073600, 78408],
    ['NV12_4L4', 3110400, 119232],
    ['NV12_32L32', 3133440, 135168],
    ['NV12_64Z32', 3133440, 147456],
    ['Y444', 6220800, 235224],
    ['GRAY16_LE', 4147200, 155848],
  ])('%s: %i bytes of 1920x1080, %i of 322x242', (name, large, small) => {
    expect([bytes(name, 1920, 1080), bytes(name, 322, 242)]).toEqual([large, small])
  })
})

describe('pictures of drivers', () => {
  it.each([
    ['NV12', 321, 241, [{ bytesperline: 321, bytes: 116_323, sizeimage: 116_323 }]],
    ['YUY2', 322, 242, [{ bytesperline: 644, bytes: 155_848, sizeimage: 155_848 }]],
  ])('%s of %ix%i: lines are not rounded, chroma is rounded up', (name, width, height, planes) => {
    expect(layoutOf(pixelFormat(name)!, width, height, DRIVER_RULES)).toEqual(planes)
  })

  it('formats without a code for several buffers stay in one', () => {
    expect(layoutOf(pixelFormat('P010_10LE')!, 64, 64, { ...DRIVER_RULES, split: true })).toHaveLength(1)
    expect(layoutOf(pixelFormat('NV12')!, 64, 64, { ...DRIVER_RULES, split: true })).toHaveLength(2)
    expect(layoutOf(pixelFormat('NV12_64Z32')!, 64, 64, DRIVER_RULES)).toHaveLength(2)
  })
})

describe('names of formats', () => {
  it('are those of GStreamer and of V4L2', () => {
    expect(formatNamed('YUY2')).toBe(formatNamed('yuyv'))
    expect(formatNamed('NM12')?.name).toBe('NV12')
    expect(formatNamed('XR24')?.name).toBe('BGRx')
    expect(formatNamed('nothing')).toBeUndefined()
  })

  it('no code stands for two formats', () => {
    const codes = formatNames().flatMap((name) => {
      const { fourcc, split } = pixelFormat(name)!
      return [fourcc, split].filter((code) => code !== null)
    })
    expect(new Set(codes).size).toBe(codes.length)
  })
})
