// A pipeline as text: its elements, and how buffers go from one to the next.
import type { Ignored, Picture, PipelineScenario } from '@dmalab/api'
import { COLUMNS, foldText } from './fold.ts'
import { table } from './table.ts'

/** What the text says of a line that was parsed, and bound where there is a board. */
export interface ParsedLine {
  readonly elements?: readonly {
    readonly name: string
    readonly factory: string
    /** Name of the bin that holds it; empty at the top. */
    readonly parent: string
    readonly role: string
    readonly props: Readonly<Record<string, string>>
  }[]
  readonly links?: readonly (readonly [source: string, sourcePad: string, sink: string, sinkPad: string])[]
  readonly unknown?: readonly { readonly name: string; readonly factory: string; readonly meant: string | null }[]
  readonly warnings?: readonly string[]
  readonly ignored?: readonly Ignored[]
  readonly binding?: Pick<PipelineScenario, 'elements' | 'hops' | 'notes' | 'assumptions' | 'ignored' | 'notExamined'>
}

export const pipelineText = (
  { elements = [], links = [], unknown = [], warnings = [], ignored = [], binding }: ParsedLine,
  columns: number = COLUMNS,
): string => {
  const bound = new Map(binding?.elements.map((element) => [element.name, element]))
  const head = ['element', 'factory', 'in bin', 'role', 'properties', ...(binding ? ['device', 'by'] : [])]
  const rows = elements.map(({ name, factory, parent, role, props }) => [
    name,
    factory,
    parent,
    bound.get(name)?.role ?? role,
    Object.entries(props)
      .map(([property, value]) => `${property}=${value}`)
      .join('\n'),
    ...(binding ? [bound.get(name)?.device ?? '', bound.get(name)?.by ?? ''] : []),
  ])
  const ways = binding
    ? table(
        ['from', 'through', 'to', 'buffers', 'pictures', 'why'],
        binding.hops.map(({ from, through, to, kind, picture, why }) => [
          from,
          through.join(' '),
          to,
          kind,
          pictureText(picture),
          why,
        ]),
        columns,
      )
    : table(
        ['from', 'pad', 'to', 'pad'],
        links.map((link) => [...link]),
        columns,
      )
  const ofUnknown = unknown.map(
    ({ name, factory, meant }) =>
      `${name}: the element ${factory} is not known${meant === null ? '' : ` (did you mean ${meant}?)`} and is taken to pass buffers on; with --board, --bind ${factory} gives its work to a device`,
  )
  const assumed = (binding?.assumptions ?? []).map(
    ({ what, why, howToState }) => `assumed: ${what} (${why}; to state it: ${howToState})`,
  )
  const leftOut = (binding?.ignored ?? ignored).map(({ what, why }) => `ignored: ${what} (${why})`)
  const lines = [
    table(head, rows, columns),
    ways,
    ...(binding ? binding.notes : [...ofUnknown, ...warnings]),
    ...assumed,
    ...leftOut,
    ...(binding?.notExamined ?? []).map((what) => `not examined: ${what}`),
  ]
  return foldText(lines.join('\n'), columns)
}

/** What a hop carries, and where that came from. */
const pictureText = ({ media, format, fourcc, width, height, framerate, planes }: Picture): string => {
  const name =
    format === null ? media : `${format.value}${fourcc === null || fourcc === format.value ? '' : ` (${fourcc})`}`
  const bytes = planes.map(({ sizeimage }) => sizeimage).join(' + ')
  const rate =
    framerate === null ? '' : `, ${framerate.value}/s`.replace('/1/s', ' a second').replace('/s', ' a second')
  const sources = [...new Set([format?.by, width.by, height.by].filter((by) => by !== undefined))]
  return `${name} ${width.value}x${height.value}${rate}\n${bytes} bytes\n${sources.join('\n')}`
}
