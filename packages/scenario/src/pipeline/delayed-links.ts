// Links that wait for a pad: a demuxer has its source pads only when it has read the start of its stream.
import { streamKindOfPad } from '../elements/stream-elements.ts'
import type { PadTemplate } from '../elements/element-facts.ts'
import type { Element } from './graph.ts'
import { kindDownstream, linkPads } from './link-pads.ts'
import { fitsTemplate, makePad } from './pad-names.ts'

export interface DelayedLink {
  readonly src: Element
  readonly srcPad: string | undefined
  readonly sink: Element
  readonly sinkPad: string | undefined
  /** Offset in the joined text. */
  readonly at: number
}

const sometimesPads = ({ facts }: Element): readonly PadTemplate[] =>
  facts.pads.filter(({ direction, presence }) => direction === 'src' && presence === 'sometimes')

/** Whether links of this element may wait. Models: GStreamer 1.22 gst/parse/grammar.y: gst_parse_perform_delayed_link */
export const mayWait = (src: Element): boolean => sometimesPads(src).length > 0

/**
 * The pad appears and the link is made. What the stream holds is not known: it has each pad that a line names, and for a link
 * without a name a pad for the kind of stream that goes in there. Returns why the link is never made.
 *
 * Models: GStreamer 1.22 gst/parse/grammar.y: gst_parse_found_pad
 */
export const padAppears = ({ src, srcPad, sink, sinkPad }: DelayedLink): string | undefined => {
  const templates = sometimesPads(src)
  const template = srcPad === undefined ? forKind(templates, sink) : templates.find((one) => fitsTemplate(one, srcPad))
  if (!template) {
    const names = templates.map(({ name }) => name).join(', ')
    return srcPad === undefined
      ? `${src.name} has no pad for what ${sink.name} takes; its pads are ${names}`
      : `${src.name} never has a pad "${srcPad}"; its pads are ${names}`
  }
  const there = src.pads.find(({ name }) => name === srcPad)
  if (there?.peer ?? there?.ghost)
    return `the pad ${srcPad} of ${src.name} is linked already; a tee gives its stream to more`
  const pad = there ?? makePad(src, template, srcPad)
  if (linkPads(src, pad.name, sink, sinkPad)) return undefined
  return `${sink.name} has no free pad for ${pad.name} of ${src.name}`
}

const forKind = (templates: readonly PadTemplate[], sink: Element): PadTemplate | undefined => {
  const kind = kindDownstream(sink)
  if (kind === undefined) return templates[0]
  const kindOf = ({ name }: PadTemplate) => streamKindOfPad(name)
  return templates.find((one) => kindOf(one) === kind) ?? templates.find((one) => kindOf(one) === undefined)
}
