// From a bound pipeline to what user space will do: stages along the ways of buffers, and the bitstream.
import {
  type BoundElement,
  type BufferHop,
  CODED_PICTURE,
  type DriverNode,
  type FrameFormat,
  InputError,
  type PipelineScenario,
  type WorkInstead,
} from '@dmalab/api'
import { frameFormat, need, type Hop, type PipelinePlan, type Stage } from './pipeline-plan.ts'

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

/** `instead`: what the board could run. @throws InputError for a pipeline without devices, or in which a way of buffers is impossible */
export const planPipeline = (scenario: PipelineScenario, readFile: ReadFile, instead?: WorkInstead): PipelinePlan => {
  const start = startOf(scenario, instead)
  const stages: Stage[] = []
  addStage(scenario, stages, start, null, null)
  for (let at = 0; at < stages.length; at++) {
    const stage = stages[at]
    if (stage === undefined) continue
    const ways = waysOut(scenario, stage.element, [])
    checkWays(stage, ways)
    for (const hop of ways) addHop(scenario, stages, hop, at)
  }
  const reached = new Set(stages.map((stage) => stage.element))
  const lost = scenario.elements.find((element) => element.device !== null && !reached.has(element.name))
  if (lost !== undefined)
    throw new InputError(`${start.name} and ${lost.name} are two separate ways of pictures; a run takes one pipeline`)
  return {
    name: scenario.text,
    stages: stages.map(withLabel),
    told: {
      notes: scenario.notes,
      assumptions: scenario.assumptions,
      ignored: scenario.ignored,
      notExamined: scenario.notExamined,
    },
    frames: scenario.frames?.value ?? null,
    picture: pictureOf(scenario, start),
    ...bitstreamOf(scenario, start, readFile),
  }
}

/** What the first stage makes. */
const pictureOf = (scenario: PipelineScenario, { name }: BoundElement): PipelinePlan['picture'] => {
  const [way] = waysOut(scenario, name, [])
  if (way === undefined) throw new Error(`${name} is the first stage and makes nothing`)
  const { width, height, format, media } = way.picture
  return { width: width.value, height: height.value, format: format?.value ?? media }
}

/** Where pictures begin: a decoder, a camera, or the part of user space that makes them for the first device. */
const startOf = (scenario: PipelineScenario, instead: WorkInstead | undefined): BoundElement => {
  const devices = scenario.elements.filter((element) => element.device !== null)
  const hint = `bind an element with --bind element=device; the elements are ${scenario.elements.map((e) => e.name).join(', ')}`
  const first = devices.find((element) => !upstream(scenario, element.name).some((one) => one.device !== null))
  if (first === undefined) {
    const names = scenario.elements.map(({ name }) => name).join(', ')
    const why = 'no element of this pipeline works on a device, so there is nothing of DMA to look at'
    throw new InputError(why, {}, `its elements are ${names}; --bind gives one a device`, instead)
  }
  if (first.role === 'decoder' || first.role === 'source') return first
  const [feeder] = upstream(scenario, first.name)
  if (feeder === undefined)
    throw new InputError(`${first.name} is the first device of the pipeline, and nothing gives it pictures`, {}, hint)
  const maker = [feeder, ...upstream(scenario, feeder.name)].find((element) => element.role !== 'converter')
  return maker ?? feeder
}

/** Elements that give pictures to an element, the nearest first. */
const upstream = (scenario: PipelineScenario, name: string): BoundElement[] => {
  const found: BoundElement[] = []
  const names = [name]
  for (let at = 0; at < names.length; at++)
    for (const hop of scenario.hops.filter(({ to }) => to === names[at])) {
      const element = scenario.elements.find((one) => one.name === hop.from)
      if (element === undefined || names.includes(element.name)) continue
      names.push(element.name)
      found.push(element)
    }
  return found
}

/** The ways of pictures out of a stage. Elements of user space that hand pictures to each other are one task. */
const waysOut = (scenario: PipelineScenario, from: string, passed: readonly string[]): readonly BufferHop[] =>
  scenario.hops
    .filter((hop) => hop.from === from && !passed.includes(hop.to))
    .flatMap((hop) =>
      hop.kind === 'user'
        ? waysOut(scenario, hop.to, [...passed, from]).map((way) => ({
            ...way,
            through: [...hop.through, ...way.through],
            depth: hop.depth + way.depth,
          }))
        : [hop],
    )

