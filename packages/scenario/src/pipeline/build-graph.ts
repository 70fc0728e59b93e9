// From nodes to a linked graph, in the order in which GStreamer's parser acts: the first thing that fails is the error it reports.
import { printCaps } from '../caps/caps.ts'
import type { Caps } from '../caps/caps.ts'
import { readCaps } from '../caps/read-caps.ts'
import { elementFacts } from '../elements/catalogue.ts'
import { addToBin, findByName } from './graph.ts'
import type { Element } from './graph.ts'
import { mayWait, padAppears } from './delayed-links.ts'
import type { DelayedLink } from './delayed-links.ts'
import { hasSource, linkPads } from './link-pads.ts'
import { elementMaker } from './make-element.ts'
import type { Refuse } from './make-element.ts'
import type {
  BinNode,
  ChainNode,
  ElementNode,
  GraphNode,
  LinkNode,
  Pads,
  ReferenceNode,
  UnexpectedNode,
  UriNode,
} from './syntax.ts'

export interface Graph {
  /** Holds what stands at the top. */
  readonly root: Element
  readonly warnings: readonly string[]
  /** Links that are never made, whatever the stream holds. */
  readonly lost: readonly { readonly why: string; readonly at: number }[]
}

/** One end of a link: an element, or a name that is looked up when all elements exist. */
interface End {
  readonly element?: Element
  readonly name?: string
  readonly pads: readonly string[]
  readonly at: number
}

interface Chain {
  readonly first: End
  readonly last: End
  readonly elements: readonly Element[]
}

interface Link {
  readonly src: End
  readonly sink: End
  readonly caps: Caps | undefined
  readonly capsAt: number
  readonly all: boolean
  readonly at: number
}

/** Models: GStreamer 1.22 gst/parse/grammar.y: priv_gst_parse_launch and the actions of its rules */
export const buildGraph = (graph: GraphNode, refuse: Refuse, acceptUnknown: boolean): Graph => {
  const maker = elementMaker(refuse, acceptUnknown)
  const links: Link[] = []
  const warnings: string[] = []

  const unexpected = ({ at, expected }: UnexpectedNode): never =>
    refuse('syntax', `syntax error: expected ${expected}`, at)

  const padNames = (pads: Pads): readonly string[] =>
    pads.map((pad) => (typeof pad === 'string' ? pad : unexpected(pad)))

  const elementary = (node: ElementNode | BinNode): Chain => {
    const chain = node.kind === 'bin' ? bin(node) : single(maker.element(node), node.at)
    return { ...chain, last: { ...chain.last, pads: [...chain.last.pads, ...padNames(node.pads)] } }
  }

  const reference = ({ name, pads, at }: ReferenceNode): End => ({ name, pads: padNames(pads), at })

  const bin = (node: BinNode): Chain => {
    const inside = node.chains.map(chain)
    if (node.bad) unexpected(node.bad)
    if (inside.length === 0) refuse('empty-bin', `the bin "${node.factory}" is empty`, node.at)
    const made = maker.bin(node.factory, node.at, node.settings)
    fill(
      made,
      inside.flatMap(({ elements }) => elements),
    )
    const [first, last] = [inside[0]?.first, inside.at(-1)?.last]
    return { first: first ?? nothing(node.at), last: last ?? nothing(node.at), elements: [made] }
  }

  const fill = (into: Element, elements: readonly Element[]): void => {
    for (const element of elements)
      if (!addToBin(into, element)) warnings.push(`a second element named "${element.name}" is left out`)
  }

  const chain = ({ head, steps }: ChainNode): Chain => {
    const start = chainHead(head)
    const { first } = start
    let { last } = start
    const elements = [...start.elements]
    for (const { link, pads, to } of steps) {
      const caps = linkCaps(link)
      const before = padNames(pads)
      if (to.kind === 'unexpected') return unexpected(to)
      const next = sinkOf(to)
      connect({
        src: last,
        sink: { ...next.first, pads: [...before, ...next.first.pads] },
        caps,
        capsAt: link.capsAt,
        all: link.all,
        at: link.at,
      })
      last = next.last
      elements.push(...next.elements)
    }
    if (last.name !== undefined)
      refuse('syntax', `unexpected reference "${last.name}": nothing is linked to it`, last.at)
    if (last.pads.length > 0)
      refuse('syntax', `unexpected pad reference "${last.pads[0]}": nothing is linked to it`, last.at)
    return { first, last, elements }
  }

  const chainHead = (node: ElementNode | BinNode | ReferenceNode | UriNode): Chain => {
    if (node.kind === 'reference') return { first: nothing(node.at), last: reference(node), elements: [] }
    if (node.kind === 'uri') return { ...single(maker.fromUri(node, 'src'), node.at), first: nothing(node.at) }
    return elementary(node)
  }

  /** What a link ends in; after a reference or a URI the chain is closed. */
  const sinkOf = (node: ElementNode | BinNode | ReferenceNode | UriNode): Chain => {
    if (node.kind === 'reference') return { first: reference(node), last: nothing(node.at), elements: [] }
    if (node.kind === 'uri') return { ...single(maker.fromUri(node, 'sink'), node.at), last: nothing(node.at) }
    return elementary(node)
  }

  const linkCaps = ({ caps: text, at }: LinkNode): Caps | undefined => {
    const trimmed = text?.replace(/[ \t\n\v\f\r]+$/, '')
    if (trimmed === undefined) return undefined
    return readCaps(trimmed) ?? refuse('link', `could not parse caps "${trimmed}"`, at)
  }

  const connect = (link: Link): void => {
    if (!exists(link.src)) refuse('link', 'the link has no source', link.at)
    if (!exists(link.sink)) refuse('link', 'the link has no sink', link.at)
    links.push(link)
  }

  const chains = graph.chains.map(chain)
  if (graph.bad) unexpected(graph.bad)
  if (chains.length === 0) refuse('empty', 'the pipeline is empty', 0)
  const elements = chains.flatMap((made) => made.elements)
  const [only] = elements
  const root = elements.length === 1 && only?.facts.factory === 'pipeline' ? only : rootBin()
  if (root !== only) fill(root, elements)

  const resolve = ({ element, name, at }: End, side: 'source' | 'sink'): Element =>
    element ?? findByName(root, name ?? '') ?? refuse('no-such-element', `no ${side} element is named "${name}"`, at)

  const delayed: DelayedLink[] = []
  for (const link of links) {
    const src = resolve(link.src, 'source')
    const sink = resolve(link.sink, 'sink')
    if (performLink(src, sink, link, () => maker.capsFilter(link.capsAt), delayed)) continue
    const filter = link.caps ? ` with caps ${printCaps(link.caps)}` : ''
    refuse('link', `could not link ${src.name} to ${sink.name}${filter}`, link.at)
  }
  const lost = delayed.flatMap((link) => {
    const why = padAppears(link)
    return why === undefined ? [] : [{ why, at: link.at }]
  })
  return { root, warnings, lost }
}

