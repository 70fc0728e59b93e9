// Links that carry the same pictures: those between elements that pass buffers on unchanged.
import type { BoundElement, StatedFact } from '@dmalab/api'
import { readCaps } from '../caps/read-caps.ts'
import type { Caps, CapsStructure, CapsValue } from '../caps/caps.ts'
import { formatNamed } from '../formats/pixel-formats.ts'
import type { Pipeline, PipelineLink } from '../pipeline/pipeline.ts'
import type { Field } from './element-rules.ts'

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

/** The value of a field on a segment; null where nothing says anything. */
export type FactFinder = (segment: Segment, field: Field) => StatedFact<string> | null

/** By the name of an element: which structure of its caps holds. */
export type Chosen = ReadonlyMap<string, number>

/**
 * Groups the links of a pipeline's flow, and what their caps filters say. The first structure of caps holds where none is chosen:
 * GStreamer prefers it.
 */
export const segmentsOf = (
  { flow, elements: parsed }: Pipeline,
  elements: readonly BoundElement[],
  chosen: Chosen = new Map(),
): Segments => {
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
      ...statementsOf([...new Set([...inside(0), ...inside(2)])], places, chosen),
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
  chosen: Chosen,
): Pick<Segment, 'stated' | 'features'> => {
  const stated = new Map<string, Statement[]>()
  const features: { name: string; at: number }[] = []
  for (const element of elements.toSorted((a, b) => (places.get(a.name) ?? 0) - (places.get(b.name) ?? 0))) {
    const structure = structuresOf(element)[chosen.get(element.name) ?? 0]
    if (!structure) continue
    const at = places.get(element.name) ?? 0
    const by = element.factory === 'capsfilter' ? `caps filter ${element.name}` : `caps of ${element.name}`
    const media: CapsValue = { kind: 'one', type: 'string', text: structure.name }
    for (const [name, value] of [['media', media] as const, ...plainFields(structure)])
      stated.set(name, [...(stated.get(name) ?? []), { value, by, at }])
    for (const name of structure.features ?? []) features.push({ name, at })
  }
  return { stated, features }
}

const capsOf = ({ factory, props }: BoundElement): Caps | undefined => {
  const text = factory === 'capsfilter' || factory === 'appsrc' ? props['caps'] : undefined
  return text === undefined ? undefined : readCaps(text)
}

/**
 * `format=DMA_DRM,drm-format=NV12:0x0`: the format by its DRM code; without a modifier, or with that of lines, it is GStreamer's own.
 *
 * Models: GStreamer 1.24 gst-libs/gst/video/video-info-dma.c: gst_video_dma_drm_fourcc_from_string
 */
const plainFields = ({ fields }: CapsStructure): CapsStructure['fields'] => {
  const text = (name: string): string | undefined => {
    const value = fields.find(([field]) => field === name)?.[1]
    return value?.kind === 'one' ? value.text : undefined
  }
  const code = text('drm-format')
  if (text('format') !== 'DMA_DRM' || code === undefined) return fields
  const [fourcc = '', modifier = '0x0'] = code.split(':')
  const known = Number(modifier) === 0 ? formatNamed(fourcc) : undefined
  const value: CapsValue = { kind: 'one', type: 'string', text: known?.name ?? code }
  return fields.map(([name, given]) => [name, name === 'format' ? value : given])
}

/** A caps filter that lets nothing but dma-bufs pass. */
export const asksForDmaBufs = (element: BoundElement): boolean => {
  const structures = structuresOf(element)
  return structures.length > 0 && structures.every(({ features = [] }) => features.includes('memory:DMABuf'))
}

/** Sound and packets have no pictures. */
const structuresOf = (element: BoundElement): readonly CapsStructure[] => {
  const caps = capsOf(element)
  return caps === undefined || caps.any ? [] : caps.structures.filter(({ name }) => /^(video|image)\//.test(name))
}

/** Ways to choose that are tried. */
const MOST_CHOICES = 64

/** Every choice among the structures of the line's caps, the preferred one first. */
export const choicesOf = (elements: readonly BoundElement[]): readonly Chosen[] => {
  let all: readonly Chosen[] = [new Map()]
  for (const element of elements) {
    const { length } = structuresOf(element)
    if (length < 2) continue
    all = all.flatMap((chosen) => Array.from({ length }, (_, at): Chosen => new Map([...chosen, [element.name, at]])))
    if (all.length > MOST_CHOICES) return all.slice(0, MOST_CHOICES)
  }
  return all
}
