// Elements, bins and pads while a pipeline is put together.
import type { ElementFacts } from '../elements/element-facts.ts'
import type { Caps } from '../caps/caps.ts'

export interface Element {
  readonly facts: ElementFacts
  readonly name: string
  readonly automatic: boolean
  readonly at: number | undefined
  readonly props: Map<string, string>
  readonly presets: string[]
  readonly pads: Pad[]
  /** Children in the order they were added; only bins have any. */
  readonly children: Element[]
  parent: Element | undefined
  /** What a caps filter lets pass. */
  filter: Caps | undefined
  /** For each template: the number that the next pad gets. */
  readonly requested: Map<string, number>
}

export interface Pad {
  readonly owner: Element
  readonly name: string
  readonly direction: 'src' | 'sink'
  peer: Pad | undefined
  /** Pad of the bin that stands for this one outside. */
  ghost: Pad | undefined
}

export const addPad = (owner: Element, name: string, direction: 'src' | 'sink'): Pad => {
  const pad: Pad = { owner, name, direction, peer: undefined, ghost: undefined }
  owner.pads.push(pad)
  return pad
}

/**
 * Puts an element into a bin; false when the name is taken there.
 *
 * Models: GStreamer 1.22 gst/gstbin.c: gst_bin_add_func
 */
export const addToBin = (bin: Element, child: Element): boolean => {
  if (child.parent || bin.children.some(({ name }) => name === child.name)) return false
  bin.children.push(child)
  child.parent = bin
  return true
}

/**
 * The element of that name in a bin or in the bins inside; the one added last when there are several.
 *
 * Models: GStreamer 1.22 gst/gstbin.c: gst_bin_get_by_name
 */
export const findByName = (bin: Element, name: string): Element | undefined => {
  for (const child of bin.children.toReversed()) {
    if (child.name === name) return child
    const inside = findByName(child, name)
    if (inside) return inside
  }
  return undefined
}

/** The bins around an element, innermost first. */
export const ancestors = (element: Element): readonly Element[] => {
  const found: Element[] = []
  for (let bin = element.parent; bin; bin = bin.parent) found.push(bin)
  return found
}

/** An element and everything inside, in the order it was added. */
export const walk = (element: Element): readonly Element[] => [element, ...element.children.flatMap(walk)]

/** The pad's outermost ghost, or itself. */
export const outside = (pad: Pad): Pad => (pad.ghost ? outside(pad.ghost) : pad)

/** The element's pad that a bin's pad stands for. */
export const behindGhosts = (pad: Pad): Pad => {
  const inner = pad.owner.children.flatMap(({ pads }) => pads).find(({ ghost }) => ghost === pad)
  return inner ? behindGhosts(inner) : pad
}
