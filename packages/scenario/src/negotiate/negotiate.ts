// Size, pixel format and rate of the pictures on each link: what the line states, what elements keep, and what is left to defaults.
import { CODED_PICTURE, InputError, nearNames } from '@dmalab/api'
import type { Assumption, BoundElement, Ignored, LinkPicture, Machine, Picture, StatedFact } from '@dmalab/api'
import { intersectValues } from '../caps/caps.ts'
import { fourccOf, layoutOf } from '../formats/picture-layout.ts'
import { formatNames, pixelFormat, streamCode } from '../formats/pixel-formats.ts'
import { PipelineError } from '../pipeline/pipeline-error.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { Field } from './element-rules.ts'
import { contradiction, factFinder } from './find-facts.ts'
import { isCoded, layoutRules, mediaOf } from './segment-media.ts'
import { choicesOf, segmentsOf } from './segments.ts'
import type { Chosen, FactFinder, Segment } from './segments.ts'
import { assumedOf, framesOf, ignoredFields, overridden } from './told.ts'
import type { PictureWishes } from './told.ts'

export interface Negotiated {
  readonly pictures: readonly LinkPicture[]
  readonly pictureOf: (from: string, to: string) => Picture
  readonly frames: StatedFact<number> | null
  readonly assumptions: readonly Assumption[]
  readonly ignored: readonly Ignored[]
  /** What of the line the wishes took the place of. */
  readonly notes: readonly string[]
}

/**
 * The first choice among the alternatives of the line's caps that fits.
 * @throws PipelineError where two places of the line cannot both be so, whatever is chosen
 */
export const negotiate = (
  pipeline: Pipeline,
  elements: readonly BoundElement[],
  machine: Machine,
  wishes: PictureWishes,
): Negotiated => {
  let failure: unknown
  for (const chosen of choicesOf(elements))
    try {
      const found = negotiateChosen(pipeline, elements, machine, wishes, chosen)
      return { ...found, notes: [...found.notes, ...chosenNotes(chosen)] }
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      failure ??= error
    }
  throw failure
}

/** What holds where it is not what the line would rather have. */
const chosenNotes = (chosen: Chosen): readonly string[] =>
  [...chosen].flatMap(([name, at]) =>
    at === 0 ? [] : [`caps of ${name}: of its alternatives, number ${at + 1} is the first that fits the line`],
  )

/** @throws PipelineError where two places of the line cannot both be so */
const negotiateChosen = (
  pipeline: Pipeline,
  elements: readonly BoundElement[],
  machine: Machine,
  wishes: PictureWishes,
  chosen: Chosen,
): Negotiated => {
  const segments = segmentsOf(pipeline, elements, chosen)
  const facts = factFinder(pipeline, segments, wishes)
  const pictures = new Map<Segment, Picture>()
  for (const segment of segments.all) {
    checkMedia(pipeline, segment)
    checkMemory(pipeline, segment)
    pictures.set(segment, pictureOn(pipeline, segment, facts, machine))
  }
  const links = pipeline.flow.flatMap(([from, , to], at): readonly LinkPicture[] => {
    const segment = segments.ofLink[at]
    const picture = segment && pictures.get(segment)
    return picture ? [{ from, to, ...picture }] : []
  })
  const byEnds = new Map(links.map((link) => [`${link.from} ${link.to}`, link]))
  return {
    pictures: links,
    pictureOf: (from, to) => {
      const found = byEnds.get(`${from} ${to}`)
      if (!found) throw new Error(`no link goes from ${from} to ${to}`)
      const { from: _from, to: _to, ...picture } = found
      return picture
    },
    frames: framesOf(elements, wishes),
    assumptions: segments.all.flatMap((segment) => assumedOf(segment, pictures.get(segment))),
    ignored: segments.all.flatMap(ignoredFields),
    notes: overridden(segments, wishes, elements),
  }
}

