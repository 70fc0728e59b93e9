// What GStreamer takes and no run can show: elements that make their own pipeline, and links that are never made.
import { InputError } from '@dmalab/api'
import type { Machine } from '@dmalab/api'
import { familyOf } from '../elements/device-families.ts'
import { PipelineError } from '../pipeline/pipeline-error.ts'
import type { Pipeline, PipelineElement } from '../pipeline/pipeline.ts'
import { lineForBoard } from './line-for-board.ts'

/** @throws PipelineError at the first such place, InputError for a line without a device's work */
export const checkElements = (pipeline: Pipeline, machine: Machine): void => {
  for (const element of pipeline.elements) if (element.role === 'whole') refuseWhole(pipeline, element, machine)
  for (const element of pipeline.elements) refuseModes(pipeline, element)
  const [first] = pipeline.lost
  if (first) throw new PipelineError('link', first.why, pipeline.text, first.at)
}

const STATEFUL_ONLY = ['capture-io-mode', 'output-io-mode', 'extra-controls', 'device', 'device-name', 'device-fd']

/**
 * A stateless decoder has none of the properties of the other V4L2 elements: it allocates, and exports each buffer.
 * Models: GStreamer 1.22 sys/v4l2codecs/gstv4l2codecallocator.c: gst_v4l2_codec_buffer_new
 */
const refuseModes = ({ text }: Pipeline, { factory, props, at = 0 }: PipelineElement): void => {
  if (familyOf(factory)?.exports !== true) return
  const property = STATEFUL_ONLY.find((name) => Object.hasOwn(props, name))
  if (property === undefined) return
  const why = `no property "${property}" in element "${factory}"`
  throw new PipelineError(
    'no-such-property',
    why,
    text,
    at,
    'it is a stateless decoder: it exports its buffers as they are',
  )
}

const refuseWhole = ({ text }: Pipeline, element: PipelineElement, machine: Machine): never => {
  const { factory, name, props, at = 0 } = element
  const line = factory === 'camerabin' ? undefined : lineInstead(props, machine)
  throw new PipelineError(
    'link',
    `${name}: ${factory} makes a whole pipeline of its own when it runs, and nothing says which elements it takes`,
    text,
    at,
    'write the elements instead',
    line === undefined ? lineForBoard(machine) : { line, bind: {} },
  )
}

/** What playbin would make of a file on this board, as far as its properties tell. */
const lineInstead = (props: Readonly<Record<string, string>>, machine: Machine): string | undefined => {
  const location = /^file:\/\/(.+)$/.exec(props['uri'] ?? '')?.[1]
  const uri = props['uri']
  if (uri === undefined) return undefined
  const source = location === undefined ? `urisourcebin uri=${uri}` : `filesrc location=${location}`
  const [, ...rest] = lineForBoard(machine).line.split(' ! ')
  const at = rest.findIndex((piece) => /^v4l2\S*dec\b/.test(piece))
  const decoder = rest[at] ?? 'v4l2h264dec capture-io-mode=dmabuf'
  const parser = rest[at - 1]?.endsWith('parse') === true ? rest[at - 1] : 'h264parse'
  const sink = props['video-sink'] ?? rest.at(-1) ?? 'fakesink'
  const demuxer = /\.(mkv|webm)$/.test(uri) ? 'matroskademux' : /\.(ts|m2ts|mts)$/.test(uri) ? 'tsdemux' : 'qtdemux'
  return `${source} ! ${demuxer} ! ${parser} ! ${decoder} ! ${sink}`
}

/** @throws InputError when a hostile graph has more ways than anything could show */
export const checkWays = (count: number): void => {
  if (count > MOST_WAYS)
    throw new InputError(
      `the pipeline has too many ways for buffers: more than ${MOST_WAYS} steps from element to element`,
      {},
      'tees and selectors multiply them',
    )
}

const MOST_WAYS = 20_000
