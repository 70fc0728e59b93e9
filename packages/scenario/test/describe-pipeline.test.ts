// A line as data: what is known of it, what is not, and what binding it to a board says of pictures, sizes and devices.
import { isInputError, type DeviceFacts, type Machine } from '@dmalab/api'
import { shippedBoard } from '@dmalab/machine'
import { describe, expect, it } from 'vitest'
import { bindPipeline, parsePipeline, type Overrides, type PictureWishes } from '../src/index.ts'
import { describeError, describePipeline } from '../src/describe-pipeline.ts'
import { PipelineError } from '../src/pipeline/pipeline-error.ts'

const xu4 = shippedBoard('odroid-xu4-2017')
const [first] = xu4.devices
if (first === undefined) throw new Error('the board has devices')
const CAMERA: DeviceFacts = {
  ...first,
  name: 'cam',
  class: 'camera',
  compatible: 'brcm,bcm2835-unicam',
  driver: 'unicam',
}
const board: Machine = { ...xu4, devices: [...xu4.devices, CAMERA] }
const bind = (line: string, overrides: Overrides = {}, wishes: PictureWishes = {}) =>
  bindPipeline(parsePipeline(line), board, overrides, wishes)
const refused = (body: () => unknown): string => {
  try {
    body()
  } catch (e) {
    if (isInputError(e)) return `${e.message} | ${e.hint ?? ''}`
    throw e
  }
  throw new Error('accepted')
}

describe('a line without a board', () => {
  it('is its elements and links, and nothing of a board', () => {
    const told = describePipeline('v4l2src ! kmssink')
    expect(told).toMatchObject({ ok: true, unknown: [], warnings: [], ignored: [] })
    expect(told.elements?.map(({ name }) => name)).toEqual(['v4l2src0', 'kmssink0'])
    expect(told).not.toHaveProperty('binding')
    expect(told).not.toHaveProperty('error')
  })

  it('says which elements are not known, and what was meant', () => {
    const told = describePipeline('v4l2scr ! zzyzx ! kmssink')
    expect([told.ok, told.error]).toEqual([false, 'no-such-element'])
    expect(told.unknown?.map(({ factory, meant }) => [factory, meant])).toEqual([
      ['v4l2scr', 'v4l2src'],
      ['zzyzx', null],
    ])
  })

  it('that is refused says where, and what to do', () => {
    const thrown = (line: string): unknown => {
      try {
        parsePipeline(line)
      } catch (e) {
        return e
      }
      return undefined
    }
    const error = thrown('v4l2src !')
    if (!(error instanceof PipelineError)) throw new Error('the line is refused')
    const told = describeError(error)
    expect(told).toMatchObject({ ok: false, error: error.kind, message: error.reason, line: error.place.line })
    expect(told.column).toBe(error.place.column)
    expect(Object.hasOwn(told, 'hint')).toBe(error.hint !== undefined)
  })
})

it('a line on a board has all that binding it tells, and no more', () => {
  const line = 'v4l2src io-mode=dmabuf ! video/x-raw,format=NV12 ! kmssink'
  const { elements, hops, pictures, frames, notes, assumptions, ignored, notExamined } = bind(line)
  expect(describePipeline(line, board).binding).toEqual({
    elements,
    hops,
    pictures,
    frames,
    notes,
    assumptions,
    ignored,
    notExamined,
  })
})

describe('pictures larger than a driver takes', () => {
  const rockpro = shippedBoard('rk3399-rockpro64')
  const message = (width: number, height: number): string | undefined => {
    const line = `v4l2slh264dec ! video/x-raw,width=${width},height=${height} ! kmssink`
    try {
      bindPipeline(parsePipeline(line), rockpro)
      return undefined
    } catch (e) {
      if (isInputError(e)) return `${e.message} | ${e.hint ?? ''}`
      throw e
    }
  }
  // rkvdec: 4096x2304.
  it('are refused from one pixel beyond it, each way', () => {
    expect([message(4096, 2304), message(16, 16)]).toEqual([undefined, undefined])
    for (const [width, height] of [
      [4097, 2304],
      [4096, 2305],
      [4097, 16],
      [16, 2305],
    ] as const)
      expect(message(width, height)).toContain(`and these have ${width}x${height}`)
    expect(message(4097, 16)).toMatch(/\| --size 4096x2304, or a converter before it$/)
  })
})

