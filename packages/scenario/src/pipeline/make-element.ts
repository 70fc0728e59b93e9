// Elements from their nodes: factory, name, properties, presets.
import { readCaps } from '../caps/read-caps.ts'
import { elementFacts, unknownFacts, URI_ELEMENTS } from '../elements/catalogue.ts'
import type { ElementFacts } from '../elements/element-facts.ts'
import { addPad } from './graph.ts'
import type { Element } from './graph.ts'
import type { PipelineErrorKind } from './pipeline-error.ts'
import { assignedText, canonicalName, propertyHint, propertyText, unescapeText } from './property-values.ts'
import type { AssignmentNode, ElementNode, PresetNode, UriNode } from './syntax.ts'

/** Throws the error of a kind at an offset of the joined text. */
export type Refuse = (kind: PipelineErrorKind, reason: string, at: number, hint?: string) => never

export interface ElementMaker {
  element(node: ElementNode): Element
  /** An element of a bin's factory, still empty. */
  bin(factory: string, at: number, settings: readonly AssignmentNode[]): Element
  fromUri(node: UriNode, side: 'src' | 'sink'): Element
  /** The filter of a link; `at` is where its caps stand. */
  capsFilter(at: number): Element
}

/** More than any pipeline of people has, and few enough to be linked in a moment. */
const MOST_ELEMENTS = 1000

/** A maker numbers the automatic names of one line. */
export const elementMaker = (refuse: Refuse, acceptUnknown: boolean): ElementMaker => {
  const counts = new Map<string, number>()
  let made = 0

  const autoName = ({ autoName: base }: ElementFacts): string => {
    const count = counts.get(base) ?? 0
    counts.set(base, count + 1)
    return `${base}${count}`
  }

  const make = (
    facts: ElementFacts,
    at: number | undefined,
    settings: readonly (AssignmentNode | PresetNode)[],
  ): Element => {
    if (++made > MOST_ELEMENTS)
      refuse('syntax', `the pipeline has more than ${MOST_ELEMENTS} elements, of which no more are read`, at ?? 0)
    const props = new Map<string, string>()
    const presets: string[] = []
    for (const setting of settings.filter(({ kind }) => kind === 'assignment')) assign(facts, props, setting)
    const given = props.get('name')
    props.delete('name')
    for (const setting of settings)
      if (setting.kind === 'preset') {
        const notOne = 'which has no presets'
        if (!facts.presets)
          refuse('could-not-set-property', `a preset is given to "${facts.factory}", ${notOne}`, setting.at)
        presets.push(unescapeText(setting.value))
      }
    const caps = facts.factory === 'capsfilter' ? props.get('caps') : undefined
    const element: Element = {
      facts,
      name: given ?? autoName(facts),
      automatic: given === undefined,
      at,
      props,
      presets,
      pads: [],
      children: [],
      parent: undefined,
      filter: caps === undefined ? undefined : readCaps(caps),
      requested: new Map(),
    }
    for (const { name, direction, presence } of facts.pads) if (presence === 'always') addPad(element, name, direction)
    return element
  }

  const assign = (facts: ElementFacts, props: Map<string, string>, node: AssignmentNode | PresetNode): void => {
    if (node.kind === 'preset') return
    const name = canonicalName(node.name)
    const type = Object.hasOwn(facts.properties, name) ? facts.properties[name] : undefined
    const text = assignedText(node.value)
    if (type === undefined) {
      // A property of a bin's child is set when the child appears.
      if (!facts.open && !(facts.role === 'bin' && name.includes('::')))
        refuse(
          'no-such-property',
          `no property "${name}" in element "${facts.factory}"`,
          node.at,
          propertyHint(facts, name),
        )
      props.set(node.name, text)
      return
    }
    const value = propertyText(type, text)
    if (value === undefined) {
      const hint =
        typeof type === 'object' ? `${name} is one of ${Object.keys(type.enum).join(', ')}` : `${name} takes ${type}`
      return refuse(
        'could-not-set-property',
        `could not set property "${name}" in element "${facts.factory}" to "${text}"`,
        node.at,
        hint,
      )
    }
    // The name is settled when the element is made: a second one comes too late.
    if (name !== 'name' || !props.has(name)) props.set(name, value)
  }

  const known = (factory: string): ElementFacts => {
    const facts = elementFacts(factory)
    if (!facts) throw new Error(`${factory} is missing in the catalogue`)
    return facts
  }

  return {
    element: ({ factory, at, settings }) => {
      const facts = elementFacts(factory)
      if (facts) return make(facts, at, settings)
      return acceptUnknown
        ? make(unknownFacts(factory), at, settings)
        : refuse('no-such-element', `no element "${factory}"`, at)
    },
    bin: (factory, at, settings) => {
      const facts = elementFacts(factory)
      return facts?.role === 'bin' ? make(facts, at, settings) : refuse('no-such-element', `no bin "${factory}"`, at)
    },
    fromUri: ({ text, at }, side) => {
      const uri = unescapeText(text)
      const protocol = /^([A-Za-z][A-Za-z0-9+\-.]*):/.exec(uri)?.[1]?.toLowerCase() ?? ''
      const handler = Object.hasOwn(URI_ELEMENTS, protocol) ? URI_ELEMENTS[protocol] : undefined
      const factory = handler?.[side]
      const what = side === 'src' ? 'source' : 'sink'
      if (!handler || factory === undefined)
        return refuse(
          'no-such-element',
          `no ${what} element for URI "${uri}"`,
          at,
          uri.startsWith('/x-')
            ? 'a link has one caps filter: write the second one as capsfilter caps=...'
            : 'write an element with that location instead',
        )
      const element = make(known(factory), at, [])
      element.props.set(handler.property, protocol === 'data' ? uri : uri.slice(protocol.length + 3))
      return element
    },
    capsFilter: (at) => make(known('capsfilter'), at, []),
  }
}