const pictureOn = (pipeline: Pipeline, segment: Segment, facts: FactFinder, machine: Machine): Picture => {
  const media = mediaOf(segment)
  const of = (field: Field): StatedFact<string> => facts(segment, field) ?? { value: '0', by: 'driver default' }
  const number = (field: 'width' | 'height'): StatedFact<number> => {
    const { value, by } = of(field)
    const pixels = Number(value)
    if (pixels >= 1 && pixels <= MOST_PIXELS) return { value: pixels, by }
    const at = segment.stated.get(field)?.[0]?.at ?? 0
    throw new PipelineError(
      'link',
      `${field}=${value}: a picture has 1 to ${MOST_PIXELS} pixels each way`,
      pipeline.text,
      at,
    )
  }
  const [width, height] = [number('width'), number('height')]
  const shared = {
    media,
    width,
    height,
    framerate: facts(segment, 'framerate'),
    features: [...new Set(segment.features.map(({ name }) => name))],
  }
  if (isCoded(media)) return { ...shared, format: null, fourcc: streamCode(media), planes: [CODED_PICTURE] }
  const format = of('format')
  const known = pixelFormat(format.value)
  if (!known) {
    const [near] = nearNames(format.value, formatNames(), 2)
    const hint = near === undefined ? `it knows ${formatNames().join(', ')}` : `did you mean ${near}?`
    if (format.by === '--format')
      throw new InputError(`--format ${format.value} is not a pixel format that dmalab knows`, {}, hint)
    const at = segment.stated.get('format')?.[0]?.at ?? 0
    throw new PipelineError(
      'link',
      `format=${format.value} is not a pixel format that dmalab knows`,
      pipeline.text,
      at,
      hint,
    )
  }
  // Each buffer has one field: half the lines.
  const alternate = (segment.stated.get('interlace-mode') ?? []).some(
    ({ value }) => value.kind === 'one' && value.text === 'alternate',
  )
  const lines = alternate ? Math.ceil(height.value / 2) : height.value
  const planes = layoutOf(known, width.value, lines, layoutRules(segment, machine))
  return { ...shared, format, fourcc: fourccOf(known, planes.length), planes }
}

const MOST_PIXELS = 16384

/** A decoder takes coded pictures and gives others; the line must not ask for the opposite. */
const checkMedia = (pipeline: Pipeline, segment: Segment): void => {
  const statements = segment.stated.get('media') ?? []
  for (const [i, one] of statements.entries()) {
    const other = statements[i - 1]
    if (other && !intersectValues(other.value, one.value)) contradiction(pipeline, 'media', [other], one.at)
  }
  const [asked] = statements
  if (asked?.value.kind !== 'one') return
  const coded = isCoded(asked.value.text)
  const maker = segment.makers.find(
    ({ role, device }) => device !== null && (coded ? role === 'decoder' : role === 'encoder'),
  )
  const user = segment.users.find(
    ({ role, device }) => device !== null && (coded ? role === 'encoder' : role === 'decoder'),
  )
  const wrong = maker ?? user
  if (!wrong) return
  throw new PipelineError(
    'link',
    `${wrong.name} ${maker ? 'gives' : 'takes'} ${coded ? 'pictures that are not coded' : 'coded pictures'}, and ${asked.value.text} is asked for here`,
    pipeline.text,
    asked.at,
  )
}

/** Sources that may hand on dma-bufs which somebody else made. */
const GIVES_DMABUFS = /^(pipewiresrc|unixfdsrc|appsrc|proxysrc|libcamerasrc|[a-z0-9]*camera[a-z0-9]*)$/

/** memory:DMABuf must come from a queue that exports or imports. */
const checkMemory = ({ text }: Pipeline, { makers, features }: Segment): void => {
  const asked = features.find(({ name }) => name === 'memory:DMABuf')
  if (!asked) return
  for (const { name, factory, device, outMode, role } of makers) {
    const why =
      device === null
        ? GIVES_DMABUFS.test(factory)
          ? `nothing says where the dma-bufs of ${name} come from: bind it, as in --bind ${factory}=usb-camera`
          : role === 'source' || role === 'converter' || role === 'decoder' || role === 'encoder'
            ? `${name} makes pictures in memory of user space`
            : undefined
        : outMode === 'mmap' || outMode === 'rw' || outMode === 'userptr'
          ? `${name} has mode ${outMode}, which exports nothing`
          : undefined
    if (why !== undefined)
      throw new PipelineError('link', `memory:DMABuf is asked for here, and ${why}`, text, asked.at)
  }
}
