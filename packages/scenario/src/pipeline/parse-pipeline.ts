// A gst-launch-1.0 line as a graph of elements.
import { parse } from '../generated/pipeline-parser.js'
import { buildGraph } from './build-graph.ts'
import { behindGhosts, outside, walk } from './graph.ts'
import type { Element, Pad } from './graph.ts'
import { launchText } from './launch-text.ts'
import { PipelineError } from './pipeline-error.ts'
import type { Pipeline, PipelineElement, PipelineLink } from './pipeline.ts'

export interface ParseOptions {
  /** What to do with a factory that the catalogue does not know: take it as one pad in, one pad out (default), or refuse. */
  readonly unknown?: 'accept' | 'refuse'
}

/**
 * Parses what is typed at a shell: `gst-launch-1.0` with its options, or only what comes after.
 *
 * @throws PipelineError with GStreamer's class of error and the place.
 */
export const parsePipeline = (line: string, { unknown = 'accept' }: ParseOptions = {}): Pipeline => {
  const { text, from, ignored } = launchText(line)
  const refuse = (kind: PipelineError['kind'], reason: string, at: number, hint?: string): never => {
    throw new PipelineError(kind, reason, line, from[at] ?? line.length, hint)
  }
  const { root, warnings, lost } = buildGraph(parse(text), refuse, unknown === 'accept')
  const all = root.children.flatMap(walk)
  const unknownOnes = all.filter(({ facts }) => facts.role === 'unknown')
  for (const { facts, pads, at = 0 } of unknownOnes)
    if (!pads.some(({ peer, ghost }) => peer ?? ghost)) refuse('no-such-element', `no element "${facts.factory}"`, at)
  return {
    text: line,
    elements: all.map((element) => plainElement(element, root, from)),
    links: all.flatMap((element) => linksFrom(element, (pad) => pad)),
    flow: all.filter(({ facts }) => facts.role !== 'bin').flatMap((element) => linksFrom(element, outside)),
    unknown: unknownOnes.map(({ facts, name, at = 0 }) => ({ factory: facts.factory, name, at: from[at] ?? 0 })),
    warnings,
    ignored,
    lost: lost.map(({ why, at }) => ({ why, at: from[at] ?? line.length })),
  }
}

const plainElement = (element: Element, root: Element, from: readonly number[]): PipelineElement => {
  const { facts, name, automatic, parent, props, presets, at } = element
  return {
    factory: facts.factory,
    name,
    parent: parent && parent !== root ? parent.name : '',
    props: Object.fromEntries([...props].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    role: facts.role,
    automatic,
    ...(presets.length > 0 ? { presets } : {}),
    ...(at === undefined ? {} : { at: from[at] ?? 0 }),
  }
}

/** Links of an element's source pads; `of` leads from a pad to the one that holds the link. */
const linksFrom = ({ name, pads }: Element, of: (pad: Pad) => Pad): readonly PipelineLink[] =>
  pads.flatMap((pad): readonly PipelineLink[] => {
    const peer = pad.direction === 'src' ? of(pad).peer : undefined
    if (!peer) return []
    const sink = of === outside ? behindGhosts(peer) : peer
    return [[name, pad.name, sink.owner.name, sink.name]]
  })
