// What binding a line refuses, assumes and leaves out.
import { describe, expect, it } from 'vitest'
import { isInputError } from '@dmalab/api'
import type { InputError, PipelineScenario } from '@dmalab/api'
import { shippedBoard } from '@dmalab/machine'
import { bindPipeline, parsePipeline } from '../src/index.ts'
import type { Overrides } from '../src/index.ts'

const board = shippedBoard('odroid-xu4-2017')
const bind = (line: string, overrides: Overrides = {}): PipelineScenario =>
  bindPipeline(parsePipeline(line), board, overrides)
const refused = (line: string): InputError => {
  try {
    bind(line)
  } catch (e) {
    if (isInputError(e)) return e
    throw e
  }
  throw new Error('accepted')
}
const assumed = (line: string, overrides: Overrides = {}): readonly string[] =>
  bind(line, overrides).assumptions.flatMap(({ kind, what }) => (kind === 'format' ? [] : [`${kind}: ${what}`]))

describe('elements that make a whole pipeline of their own', () => {
  it.each([
    [
      'playbin uri=file:///a.mp4',
      'filesrc location=/a.mp4 ! qtdemux ! h264parse ! v4l2h264dec capture-io-mode=dmabuf ! kmssink',
    ],
    [
      'playbin3 uri=file:///a.mkv video-sink=waylandsink',
      'filesrc location=/a.mkv ! matroskademux ! h264parse ! v4l2h264dec capture-io-mode=dmabuf ! waylandsink',
    ],
    [
      'playbin uri=http://x/a.ts',
      'urisourcebin uri=http://x/a.ts ! tsdemux ! h264parse ! v4l2h264dec capture-io-mode=dmabuf ! kmssink',
    ],
    ['playbin', 'filesrc location=a.mp4'],
    ['camerabin', 'filesrc location=a.mp4'],
  ])('%s is answered with a line to write', (line, other) => {
    const { message, instead } = refused(line)
    expect(message).toMatch(/makes a whole pipeline of its own/)
    expect(message).toContain('  | ^')
    expect(instead?.line).toContain(other)
  })

  it('the line for playbin can be bound', () => {
    const line = refused('playbin uri=file:///a.mp4').instead?.line ?? ''
    expect(bind(line).elements.at(-1)?.device).toBe('display')
  })
})

describe('links that are never made', () => {
  it('are refused with the place', () => {
    const { message, place } = refused('filesrc ! qtdemux name=d d.foo_0 ! v4l2h264dec ! kmssink')
    expect(message).toContain('d never has a pad "foo_0"; its pads are video_%u, audio_%u, subtitle_%u')
    expect(place.column).toBe(26)
  })
})

describe('what a line with unknown elements rests on', () => {
  it('is that they pass buffers on, unless they are bound', () => {
    const line = 'v4l2h264dec name=d ! acmescale ! kmssink name=k'
    expect(assumed(line)).toEqual(['element: acmescale0 passes on the buffers that it gets, unchanged'])
    expect(assumed(line, { acmescale: 'g2d' })).toEqual([])
    expect(bind(line).assumptions[0]?.howToState).toContain('--bind acmescale=converter')
  })

  it.each(['rgaconvert', 'imxvideoconvert_g2d', 'mppvideodec', 'nvvidconv', 'omxh264dec'])(
    'is that %s of a vendor works as V4L2 elements do',
    (factory) => {
      const [assumption] = bind(`v4l2h264dec ! ${factory} name=x ! kmssink`).assumptions
      expect(assumption).toMatchObject({ kind: 'element', why: expect.stringContaining("a vendor's tree") })
    },
  )

  it('is what autovideosink chooses', () => {
    expect(assumed('v4l2h264dec ! autovideosink')).toContain('element: autovideosink0 works on display')
    expect(assumed('v4l2h264dec ! kmssink')).toEqual([])
  })

  it.each([
    ['tiovxisp ! kmssink', ['tiovxisp0', 'source']],
    ['v4l2h264dec ! unixfdsink', ['unixfdsink0', 'sink']],
  ])('%s: at an end it is a source or a sink', (line, [name, role]) => {
    expect(bind(line).elements.find((element) => element.name === name)?.role).toBe(role)
  })

  it('is a driver that is known by its class', () => {
    const [{ compatible: _compatible, driver: _driver, ...plain } = board.devices[0]!, ...others] = board.devices
    const machine = { ...board, devices: [plain, ...others] }
    const kinds = (overrides: Overrides): readonly string[] =>
      bindPipeline(parsePipeline('v4l2vp8dec ! kmssink'), machine, overrides).assumptions.flatMap(({ kind, what }) =>
        kind === 'format' ? [] : [`${kind}: ${what}`],
      )
    expect(kinds({})).toEqual(['driver: v4l2vp8dec0 (v4l2vp8dec) works on codec'])
    expect(kinds({ v4l2vp8dec: 'codec' })).toEqual([])
    // The shipped board names the driver, and that decodes VP8.
    expect(assumed('v4l2vp8dec ! kmssink')).toEqual([])
  })
})

describe('what makes no difference is named', () => {
  it('for the shell, for controls and for clocks', () => {
    const line =
      'sudo gst-launch-1.0 v4l2h264dec extra-controls=c,a=1 ! queue leaky=downstream max-size-buffers=3 ! kmssink sync=false &'
    expect(bind(line).ignored).toEqual([
      { what: 'sudo', why: 'it is for the shell' },
      { what: '&', why: 'it is for the shell' },
      { what: 'extra-controls=c,a=1 of v4l2h264dec0', why: 'no effect on DMA' },
      { what: 'leaky=downstream of queue0', why: 'a run has no clock: every picture arrives' },
      { what: 'sync=false of kmssink0', why: 'a run has no clock: every picture arrives' },
    ])
  })

  it('and nothing else is', () => {
    expect(bind('v4l2h264dec capture-io-mode=dmabuf ! queue leaky=no ! kmssink').ignored).toEqual([])
  })
})

describe('a graph that multiplies its ways', () => {
  it('is refused', () => {
    const diamonds = Array.from(
      { length: 20 },
      (_, i) => `tee name=t${i} t${i}. ! funnel name=f${i} t${i}. ! f${i}. f${i}. ! t${i + 1}.`,
    )
    expect(refused(`v4l2h264dec ! t0. ${diamonds.join(' ')} tee name=t20 t20. ! kmssink`).message).toContain(
      'too many ways',
    )
  })
})
