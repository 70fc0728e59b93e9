// What GStreamer takes and no run can show: elements that make their own pipeline, and links that are never made.
import { InputError } from '@dmalab/api'
import type { Machine } from '@dmalab/api'
import { PipelineError } from '../pipeline/pipeline-error.ts'
import type { Pipeline, PipelineElement } from '../pipeline/pipeline.ts'
import { lineForBoard } from './line-for-board.ts'

/** @throws PipelineError at the first such place, InputError for a line without a device's work */
export const checkElements = (pipeline: Pipeline, machine: Machine): void => {
  for (const element of pipeline.elements) if (element.role === 'whole') refuseWhole(pipeline, element, machine)
  const [first] = pipeline.lost
  if (first) throw new PipelineError('link', first.why, pipeline.text, first.at)
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
  const sink = props['video-sink'] ?? rest.at(-1) ?? 'fakesink'
  const demuxer = /\.(mkv|webm)$/.test(uri) ? 'matroskademux' : /\.(ts|m2ts|mts)$/.test(uri) ? 'tsdemux' : 'qtdemux'
  return `${source} ! ${demuxer} ! h264parse ! v4l2h264dec capture-io-mode=dmabuf ! ${sink}`
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
