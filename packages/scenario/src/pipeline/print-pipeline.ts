// A pipeline back into one line that parses to the same graph: every element named, links written by name where names allow it.
import type { Pipeline, PipelineElement, PipelineLink } from './pipeline.ts'

/**
 * Caps filters are written as elements, so that their names survive. A name that cannot be referred to, such as `q 1`, needs its
 * links beside its element.
 */
export const printPipeline = ({ elements, flow }: Pipeline): string => {
  const odd = new Map(elements.filter(({ name }) => !isReference(name)).map((element) => [element.name, element]))
  const printed = new Set<string>()

  const inside = (parent: string): readonly string[] =>
    elements
      .filter((element) => element.parent === parent && !printed.has(element.name))
      .flatMap((element) => (printed.has(element.name) ? [] : [define(element)]))

  const define = (element: PipelineElement): string => {
    printed.add(element.name)
    if (element.role === 'bin')
      return [`${element.factory}.(`, ...settings(element), ...inside(element.name), ')'].join(' ')
    const itself = [element.factory, ...settings(element)].join(' ')
    return odd.has(element.name) ? [...linksInto(element), itself, ...linksOut(element)].join(' ') : itself
  }

  const linksInto = ({ name }: PipelineElement): readonly string[] =>
    flow
      .filter(([source, , sink]) => sink === name && !odd.has(source))
      .map(([source, sourcePad, , sinkPad]) => `${source}.${sourcePad} ! .${sinkPad}`)

  const linksOut = ({ name }: PipelineElement): readonly string[] =>
    flow
      .filter(([source]) => source === name)
      .map(([, sourcePad, sink, sinkPad]) => {
        const next = odd.get(sink)
        return next && !printed.has(sink)
          ? `.${sourcePad} ! .${sinkPad} ${define(next)}`
          : `.${sourcePad} ! ${sink}.${sinkPad}`
      })

  const byName = ([source, sourcePad, sink, sinkPad]: PipelineLink): string =>
    `${source}.${sourcePad} ! ${sink}.${sinkPad}`
  return [...inside(''), ...flow.filter(([source, , sink]) => !odd.has(source) && !odd.has(sink)).map(byName)].join(' ')
}

const isReference = (name: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_\-%:]*$/.test(name)

const settings = ({ name, props, presets = [] }: PipelineElement): readonly string[] => [
  setting('name', name),
  ...Object.entries(props).map(([property, value]) => setting(property, value)),
  ...presets.map((preset) => setting('@preset', preset)),
]

/** A word of the shell that GStreamer reads as `name=text`. */
const setting = (name: string, text: string): string => {
  const word = `${name}=${escape(text)}`
  return /^[\w\-./:=,+%@]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** GStreamer puts a backslash before spaces itself, until the first double quote of a word. A line break needs double quotes around. */
const escape = (text: string): string => {
  if (text === '' || text.includes('\n')) return `"${text.replaceAll(/[\\"]/g, '\\$&')}"`
  const quote = text.indexOf('"')
  return text.replaceAll(/[\\"'\t\v\f\r ]/g, (c, at: number) => (c === ' ' && (quote < 0 || at < quote) ? c : `\\${c}`))
}
