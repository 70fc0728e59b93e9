// Which pads two elements are linked by.
import { ANY_CAPS, intersectCaps } from '../caps/caps.ts'
import type { Caps } from '../caps/caps.ts'
import type { StreamKind } from '../elements/element-facts.ts'
import { streamKindOfElement, streamKindOfPad } from '../elements/stream-elements.ts'
import { addPad, ancestors, behindGhosts, outside } from './graph.ts'
import type { Element, Pad } from './graph.ts'
import { fitsTemplate, makePad } from './pad-names.ts'

/**
 * Links one pair of pads, chosen by name or by what is free; true when it worked.
 *
 * Models: GStreamer 1.22 gst/gstutils.c: gst_element_link_pads_full
 */
export const linkPads = (
  from: Element,
  fromPad: string | undefined,
  to: Element,
  toPad: string | undefined,
): boolean => {
  if (from === to || !commonBin(from, to)) return false
  const src = candidates(from, fromPad, 'src')
  const sink = candidates(to, toPad, 'sink', kindUpstream(from, fromPad, new Set()))
  for (const a of src) for (const b of sink) if (join(a, b)) return true
  return false
}

/** A pad that is there, or one that the element makes when it is chosen. */
interface Candidate {
  readonly owner: Element
  readonly pad?: Pad
  readonly make?: () => Pad
}

/** Free pads with static ones first; a named pad alone. Of pads made on request those for the stream's kind. */
const candidates = (
  element: Element,
  name: string | undefined,
  direction: 'src' | 'sink',
  kind?: StreamKind,
): readonly Candidate[] => {
  const free = element.pads.filter((pad) => pad.direction === direction && !pad.peer && !pad.ghost)
  const onRequest = element.facts.pads.filter((t) => t.presence === 'request' && t.direction === direction)
  if (name !== undefined) {
    const there = element.pads.find((pad) => pad.name === name)
    if (there) return free.includes(there) ? [{ owner: element, pad: there }] : []
    const template = onRequest.find((t) => fitsTemplate(t, name))
    if (template) return [{ owner: element, make: () => makePad(element, template, name) }]
    // What pads an unknown element makes is not known: it has each that a line names.
    return element.facts.role === 'unknown' ? [{ owner: element, make: () => addPad(element, name, direction) }] : []
  }
  const fitting = onRequest.filter((t) => {
    const wanted = streamKindOfPad(t.name)
    const isFree = t.name.includes('%') || !element.pads.some((pad) => pad.name === t.name)
    return isFree && wanted !== 'rtcp' && (kind === undefined || wanted === undefined || wanted === kind)
  })
  return [
    ...free.map((pad) => ({ owner: element, pad })),
    ...fitting.map((template) => ({ owner: element, make: () => makePad(element, template, undefined) })),
  ]
}

const streamKindOfCaps = (caps: Caps | undefined): StreamKind => {
  if (!caps || caps.any) return undefined
  const [type] = (caps.structures[0]?.name ?? '').split('/')
  return type === 'image' ? 'video' : type === 'video' || type === 'audio' || type === 'text' ? type : undefined
}

/** Whether an element has, or makes, a source pad to link from. */
export const hasSource = (element: Element, pad: string | undefined): boolean =>
  candidates(element, pad, 'src').length > 0

/** What kind of stream comes out of an element, as far as names tell; through elements that pass caps on. */
const kindUpstream = (element: Element, pad: string | undefined, seen: Set<Element>): StreamKind =>
  streamKindOfPad(pad ?? '') ?? kindBeyond(element, 'sink', seen)

/** What kind of stream goes into an element. */
export const kindDownstream = (element: Element): StreamKind => kindBeyond(element, 'src', new Set())

const kindBeyond = (element: Element, direction: 'src' | 'sink', seen: Set<Element>): StreamKind => {
  const kind = streamKindOfElement(element.facts.factory) ?? streamKindOfCaps(element.filter)
  if (kind !== undefined || seen.has(element) || !element.facts.proxy) return kind
  seen.add(element)
  for (const pad of element.pads) {
    const peer = pad.direction === direction ? peerInside(pad) : undefined
    const found = peer && (streamKindOfPad(peer.name) ?? kindBeyond(peer.owner, direction, seen))
    if (found !== undefined) return found
  }
  return undefined
}

const join = (a: Candidate, b: Candidate): boolean => {
  const caps = intersectCaps(capsOf(a, 'src', new Set()), capsOf(b, 'sink', new Set()))
  if (!caps) return false
  const bin = commonBin(a.owner, b.owner)
  const src = outermost(a.pad ?? a.make?.(), bin)
  const sink = outermost(b.pad ?? b.make?.(), bin)
  if (!src || !sink) return false
  src.peer = sink
  sink.peer = src
  return true
}

/** The innermost bin that holds both. */
const commonBin = (a: Element, b: Element): Element | undefined => {
  const around = new Set(ancestors(a))
  return ancestors(b).find((bin) => around.has(bin))
}

/** The pad itself, or its ghost on the outermost bin below `bin`; ghosts are made on the way. */
const outermost = (pad: Pad | undefined, bin: Element | undefined): Pad | undefined => {
  let at = pad
  while (at?.owner.parent && at.owner.parent !== bin) {
    at.ghost ??= addPad(at.owner.parent, 'ghost', at.direction)
    at = at.ghost
  }
  return at
}

/** What may pass a pad: a caps filter's caps, and for elements that pass caps on what their neighbours allow. */
const capsOf = (candidate: Candidate, direction: 'src' | 'sink', seen: Set<Element>): Caps => {
  const { owner } = candidate
  if (seen.has(owner) || !owner.facts.proxy) return ANY_CAPS
  seen.add(owner)
  const other = direction === 'src' ? 'sink' : 'src'
  let caps: Caps = owner.filter ?? ANY_CAPS
  for (const pad of owner.pads) {
    const peer = pad.direction === other ? peerInside(pad) : undefined
    const theirs = peer && capsOf({ owner: peer.owner, pad: peer }, direction, seen)
    caps = (theirs && intersectCaps(caps, theirs)) ?? caps
  }
  return caps
}

/** The pad of an element at the other end of a link, through ghost pads on both sides. */
const peerInside = (pad: Pad): Pad | undefined => {
  const { peer } = outside(pad)
  return peer && behindGhosts(peer)
}
