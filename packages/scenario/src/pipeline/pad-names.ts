// Names of pads that an element makes, from the template of the pad: `src_%u`, `video_%01x_%05x`.
import { addPad } from './graph.ts'
import type { Element, Pad } from './graph.ts'
import type { PadTemplate } from '../elements/element-facts.ts'

const DIRECTIVE = /%0?\d*[uxds]/g

/** Whether a pad of that name can come of a template. */
export const fitsTemplate = ({ name: template }: PadTemplate, name: string): boolean => {
  if (name === template) return true
  let at = 0
  const pieces: string[] = []
  for (const found of template.matchAll(DIRECTIVE)) {
    pieces.push(template.slice(at, found.index), KINDS[found[0].slice(-1)] ?? '\\d+')
    at = found.index + found[0].length
  }
  return at > 0 && new RegExp(`^${pieces.join('')}${template.slice(at)}$`).test(name)
}

const KINDS: Readonly<Record<string, string>> = { s: '.+', x: '[0-9a-f]+' }

/** The last number of a template counts up; those before it are 0. */
const numbered = (template: string, index: number): string => {
  const directives = template.match(DIRECTIVE)?.length ?? 0
  let seen = 0
  return template.replace(DIRECTIVE, (directive) => {
    const digits = String(++seen === directives ? index : 0)
    return digits.padStart(Number(/^%0(\d+)/.exec(directive)?.[1] ?? 0), '0')
  })
}

/**
 * Makes a pad: names count up, and a pad asked for by number moves the count past it.
 *
 * Models: GStreamer 1.22 plugins/elements/gsttee.c: gst_tee_request_new_pad
 */
export const makePad = (element: Element, template: PadTemplate, name: string | undefined): Pad => {
  const asked = name === undefined || name === template.name ? undefined : Number(/\d+$/.exec(name)?.[0])
  const count = element.requested.get(template.name) ?? 0
  const taken = new Set(element.pads.map((pad) => pad.name))
  const make = element.facts.requestName ?? template.name
  let index = asked ?? count
  while (asked === undefined && make.includes('%') && taken.has(numbered(make, index))) index++
  element.requested.set(template.name, Math.max(count, Number.isNaN(index) ? 0 : index + 1))
  return addPad(element, asked === undefined ? numbered(make, index) : (name ?? ''), template.direction)
}