const nothing = (at: number): End => ({ pads: [], at })
const exists = ({ element, name }: End): boolean => element !== undefined || name !== undefined
const single = (element: Element, at: number): Chain => ({
  first: { element, pads: [], at },
  last: { element, pads: [], at },
  elements: [element],
})

const rootBin = (): Element => {
  const facts = elementFacts('pipeline')
  if (!facts) throw new Error('pipeline is missing in the catalogue')
  const none = { automatic: true, at: undefined, parent: undefined, filter: undefined }
  return { ...none, facts, name: '', props: new Map(), presets: [], pads: [], children: [], requested: new Map() }
}

/** A link of all pads stops here at the latest: two elements that make pads on request never run out. */
const MOST_PADS = 64

/**
 * Links now, or notes the link for when a pad appears; false when neither is possible.
 *
 * Models: GStreamer 1.22 gst/parse/grammar.y: gst_parse_perform_link
 */
const performLink = (
  src: Element,
  sink: Element,
  { src: { pads: srcs, at }, sink: { pads: sinks }, caps, all }: Link,
  makeFilter: () => Element,
  delayed: DelayedLink[],
): boolean => {
  const now = (srcPad: string | undefined, sinkPad: string | undefined): boolean =>
    caps ? linkFiltered(src, srcPad, sink, sinkPad, caps, makeFilter) : linkPads(src, srcPad, sink, sinkPad)
  const later = (srcPad: string | undefined, sinkPad: string | undefined): boolean => {
    if (!mayWait(src)) return false
    const filter = caps && placeFilter(src, caps, makeFilter)
    if (filter) linkPads(filter, 'src', sink, sinkPad)
    delayed.push({ src, srcPad, sink: filter ?? sink, sinkPad: filter ? 'sink' : sinkPad, at })
    return true
  }
  if (srcs.length === 0 || sinks.length === 0) {
    const found = now(srcs[0], sinks[0])
    for (let more = found && all, n = 1; more && n < MOST_PADS; n++) more = now(srcs[0], sinks[0])
    return found || later(srcs[0], sinks[0]) || all
  }
  return srcs.length === sinks.length && srcs.every((pad, i) => now(pad, sinks[i]) || later(pad, sinks[i]))
}

/** A caps filter goes into the bin of the source. Models: GStreamer 1.22 gst/gstutils.c: gst_element_link_pads_filtered */
const linkFiltered = (
  src: Element,
  srcPad: string | undefined,
  sink: Element,
  sinkPad: string | undefined,
  caps: Caps,
  makeFilter: () => Element,
): boolean => {
  if (src === sink || !hasSource(src, srcPad)) return false
  const filter = placeFilter(src, caps, makeFilter)
  if (!filter) return false
  if (linkPads(src, srcPad, filter, 'sink') && linkPads(filter, 'src', sink, sinkPad)) return true
  for (const pad of filter.pads) if (pad.peer) pad.peer.peer = undefined
  const siblings = filter.parent?.children ?? []
  siblings.splice(siblings.indexOf(filter), 1)
  return false
}

const placeFilter = ({ parent }: Element, caps: Caps, makeFilter: () => Element): Element | undefined => {
  if (!parent) return undefined
  const filter = makeFilter()
  filter.filter = caps
  filter.props.set('caps', printCaps(caps))
  return addToBin(parent, filter) ? filter : undefined
}
