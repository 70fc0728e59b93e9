// From a bound pipeline to what user space will do: stages along the ways of buffers, and the bitstream.
import { type BoundElement, type BufferHop, InputError, type PipelineScenario } from '@dmalab/api'
import type { Hop, PipelinePlan, Stage } from './pipeline-plan.ts'

/** Reads a file of user space; undefined when it is not there. */
export type ReadFile = (location: string) => Uint8Array | undefined

const ROLES: Readonly<Record<string, Stage['role']>> = {
  decoder: 'decoder',
  encoder: 'converter',
  converter: 'converter',
  source: 'source',
  sink: 'display',
}
const HOPS: readonly string[] = ['export', 'import', 'userptr', 'copy', 'read'] satisfies Hop[]

/** @throws InputError for a pipeline in which no device makes pictures, or in which a way of buffers is impossible */
export const planPipeline = (scenario: PipelineScenario, readFile: ReadFile): PipelinePlan => {
  const first = firstDevice(scenario)
  const stages: Stage[] = []
  addStage(scenario, stages, first, null, null)
  for (let at = 0; at < stages.length; at++) {
    const stage = stages[at]
    for (const hop of scenario.hops.filter((one) => one.from === stage?.element)) addHop(scenario, stages, hop, at)
  }
  const reached = new Set(stages.map((stage) => stage.element))
  const lost = scenario.elements.find((element) => element.device !== null && !reached.has(element.name))
  if (lost !== undefined)
    throw new InputError(`${first.name} and ${lost.name} are two separate ways of pictures; a run takes one pipeline`)
  return { name: scenario.text, stages, ...bitstreamOf(scenario, readFile) }
}

/** The device that no other device feeds. @throws InputError */
const firstDevice = (scenario: PipelineScenario): BoundElement => {
  const devices = scenario.elements.filter((element) => element.device !== null)
  const names = new Set(devices.map((element) => element.name))
  const first = devices.find((element) => !scenario.hops.some((hop) => hop.to === element.name && names.has(hop.from)))
  const hint = `bind an element with --bind element=device; the elements are ${scenario.elements.map((e) => e.name).join(', ')}`
  if (first === undefined) throw new InputError('no element of this pipeline is bound to a device', {}, hint)
  const role = ROLES[first.role]
  if (role !== 'decoder' && role !== 'source')
    throw new InputError(`${first.name} is the first device of the pipeline, and nothing gives it pictures`, {}, hint)
  return first
}

const addHop = (scenario: PipelineScenario, stages: Stage[], hop: BufferHop, from: number): void => {
  const consumer = scenario.elements.find((element) => element.name === hop.to)
  if (consumer === undefined) throw new Error(`hop to ${hop.to}, which is no element`)
  if (!HOPS.includes(hop.kind)) throw new InputError(`no buffers can go from ${hop.from} to ${hop.to}: ${hop.why}`)
  addStage(scenario, stages, consumer, { ...hop, kind: hop.kind as Hop }, from)
}

const addStage = (
  scenario: PipelineScenario,
  stages: Stage[],
  element: BoundElement,
  hop: (BufferHop & { readonly kind: Hop }) | null,
  from: number | null,
): void => {
  const role = element.device === null ? 'reader' : ROLES[element.role]
  if (role === undefined) throw new InputError(`${element.name} is a ${element.role}, which has no device model`)
  if (stages.some((stage) => stage.element === element.name))
    throw new InputError(`${element.name} gets pictures from two places; a run takes one`)
  const depth = (hop?.through ?? []).reduce((sum, name) => sum + queueDepth(scenario, name), 0)
  stages.push({ element: element.name, device: element.device, role, from, hop: hop?.kind ?? null, depth })
}

/** max-size-buffers of a queue element; GStreamer's default is 200, of which a run never needs more than there are buffers. */
const queueDepth = (scenario: PipelineScenario, name: string): number => {
  const element = scenario.elements.find((one) => one.name === name)
  if (element?.role !== 'queue') return 0
  const written = element.props['max-size-buffers']
  return written === undefined ? 200 : Number(written)
}

/** The file that filesrc names, when it is there; its bytes are what the decoder is fed. */
const bitstreamOf = (scenario: PipelineScenario, readFile: ReadFile): Pick<PipelinePlan, 'bitstream' | 'source'> => {
  const location = scenario.elements.find((element) => element.factory === 'filesrc')?.props['location']
  if (location === undefined) return { bitstream: null, source: 'seeded bitstream' }
  const bytes = readFile(location)
  if (bytes === undefined || bytes.length === 0)
    return { bitstream: null, source: `seeded bitstream (${location} is not there)` }
  return { bitstream: bytes, source: `bitstream from ${location}` }
}
