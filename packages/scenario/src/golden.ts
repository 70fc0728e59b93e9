// Vectors of the gst-launch language (topic gst-launch): what GStreamer's own parser made of a line.
import type { GoldenAdapter, GoldenCase } from '@dmalab/api'
import { elementFacts, parsePipeline, type Pipeline, type PipelineElement, PipelineError } from './index.ts'

export const gstLaunchAdapter: GoldenAdapter = {
  topic: 'gst-launch',
  run: (input) => {
    try {
      return {
        ok: true,
        ...asRecorded(parsePipeline(String(input['line']), { unknown: 'refuse' }), reportsCore(input)),
      }
    } catch (e) {
      if (e instanceof PipelineError) return { ok: false, error: e.kind }
      throw e
    }
  },
}

export const adapters: readonly GoldenAdapter[] = [gstLaunchAdapter]

/**
 * The recorder used stand-ins for GStreamer's core elements too, until the first caps filter of a session loaded the real ones.
 * Only stand-ins report their properties, so a line either has those of core elements or none of them: which, only the recording tells.
 */
const reportsCore = (input: GoldenCase): boolean =>
  Array.isArray(input['elements']) &&
  input['elements'].some(
    ({ factory, props }: { factory: string; props: object }) =>
      factory !== 'capsfilter' && elementFacts(factory)?.core === true && Object.keys(props).length > 0,
  )

/**
 * The graph as the recorder wrote it down. It read properties back from its one-in-one-out stand-ins for plug-ins' elements, which
 * keep the text of what a line sets; of muxers it read none, and of GStreamer's core elements those of caps filters only, or all.
 */
const asRecorded = ({ elements, links }: Pipeline, core: boolean): { elements: unknown; links: unknown } => {
  const names = renumbered(elements)
  return {
    elements: elements.map(({ factory, name, parent, props, role }) => ({
      factory,
      name: names.get(name) ?? name,
      parent: names.get(parent) ?? parent,
      props: factory === 'capsfilter' || !(role === 'muxer' || (elementFacts(factory)?.core && !core)) ? props : {},
    })),
    links: links.map(([source, sourcePad, sink, sinkPad]) => [
      names.get(source) ?? source,
      padOfStandIn(elements, source, sourcePad),
      names.get(sink) ?? sink,
      sinkPad,
    ]),
  }
}

/** The stand-in for an element whose source pads come later has one from the start. */
const padOfStandIn = (elements: readonly PipelineElement[], name: string, pad: string): string => {
  const pads = elementFacts(elements.find((one) => one.name === name)?.factory ?? '')?.pads ?? []
  return pads.some(({ direction, presence }) => direction === 'src' && presence === 'sometimes') ? 'src' : pad
}

/**
 * The recorder numbers names of one line from 0. It takes every name that is a factory's name and digits for an automatic one,
 * so `tee name=tee1` is recorded as tee0.
 */
const renumbered = (elements: readonly PipelineElement[]): ReadonlyMap<string, string> => {
  const names = new Map<string, string>()
  const counts = new Map<string, number>()
  for (const { factory, name } of elements)
    if (name.startsWith(factory) && /^\d+$/.test(name.slice(factory.length))) {
      const count = counts.get(factory) ?? 0
      names.set(name, `${factory}${count}`)
      counts.set(factory, count + 1)
    }
  return names
}