describe('who works where', () => {
  it('an unknown element at an end of the line is a source or a sink, one in between neither', () => {
    const roles = bind('acmesrc2x ! acmemid ! acmeend').elements.map(({ role }) => role)
    expect(roles).toEqual(['source', 'unknown', 'sink'])
  })

  it('an unknown element that is given a device has that device’s work', () => {
    const role = (device: string) => bind('v4l2src ! acmemid ! fakesink', { acmemid: device }).elements[1]
    expect(role('display')).toMatchObject({ role: 'sink', device: 'display', inMode: 'auto', outMode: 'auto' })
    expect(role('cam')?.role).toBe('source')
    expect(role('converter')?.role).toBe('converter')
    expect(role('none')).toMatchObject({ device: null, inMode: null, outMode: null })
  })

  it('modes are those of the element, and only where it has the queue', () => {
    const modes = (line: string) => bind(line).elements.map(({ inMode, outMode }) => [inMode, outMode])
    expect(modes('v4l2src io-mode=mmap ! v4l2convert output-io-mode=userptr capture-io-mode=dmabuf ! kmssink')).toEqual(
      [
        [null, 'mmap'],
        ['userptr', 'dmabuf'],
        [null, null],
      ],
    )
    expect(modes('videotestsrc ! fakesink')).toEqual([
      [null, null],
      [null, null],
    ])
  })

  it.each([
    [{ nothing: 'codec' }, '--bind nothing=codec: the pipeline has no element "nothing"'],
    [{ kmssin: 'display' }, 'the pipeline has no element "kmssin" (did you mean kmssink or kmssink0?)'],
    [{ kmssink: 'nodevice' }, '--bind kmssink=nodevice: '],
  ])('%j is refused: %s', (overrides, message) => {
    expect(refused(() => bind('v4l2src ! kmssink', overrides as Overrides))).toContain(message)
  })

  it.each([{ kmssink: 'none' }, { kmssink0: 'display' }, { kmssink: 'display' }])('%j is taken', (overrides) => {
    expect(bind('v4l2src ! kmssink', overrides as Overrides).elements[1]).toMatchObject({ by: '--bind' })
  })

  it('what nothing goes into is told, where something should', () => {
    const notes = (line: string) => bind(line).notes.filter((note) => note.startsWith('nothing goes into'))
    expect(notes('v4l2h264dec ! kmssink')).toEqual([
      'nothing goes into v4l2h264dec0: GStreamer would wait for ever; a seeded bitstream stands in',
    ])
    expect(notes('v4l2convert ! kmssink')).toEqual([
      'nothing goes into v4l2convert0: GStreamer would wait for ever; seeded pictures stand in',
    ])
    expect(notes('v4l2src ! kmssink')).toEqual([])
    expect(notes('videotestsrc ! v4l2h264enc ! fakesink')).toEqual([])
  })

  it('formats that no table has are named with the elements on devices, once each', () => {
    expect(bind('v4l2src ! video/x-raw,format=NV12 ! kmssink').notExamined).toEqual([
      'whether the drivers there have these pixel formats: v4l2src0 NV12, kmssink0 NV12',
    ])
    expect(bind('v4l2src ! video/x-raw,format=NV12 ! fakesink').notExamined).toEqual([
      'whether the drivers there have these pixel formats: v4l2src0 NV12',
    ])
    expect(bind('videotestsrc ! fakesink').notExamined).toEqual([])
    const [both] = bind(
      'v4l2src ! video/x-raw,format=YUY2 ! v4l2convert ! video/x-raw,format=NV12 ! kmssink',
    ).notExamined
    expect(both).toContain('v4l2convert0 NV12 and YUY2')
  })
})

describe('the value of a fact', () => {
  const width = (line: string) => bind(line).pictures[0]?.width
  it.each([
    ['[100,4000]', 1920],
    ['[1920,4000]', 1920],
    ['[100,1920]', 1920],
    ['[2000,4000]', 2000],
    ['[100,1000]', 1000],
    ['{640,1920}', 1920],
    ['{640,800}', 640],
    ['{[100,800],[2000,3000]}', 800],
    ['1280', 1280],
  ])('width=%s is %i', (text, expected) => {
    expect(width(`v4l2src ! video/x-raw,width=${text} ! kmssink`)?.value).toBe(expected)
  })

  it('two places that agree name both; two that do not are refused at the second', () => {
    expect(width('v4l2src ! video/x-raw,width=[100,1000] ! queue ! video/x-raw,width=640 ! kmssink')).toMatchObject({
      value: 640,
      by: expect.stringMatching(/capsfilter0.*capsfilter1/),
    })
    const two = 'v4l2src ! video/x-raw,width=640 ! queue ! v4l2h264enc ! video/x-h264,width=1280 ! fakesink'
    expect(refused(() => bind(two))).toMatch(
      /width cannot be what is asked for here: caps filter capsfilter0 asks for another, and nothing between them changes it/,
    )
  })
})

it.each([
  ['kmssink sync=false', ['sync=false of kmssink0']],
  ['kmssink plane-id=3', ['plane-id=3 of kmssink0']],
  ['kmssink can-scale=false', []],
  ['queue leaky=downstream ! kmssink', ['leaky=downstream of queue0']],
  ['queue leaky=no ! kmssink', []],
  ['fakesink sync=false', []],
])('of v4l2src ! %s these properties do nothing: %j', (line, ignored) => {
  expect(bind(`v4l2src ! ${line}`).ignored.map(({ what }) => what)).toEqual(ignored)
})
