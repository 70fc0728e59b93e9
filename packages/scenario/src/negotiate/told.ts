// What negotiation tells beside the pictures: what was assumed, left out, or taken from the user's options.
import { nearNames } from '@dmalab/api'
import type { Assumption, BoundElement, Ignored, Picture, StatedFact } from '@dmalab/api'
import { formatNamed } from '../formats/pixel-formats.ts'
import { FIELDS, makesPictures } from './element-rules.ts'
import type { Segment, Segments } from './segments.ts'

/** What the user says beside the line; it comes before what the line says. */
export interface PictureWishes {
  readonly size?: { readonly width: number; readonly height: number } | undefined
  /** By GStreamer's name or V4L2's. */
  readonly format?: string | undefined
  readonly frames?: number | undefined
}

/** --frames, or num-buffers of the source that makes the pictures. */
export const framesOf = (elements: readonly BoundElement[], wishes: PictureWishes): StatedFact<number> | null => {
  if (wishes.frames !== undefined) return { value: wishes.frames, by: '--frames' }
  const counted = numberedSources(elements)
    .map((element) => ({ value: Number(element.props['num-buffers']), by: `num-buffers of ${element.name}` }))
    .filter(({ value }) => value > 0)
  return counted.toSorted((a, b) => a.value - b.value)[0] ?? null
}

const numberedSources = (elements: readonly BoundElement[]): readonly BoundElement[] =>
  elements.filter((element) => makesPictures(element) && element.props['num-buffers'] !== undefined)

export const assumedOf = ({ makers, stated }: Segment, picture: Picture | undefined): readonly Assumption[] => {
  const [maker] = makers
  if (!maker || !picture || (maker.device === null && !makesPictures(maker))) return []
  const { width, height, format } = picture
  const what: string[] = []
  if (width.by === 'driver default' || height.by === 'driver default')
    what.push(`${width.value}x${height.value} pixels`)
  if (format?.by === 'driver default') what.push(format.value)
  if (what.length === 0 || maker.role === 'converter') return []
  const caps = `${picture.media}${format ? `,format=${format.value}` : ''},width=${width.value},height=${height.value}`
  const why = stated.size > 0 ? 'the line does not say all of it' : 'the line does not say'
  return [
    {
      kind: 'format',
      what: `${maker.name} makes pictures of ${what.join(', ')}`,
      why: `${why}, and what the ${maker.role === 'source' ? 'source offers' : 'stream holds'} is not known`,
      howToState: `a caps filter behind it (${caps}), or --size and --format`,
    },
  ]
}

const USED = new Set<string>([...FIELDS, 'media', 'interlace-mode', 'drm-format'])

/** Fields that GStreamer's video caps have beside those, and that change nothing in memory. */
const WITHOUT_EFFECT: readonly string[] = (
  'colorimetry chroma-site pixel-aspect-ratio interlace-mode field-order multiview-mode multiview-flags views max-framerate ' +
  'level profile tier stream-format alignment codec_data parsed systemstream mpegversion mpegvideoversion variant ' +
  'bit-depth-luma bit-depth-chroma chroma-format coded-picture-structure rate-control bitrate hdr-format ' +
  'mastering-display-info content-light-level sof-marker colorspace sampling tune buffer-size buffer-count'
).split(' ')

/** Fields of caps that change nothing in memory, and those that nobody knows. */
export const ignoredFields = ({ stated }: Segment): readonly Ignored[] =>
  [...stated].flatMap(([field, statements]) =>
    statements.flatMap(({ value, by }) => {
      const text = value.kind === 'one' ? value.text : value.kind
      if (USED.has(field) && !(field === 'interlace-mode' && text !== 'alternate')) return []
      const why = WITHOUT_EFFECT.includes(field) ? 'no effect on DMA' : notAField(field)
      return [{ what: `${field}=${text} of ${by}`, why }]
    }),
  )

const notAField = (field: string): string => {
  const [near] = nearNames(
    field,
    [...USED, ...WITHOUT_EFFECT].filter((name) => name !== 'media'),
    2,
  )
  return `not a field that dmalab knows${near === undefined ? '' : `: did you mean ${near}?`}`
}

/** Where the line says something else than the user's options, which win. */
export const overridden = (
  { all }: Segments,
  wishes: PictureWishes,
  elements: readonly BoundElement[],
): readonly string[] => {
  const said = (field: string, value: string, option: string): readonly string[] =>
    all.flatMap(({ stated }) =>
      (stated.get(field) ?? []).flatMap(({ value: other, by }) =>
        other.kind === 'one' && other.text === value ? [] : [`${option} ${value} takes the place of ${field} of ${by}`],
      ),
    )
  const { size, format, frames } = wishes
  const counted = frames === undefined ? [] : numberedSources(elements)
  return [
    ...(size ? [...said('width', String(size.width), '--size'), ...said('height', String(size.height), '--size')] : []),
    ...(format === undefined ? [] : said('format', formatNamed(format)?.name ?? format, '--format')),
    ...counted.map(({ name }) => `--frames ${frames} takes the place of num-buffers of ${name}`),
  ]
}
