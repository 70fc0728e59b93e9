// What the user's options change, and what is reported beside the pictures.
import { describe, expect, it } from 'vitest'
import type { PipelineScenario } from '@dmalab/api'
import { shippedBoard } from '@dmalab/machine'
import { bindPipeline, parsePipeline } from '../src/index.ts'
import type { PictureWishes } from '../src/index.ts'

const xu4 = shippedBoard('odroid-xu4-2017')
const board = {
  ...xu4,
  devices: [
    ...xu4.devices,
    { ...xu4.devices[0]!, name: 'cam', class: 'camera' as const, compatible: 'brcm,bcm2835-unicam', driver: 'unicam' },
  ],
}
const bind = (line: string, wishes: PictureWishes = {}): PipelineScenario =>
  bindPipeline(parsePipeline(line), board, {}, wishes)
/** `format widthxheight`, of each hop. */
const shown = (line: string, wishes: PictureWishes = {}): readonly string[] =>
  bind(line, wishes).hops.map(
    ({ picture: { media, format, width, height } }) => `${format?.value ?? media} ${width.value}x${height.value}`,
  )
const YUY2 = 'v4l2src ! video/x-raw,format=YUY2,width=3840,height=2160'

describe("the user's options come before the line", () => {
  it('and say so', () => {
    const { hops, notes } = bind(`${YUY2} ! kmssink`, { size: { width: 640, height: 480 }, format: 'UYVY' })
    expect(hops[0]?.picture).toMatchObject({
      format: { value: 'UYVY', by: '--format' },
      width: { value: 640, by: '--size' },
      planes: [{ bytes: 614400 }],
    })
    expect(notes).toEqual([
      '--size 640 takes the place of width of caps filter capsfilter0',
      '--size 480 takes the place of height of caps filter capsfilter0',
      '--format UYVY takes the place of format of caps filter capsfilter0',
    ])
  })

  it('a name of V4L2 will do, and what agrees is not worth a word', () => {
    const { hops, notes } = bind(`${YUY2} ! kmssink`, { size: { width: 3840, height: 2160 }, format: 'YUYV' })
    expect(hops[0]?.picture.format?.value).toBe('YUY2')
    expect(notes).toEqual([])
  })

  it('what a converter is told stays as it is', () => {
    expect(
      shown('v4l2src ! v4l2convert ! video/x-raw,width=640,height=480 ! kmssink', {
        size: { width: 1280, height: 720 },
      }),
    ).toEqual(['NV12 1280x720', 'NV12 640x480'])
  })

  it.each([
    ['v4l2src num-buffers=100 ! kmssink', {}, { value: 100, by: 'num-buffers of v4l2src0' }],
    ['v4l2src num-buffers=100 ! kmssink', { frames: 7 }, { value: 7, by: '--frames' }],
    ['v4l2src num-buffers=-1 ! kmssink', {}, null],
    ['filesrc num-buffers=100 ! h264parse ! v4l2h264dec ! kmssink', {}, null],
    ['v4l2src ! kmssink', {}, null],
  ])('pictures of %s with %j: %j', (line, wishes, frames) => {
    expect(bind(line, wishes).frames).toEqual(frames)
  })
})

describe('what the line does not say is reported', () => {
  it.each([
    ['v4l2src ! kmssink', ['v4l2src0 makes pictures of 1920x1080 pixels, NV12']],
    ['v4l2src ! video/x-raw,width=640,height=480 ! kmssink', ['v4l2src0 makes pictures of NV12']],
    ['v4l2h264dec ! kmssink', ['v4l2h264dec0 makes pictures of 1920x1080 pixels, NV12']],
    ['v4l2src ! video/x-raw,format=NV12,width=640,height=480 ! v4l2convert ! kmssink', []],
  ])('%s', (line, what) => {
    expect(
      bind(line)
        .assumptions.filter(({ kind }) => kind === 'format')
        .map((one) => one.what),
    ).toEqual(what)
  })

  it('fields of caps without effect are named', () => {
    expect(
      bind('v4l2src ! video/x-raw,format=NV12,colorimetry=bt601,interlace-mode=progressive ! kmssink').ignored,
    ).toEqual([
      { what: 'colorimetry=bt601 of caps filter capsfilter0', why: 'no effect on DMA' },
      { what: 'interlace-mode=progressive of caps filter capsfilter0', why: 'no effect on DMA' },
    ])
  })
})

describe('long lines', () => {
  it.each(['videoscale', 'v4l2convert', 'h264parse', 'queue'])('of 900 %s are bound in a moment', (factory) => {
    expect(bind(`v4l2h264dec ! ${`${factory} ! `.repeat(900)}kmssink`).pictures).toHaveLength(901)
  })
})
