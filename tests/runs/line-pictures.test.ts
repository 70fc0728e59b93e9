// What a line says of its pictures is what runs: size, format, planes and how many; and what a run cannot show is refused.
import { shippedBoard, withVirtualDevices } from '@dmalab/machine'
import { type PipelinePlan, planPipeline } from '@dmalab/runner'
import { bindPipeline, parsePipeline, type PictureWishes } from '@dmalab/scenario'
import { describe, expect, it } from 'vitest'
import { openLaboratory, run as runWork } from '@dmalab/lab/node'

const laboratory = await openLaboratory()
const board = withVirtualDevices(shippedBoard('odroid-xu4-nopool'), ['vivid'])
const bindOf = (line: string): Readonly<Record<string, string>> =>
  line.includes('v4l2src') ? { v4l2src: 'vivid' } : {}
const plan = (line: string, asked: PictureWishes = {}): PipelinePlan =>
  planPipeline(bindPipeline(parsePipeline(line), board, bindOf(line), asked), () => undefined)
/** Five pictures, where the line does not say how many. */
const run = async (work: string) => {
  const frames = work.includes('num-buffers') ? null : 5
  const request = {
    board: 'odroid-xu4-nopool',
    kernels: ['arm@4.11'],
    work,
    bind: bindOf(work),
    frames,
    assume: ['all'] as const,
  }
  const { runs } = await runWork(request, { laboratory })
  const [first] = runs
  if (first === undefined) throw new Error('a report has runs')
  return first
}
const copied = async (line: string): Promise<Record<string, number>> =>
  Object.fromEntries((await run(line)).elements.map(({ element, cpuBytesPerFrame }) => [element, cpuBytesPerFrame]))

describe('pictures of a line', () => {
  it('have the size and format of its caps filter', async () => {
    const line = 'v4l2src num-buffers=3 ! video/x-raw,format=YUY2,width=320,height=240 ! kmssink'
    expect(plan(line)).toMatchObject({ picture: { width: 320, height: 240, format: 'YUY2' }, frames: 3 })
    expect(plan(line).stages.map(({ makes, takes }) => [makes?.planes, takes?.planes])).toEqual([
      [[{ payload: 153600, size: 153600 }], undefined],
      [undefined, [{ payload: 153600, size: 153600 }]],
    ])
    expect(await run(line)).toMatchObject({ verdict: 'works', frames: { wanted: 3, delivered: 3, intact: 3 } })
  })

  it.each([
    'v4l2src ! video/x-raw,format=I420,width=161,height=121 ! kmssink',
    'v4l2src ! video/x-raw,format=BGRx,width=160,height=120 ! v4l2convert output-io-mode=dmabuf-import ! video/x-raw,format=NV12,width=64,height=48 ! kmssink',
    'v4l2h264dec ! video/x-raw,format=NV12,width=160,height=120 ! v4l2convert ! video/x-raw,width=320,height=240 ! kmssink',
    'v4l2src ! video/x-raw,width=160,height=120 ! v4l2h264enc ! h264parse ! v4l2h264dec ! kmssink',
    'videotestsrc ! video/x-raw,format=RGB,width=162,height=120 ! v4l2convert ! kmssink',
  ])('arrive whole through %s', async (line) => {
    expect(await run(line)).toMatchObject({ verdict: 'works', frames: { delivered: 5, intact: 5 } })
  })

  it('are copied at their own size', async () => {
    expect(
      await copied(
        'v4l2src ! video/x-raw,format=YUY2,width=160,height=120 ! v4l2convert ! video/x-raw,format=NV12,width=64,height=48 ! fakesink',
      ),
    ).toMatchObject({ v4l2convert0: 160 * 120 * 2 })
  })

  it('coded ones are small', async () => {
    expect(await copied('v4l2src ! video/x-raw,width=160,height=120 ! v4l2h264enc ! fakesink')).toMatchObject({
      v4l2h264enc0: (160 * 120 * 3) / 2,
    })
    expect(plan('v4l2src ! v4l2h264enc ! fakesink').stages[1]?.makes?.planes).toEqual([
      { payload: 2 ** 15, size: 2 ** 20 },
    ])
  })

  it("the user's size comes before the line's", async () => {
    const line = 'v4l2src ! video/x-raw,width=160,height=120 ! kmssink'
    expect(plan(line, { size: { width: 64, height: 64 }, format: 'UYVY' }).picture).toEqual({
      width: 64,
      height: 64,
      format: 'UYVY',
    })
  })

  it.each([
    ['v4l2h264dec', /nothing takes the pictures of v4l2h264dec0/],
    [
      'videotestsrc ! video/x-raw,width=320,height=240 ! tee name=t t. ! v4l2convert ! kmssink t. ! videoscale ! video/x-raw,width=64,height=48 ! v4l2h264enc ! fakesink',
      /pictures of different formats/,
    ],
  ])('%s is refused', (line, message) => {
    expect(() => plan(line)).toThrow(message)
  })
})
