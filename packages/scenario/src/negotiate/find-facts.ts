// Where each fact of a picture comes from: the user, the line, the element before, or a default.
import type { BoundElement, StatedFact } from '@dmalab/api'
import { intersectValues, numberOf } from '../caps/caps.ts'
import type { CapsValue } from '../caps/caps.ts'
import { formatNamed } from '../formats/pixel-formats.ts'
import { PipelineError } from '../pipeline/pipeline-error.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { FIELDS, follows, keeps, sourceDefault } from './element-rules.ts'
import type { Field } from './element-rules.ts'
import { isMixer, mixedSize } from './mixer-size.ts'
import type { FactFinder, Segment, Segments, Statement } from './segments.ts'
import type { PictureWishes } from './told.ts'

const DEFAULTS: Readonly<Record<Field, string | undefined>> = {
  width: '1920',
  height: '1080',
  framerate: undefined,
  format: 'NV12',
}

/** Segments that have one value of a field, because what lies between them keeps it. */
type Group = readonly Segment[]

/** Each fact is found once. @throws PipelineError where two places of the line cannot both be so */
export const factFinder = (pipeline: Pipeline, segments: Segments, wishes: PictureWishes): FactFinder => {
  const { all } = segments
  const before = new Map(all.flatMap((segment) => segment.users.map((user) => [user, segment] as const)))
  const after = new Map<BoundElement, Segment[]>()
  for (const segment of all)
    for (const maker of segment.makers) after.set(maker, [...(after.get(maker) ?? []), segment])
  const groups = new Map(FIELDS.map((field) => [field, groupsOf(all, field, before, after)]))
  const found = new Map<Group, StatedFact<string> | null>()

  const wished = (group: Group, field: Field): StatedFact<string> | undefined => {
    const isRoot = group.some(({ makers }) => makers.length === 0 || makers.some((one) => !follows(one, field)))
    if (!isRoot || field === 'framerate') return undefined
    if (field !== 'format') return wishes.size && { value: String(wishes.size[field]), by: '--size' }
    const { format } = wishes
    return format === undefined ? undefined : { value: formatNamed(format)?.name ?? format, by: '--format' }
  }

  const stated = (group: Group, field: Field): { value: CapsValue; by: string } | undefined => {
    const statements = group.flatMap((segment) => segment.stated.get(field) ?? []).toSorted((a, b) => a.at - b.at)
    let both: CapsValue | undefined
    for (const [i, { value, at }] of statements.entries()) {
      const next = both ? intersectValues(both, value) : value
      if (!next) return contradiction(pipeline, field, statements.slice(0, i), at)
      both = next
    }
    return both && { value: both, by: [...new Set(statements.map(({ by }) => by))].join(', ') }
  }

  const find: FactFinder = (segment, field) => {
    const group = groups.get(field)?.get(segment) ?? [segment]
    const known = found.get(group)
    if (known !== undefined) return known
    // A way that comes back to where it began says nothing.
    found.set(group, null)
    const fact = wished(group, field) ?? decide(group, field)
    found.set(group, fact)
    return fact
  }

  const decide = (group: Group, field: Field): StatedFact<string> | null => {
    const said = stated(group, field)
    if (said?.value.kind === 'one') return { value: said.value.text, by: said.by }
    const left = fallback(group, field)
    return said ? { value: nearest(said.value, left?.value), by: said.by } : left
  }

  /** Where nothing is said: as it went in, or as the next converter wants it, or the source's default. */
  const fallback = (group: Group, field: Field): StatedFact<string> | null => {
    const makers = group.flatMap((segment) => segment.makers)
    for (const maker of makers) {
      if (isMixer(maker) && (field === 'width' || field === 'height')) {
        const mixed = mixedSize(maker, field, pipeline, segments, find)
        if (mixed) return mixed
      }
      const input = follows(maker, field) ? before.get(maker) : undefined
      const fact = input && find(input, field)
      if (fact) return fact
    }
    for (const user of group.flatMap((segment) => segment.users)) {
      if (user.device !== null || user.role !== 'converter') continue
      const output = (after.get(user) ?? []).find((one) => one.stated.has(field))
      const fixed = output && stated([output], field)
      if (fixed?.value.kind === 'one') return { value: fixed.value.text, by: `${fixed.by} behind ${user.name}` }
    }
    for (const maker of makers) {
      const value = sourceDefault(maker, field)
      if (value !== undefined) return { value, by: `default of ${maker.factory}` }
    }
    const value = DEFAULTS[field]
    return value === undefined ? null : { value, by: 'driver default' }
  }

  return find
}

const groupsOf = (
  all: readonly Segment[],
  field: Field,
  before: ReadonlyMap<BoundElement, Segment>,
  after: ReadonlyMap<BoundElement, readonly Segment[]>,
): ReadonlyMap<Segment, Group> => {
  const groups = new Map<Segment, Segment[]>()
  for (const start of all) {
    if (groups.has(start)) continue
    const group = [start]
    groups.set(start, group)
    for (const { makers, users } of group) {
      const inputs = makers.filter((one) => keeps(one, field)).flatMap((one) => before.get(one) ?? [])
      const outputs = users.filter((one) => keeps(one, field)).flatMap((one) => after.get(one) ?? [])
      for (const next of [...inputs, ...outputs])
        if (!groups.has(next)) {
          groups.set(next, group)
          group.push(next)
        }
    }
  }
  return groups
}

/** Two places of the line that cannot both be so. */
export const contradiction = (
  { text }: Pipeline,
  field: Field | 'media',
  before: readonly Statement[],
  at: number,
): never => {
  const first = before.at(-1)
  throw new PipelineError(
    'link',
    `${field === 'media' ? 'the media type' : field} cannot be what is asked for here: ${first?.by ?? 'an element before'} asks for another, and nothing between them changes it`,
    text,
    at,
    'put a converter between them, or leave one out',
  )
}

/** The value nearest to the one that would be there without it. */
const nearest = (value: CapsValue, wanted: string | undefined): string => {
  if (value.kind === 'one') return value.text
  if (value.kind === 'range') {
    const [low = '0', high = '0'] = value.bounds
    if (wanted === undefined || numberOf(wanted) < numberOf(low)) return low
    return numberOf(wanted) > numberOf(high) ? high : wanted
  }
  const items = value.items.map((item) => nearest(item, wanted))
  return items.find((item) => item === wanted) ?? items[0] ?? ''
}