/** A display hands nothing on. Buffers that a stage fills for another belong to that one, so a third gets none. */
const checkWays = ({ element: name, role, device }: Stage, ways: readonly BufferHop[]): void => {
  const [way] = ways
  const layout = ({ picture }: BufferHop): string => JSON.stringify(frameFormat(picture))
  const other = ways.find((one) => way !== undefined && layout(one) !== layout(way))
  if (other !== undefined)
    throw new InputError(
      `${name} gives ${way?.to} and ${other.to} pictures of different formats; in a run it makes one`,
      {},
      'put the converter on a device, or leave one of the two out',
    )
  if ((role === 'display' || role === 'output') && way !== undefined)
    throw new InputError(`${name} works on the ${role} ${device}, which passes no pictures to ${way.to}`)
  const [filled] = ways.filter(({ kind }) => kind === 'import')
  if (filled !== undefined && ways.length > 1)
    throw new InputError(
      `${name} fills buffers of ${filled.to} (dmabuf-import), and ${ways.length - 1} more want its pictures: ${ways.flatMap(({ to }) => (to === filled.to ? [] : [to])).join(', ')}`,
      {},
      `let ${name} export: leave out dmabuf-import`,
    )
}

const addHop = (scenario: PipelineScenario, stages: Stage[], hop: BufferHop, from: number): void => {
  const consumer = scenario.elements.find((element) => element.name === hop.to)
  if (consumer === undefined) throw new Error(`hop to ${hop.to}, which is not an element`)
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
  const { name, device } = element
  if (stages.some((stage) => stage.element === name))
    throw new InputError(`${name} gets pictures from two places; a run takes one`)
  const role = roleOf(element, from)
  const given = hop ?? scenario.hops.find(({ to }) => to === name) ?? null
  const made = waysOut(scenario, name, [])[0] ?? null
  const reads = element.outMode === 'rw' && MAKERS.includes(role)
  const fillsOwn = element.outMode === 'userptr' && MAKERS.includes(role)
  if (made === null && MAKERS.includes(role))
    throw new InputError(`nothing takes the pictures of ${name}`, {}, 'link it to a sink, such as fakesink')
  const format = (way: BufferHop | null): FrameFormat | null => (way === null ? null : frameFormat(way.picture))
  const makes = format(made)
  stages.push({
    element: name,
    label: name,
    device,
    role,
    node: nodeOf(element),
    from,
    hop: hop?.kind ?? null,
    fallsBack: hop?.ifRefused === 'copy',
    reads,
    fillsOwn,
    worksByCpu: device === null && hop !== null && CPU_WORK.includes(element.role),
    depth: hop?.depth ?? 0,
    takes: format(given) ?? (role === 'decoder' ? unfed(need(makes)) : null),
    makes,
  })
}

/** What kind of node an element opens; a sink that draws opens a GPU or a display. */
const NODES: Readonly<Record<string, DriverNode['kind']>> = {
  decoder: 'decoder',
  encoder: 'encoder',
  converter: 'converter',
  source: 'capture',
}
const nodeOf = ({ device, factory, role }: BoundElement): Stage['node'] =>
  device === null ? null : factory === 'v4l2sink' ? 'output' : (NODES[role] ?? null)

/** Elements of user space that pixels pass through. */
const CPU_WORK: readonly string[] = ['decoder', 'encoder', 'converter']

const MAKERS: readonly Stage['role'][] = ['decoder', 'converter', 'source']

/** A decoder that nothing is linked to is fed coded pictures all the same. */
const unfed = ({ width, height }: FrameFormat): FrameFormat => ({
  width,
  height,
  planes: [{ payload: CODED_PICTURE.bytes, size: CODED_PICTURE.sizeimage }],
})

/** A decoder further down is given the pictures of the stage before it, as a converter is. */
const roleOf = ({ name, factory, device, role }: BoundElement, from: number | null): Stage['role'] => {
  if (device === null) return 'task'
  if (factory === 'v4l2sink') return 'output'
  const known = ROLES[role]
  if (known === undefined) throw new InputError(`${name} is a ${role}, which has no device model`)
  if (known === 'source' && from !== null)
    throw new InputError(`${name} works on ${device}, which captures pictures; it takes none from elements before it`)
  return known === 'decoder' && from !== null ? 'converter' : known
}

/** Stages are called by their devices; two on one device by their elements too. */
const withLabel = (stage: Stage, _at: number, all: readonly Stage[]): Stage => {
  if (stage.device === null) return stage
  const shared = all.filter(({ device }) => device === stage.device).length > 1
  return { ...stage, label: shared ? `${stage.device} (${stage.element})` : stage.device }
}

/** The file that filesrc names, when it is there; its bytes are what the decoder is fed. */
const bitstreamOf = (
  scenario: PipelineScenario,
  start: BoundElement,
  readFile: ReadFile,
): Pick<PipelinePlan, 'bitstream' | 'source'> => {
  if (start.device === null || start.role !== 'decoder')
    return { bitstream: null, source: `seeded pictures of ${start.name}` }
  const location = scenario.elements.find((element) => element.factory === 'filesrc')?.props['location']
  if (location === undefined) return { bitstream: null, source: 'seeded bitstream' }
  const bytes = readFile(location)
  if (bytes === undefined || bytes.length === 0)
    return { bitstream: null, source: `seeded bitstream (${location} is not there)` }
  return { bitstream: bytes, source: `bitstream from ${location}` }
}
