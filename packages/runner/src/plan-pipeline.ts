// From a bound pipeline to what user space will do: the device stages in order, and the bitstream.
import { type BoundElement, type BufferHop, InputError, type PipelineScenario } from '@dmalab/api'
import type { PipelinePlan, Stage } from './pipeline-plan.ts'

/** Reads a file of user space; undefined when it is not there. */
export type ReadFile = (location: string) => Uint8Array | undefined

const ROLES: Readonly<Record<string, Stage['role']>> = {
  decoder: 'decoder',
  encoder: 'converter',
  converter: 'converter',
  source: 'source',
  sink: 'display',
}

/** @throws InputError for a pipeline in which no device passes pictures on, or passes them in a way that is not modelled */
export const planPipeline = (scenario: PipelineScenario, readFile: ReadFile): PipelinePlan => {
  const devices = scenario.elements.filter((element) => element.device !== null)
  if (devices.length === 0)
    throw new InputError('no element of this pipeline is bound to a device', {}, bindHint(scenario))
  const ordered = inOrder(devices, scenario.hops)
  const stages = ordered.map((element) => stageOf(element, scenario.hops))
  const first = stages[0]
  if (first !== undefined && first.role !== 'decoder' && first.role !== 'source')
    throw new InputError(
      `${first.element} is the first device of the pipeline, and nothing gives it pictures`,
      {},
      bindHint(scenario),
    )
  return { name: scenario.text, stages, ...bitstreamOf(scenario, readFile) }
}

const bindHint = (scenario: PipelineScenario): string =>
  `bind an element with --bind element=device; the elements are ${scenario.elements.map((e) => e.name).join(', ')}`

/** Device elements along their hops. @throws InputError where the way divides, joins, or is not modelled */
const inOrder = (devices: readonly BoundElement[], hops: readonly BufferHop[]): BoundElement[] => {
  const names = new Set(devices.map((element) => element.name))
  const between = hops.filter((hop) => names.has(hop.from) && names.has(hop.to))
  for (const hop of between)
    if (hop.kind !== 'export')
      throw new InputError(
        `buffers go from ${hop.from} to ${hop.to} by ${hop.kind}, which a run does not model: ${hop.why}`,
      )
  for (const element of devices)
    if (between.filter((hop) => hop.from === element.name).length > 1)
      throw new InputError(`${element.name} gives its pictures to several devices; a run takes one way`)
  const start = devices.filter((element) => !between.some((hop) => hop.to === element.name))
  if (start.length !== 1)
    throw new InputError(`the pipeline has ${start.length} separate ways of pictures; a run takes one`)
  const ordered: BoundElement[] = []
  for (let at = start[0]; at !== undefined;) {
    ordered.push(at)
    const next = between.find((hop) => hop.from === at?.name)
    at = devices.find((element) => element.name === next?.to)
  }
  return ordered
}

const stageOf = (element: BoundElement, hops: readonly BufferHop[]): Stage => {
  const role = ROLES[element.role]
  if (role === undefined) throw new InputError(`${element.name} is a ${element.role}, which has no device model`)
  const taken = hops.some((hop) => hop.to === element.name && hop.kind === 'export')
  const given = hops.some((hop) => hop.from === element.name && hop.kind === 'export')
  return {
    element: element.name,
    device: element.device ?? '',
    role,
    input: taken ? 'dmabuf-import' : 'mmap',
    output: given ? 'dmabuf' : 'mmap',
  }
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
