// Links that carry the same pictures: those between elements that pass buffers on unchanged.
import type { BoundElement } from '@dmalab/api'
import { readCaps } from '../caps/read-caps.ts'
import type { Caps, CapsStructure, CapsValue } from '../caps/caps.ts'
import type { Pipeline, PipelineLink } from '../pipeline/pipeline.ts'

/** User-space roles that hand on the buffers they get. */
const PASSES = new Set(['queue', 'tee', 'filter', 'unknown'])
export const passesOn = ({ device, role }: BoundElement): boolean => device === null && PASSES.has(role)

/** What a line says of the pictures of a segment. */
export interface Statement {
  readonly value: CapsValue
  readonly by: string
  /** Offset in the line. */
  readonly at: number
}

export interface Segment {
  /** Elements that make the pictures; those between that pass them on are left out. */
  readonly makers: readonly BoundElement[]
  readonly users: readonly BoundElement[]
  /** Statements by field: `width`, `format` ... and `media` for the media type. */
  readonly stated: ReadonlyMap<string, readonly Statement[]>
  readonly features: readonly { readonly name: string; readonly at: number }[]
}

export interface Segments {
  readonly all: readonly Segment[]
  /** The segment of each link of the flow, by the link's place. */
  readonly ofLink: readonly Segment[]
}

/** Groups the links of a pipeline's flow, and what their caps filters say. */
export const segmentsOf = ({ flow, elements: parsed }: Pipeline, elements: readonly BoundElement[]): Segments => {
  const byName = new Map(elements.map((element) => [element.name, element]))
  const parents = flow.map((_, at) => at)
  const root = (at: number): number => {
    let top = at
    while (parents[top] !== top) top = parents[top] ?? top
    return top
  }
  const firstAt = new Map<string, number>()
  for (const [at, [source, , sink]] of flow.entries())
    for (const name of [source, sink]) {
      const element = byName.get(name)
      if (!element || !passesOn(element)) continue
      const first = firstAt.get(name)
      if (first === undefined) firstAt.set(name, at)
      else parents[root(at)] = root(first)
    }
  const places = new Map(parsed.map(({ name, at = 0 }) => [name, at]))
  const made = new Map<number, Segment>()
  const links = new Map<number, PipelineLink[]>()
  for (const [at, link] of flow.entries()) links.set(root(at), [...(links.get(root(at)) ?? []), link])
  for (const [at, group] of links) {
    const inside = (side: 0 | 2): readonly BoundElement[] =>
      [...new Set(group.map((link) => link[side]))].flatMap((name) => byName.get(name) ?? [])
    made.set(at, {
      makers: inside(0).filter((element) => !passesOn(element)),
      users: inside(2).filter((element) => !passesOn(element)),
      ...statementsOf([...new Set([...inside(0), ...inside(2)])], places),
    })
  }
  const ofLink = flow.map((_, at) => made.get(root(at)) ?? NO_SEGMENT)
  return { all: [...made.values()], ofLink }
}

const NO_SEGMENT: Segment = { makers: [], users: [], stated: new Map(), features: [] }

/** What the caps filters of a segment say, in the order of the line. */
const statementsOf = (
  elements: readonly BoundElement[],
  places: ReadonlyMap<string, number>,
): Pick<Segment, 'stated' | 'features'> => {
  const stated = new Map<string, Statement[]>()
  const features: { name: string; at: number }[] = []
  for (const element of elements.toSorted((a, b) => (places.get(a.name) ?? 0) - (places.get(b.name) ?? 0))) {
    const structure = firstStructure(capsOf(element))
    if (!structure) continue
    const at = places.get(element.name) ?? 0
    const by = element.factory === 'capsfilter' ? `caps filter ${element.name}` : `caps of ${element.name}`
    const media: CapsValue = { kind: 'one', type: 'string', text: structure.name }
    for (const [name, value] of [['media', media] as const, ...structure.fields])
      stated.set(name, [...(stated.get(name) ?? []), { value, by, at }])
    for (const name of structure.features ?? []) features.push({ name, at })
  }
  return { stated, features }
}

const capsOf = ({ factory, props }: BoundElement): Caps | undefined => {
  const text = factory === 'capsfilter' || factory === 'appsrc' ? props['caps'] : undefined
  return text === undefined ? undefined : readCaps(text)
}

/** GStreamer prefers the first; sound and packets have no pictures. */
const firstStructure = (caps: Caps | undefined): CapsStructure | undefined =>
  caps === undefined || caps.any ? undefined : caps.structures.find(({ name }) => /^(video|image)\//.test(name))
