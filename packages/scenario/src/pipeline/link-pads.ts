// Which pads two elements are linked by.
import { ANY_CAPS, intersectCaps } from '../caps/caps.ts'
import type { Caps } from '../caps/caps.ts'
import type { PadTemplate } from '../elements/element-facts.ts'
import { addPad, ancestors, behindGhosts, outside } from './graph.ts'
import type { Element, Pad } from './graph.ts'

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
  const sink = candidates(to, toPad, 'sink')
  for (const a of src) for (const b of sink) if (join(a, b)) return true
  return false
}

/** A pad that is there, or one that the element makes when it is chosen. */
interface Candidate {
  readonly owner: Element
  readonly pad?: Pad
  readonly make?: () => Pad
}

/** Free pads with static ones first; a named pad alone. */
const candidates = (element: Element, name: string | undefined, direction: 'src' | 'sink'): readonly Candidate[] => {
  const free = element.pads.filter((pad) => pad.direction === direction && !pad.peer && !pad.ghost)
  if (name !== undefined) {
    const there = element.pads.find((pad) => pad.name === name)
    if (there) return free.includes(there) ? [{ owner: element, pad: there }] : []
    const template = element.facts.pads.find(
      (t) => t.presence === 'request' && t.direction === direction && fits(t, name),
    )
    return template ? [{ owner: element, make: () => requestPad(element, template, name) }] : []
  }
  const onRequest = element.facts.pads.filter((t) => t.presence === 'request' && t.direction === direction)
  return [
    ...free.map((pad) => ({ owner: element, pad })),
    ...onRequest.map((template) => ({ owner: element, make: () => requestPad(element, template, undefined) })),
  ]
}

const fits = (template: PadTemplate, name: string): boolean => {
  const [head = '', tail] = template.name.split('%')
  if (tail === undefined || name === template.name) return name === template.name
  return name.startsWith(head) && (tail === 's' ? name.length > head.length : /^\d+$/.test(name.slice(head.length)))
}

/**
 * Names count up; a pad asked for by number moves the count past it.
 *
 * Models: GStreamer 1.22 plugins/elements/gsttee.c: gst_tee_request_new_pad
 */
const requestPad = (element: Element, template: PadTemplate, name: string | undefined): Pad => {
  const number = name === undefined || name === template.name ? undefined : Number(/\d+$/.exec(name)?.[0])
  const taken = new Set(element.pads.map((pad) => pad.name))
  const make = element.facts.requestName ?? template.name
  let index = number ?? element.requested
  while (number === undefined && taken.has(make.replace('%u', String(index)))) index++
  element.requested = Math.max(element.requested, index + 1)
  return addPad(element, number === undefined ? make.replace('%u', String(index)) : (name ?? ''), template.direction)
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
