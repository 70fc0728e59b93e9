// Which device does the work of which element: by `--bind`, by the board's table, or by the element's family.
import { VIRTUAL_DEVICES } from '@dmalab/machine'
import { InputError } from '@dmalab/api'
import type { BoundElement, DeviceClass, DeviceFacts, IoMode, Machine, PipelineScenario } from '@dmalab/api'
import { familyOf, isIoMode } from '../elements/device-families.ts'
import type { DeviceFamily } from '../elements/device-families.ts'
import { negotiate } from '../negotiate/negotiate.ts'
import type { PictureWishes } from '../negotiate/told.ts'
import type { Pipeline, PipelineElement } from '../pipeline/pipeline.ts'
import { lineForBoard } from './line-for-board.ts'
import { elementAssumptions, ignoredProperties } from './assumptions.ts'
import { bufferHops } from './buffer-hops.ts'
import { checkElements } from './check-elements.ts'

/** Element (factory or name) to device; the device `none` leaves the work to user space. */
export type Overrides = Readonly<Record<string, string>>

const NONE = 'none'

/** @throws InputError for an element or a device that does not exist, and for an element whose device the board lacks. */
export const bindPipeline = (
  pipeline: Pipeline,
  machine: Machine,
  overrides: Overrides = {},
  wishes: PictureWishes = {},
): PipelineScenario => {
  checkElements(pipeline, machine)
  checkOverrides(pipeline, machine, overrides)
  const elements = pipeline.elements
    .filter(({ role }) => role !== 'bin')
    .map((element) => bindElement(atItsEnd(element, pipeline), machine, overrides))
  const { pictures, pictureOf, ...negotiated } = negotiate(pipeline, elements, machine, wishes)
  const unbound = pipeline.unknown.filter(({ name }) => elements.some((e) => e.name === name && e.device === null))
  return {
    kind: 'pipeline',
    name: 'pipeline',
    text: pipeline.text,
    elements,
    hops: bufferHops(elements, pipeline.flow, machine, pictureOf),
    pictures,
    frames: negotiated.frames,
    notes: [
      ...unbound.map(({ name, factory }) => howToBind(name, factory, machine)),
      ...pipeline.warnings,
      ...negotiated.notes,
    ],
    assumptions: [...elementAssumptions(elements, pipeline), ...negotiated.assumptions],
    ignored: [...pipeline.ignored, ...ignoredProperties(elements), ...negotiated.ignored],
  }
}

/** An unknown element that nothing goes into is a source, one that nothing comes out of a sink. */
const atItsEnd = (element: PipelineElement, { flow }: Pipeline): PipelineElement => {
  if (element.role !== 'unknown') return element
  if (!flow.some(([, , sink]) => sink === element.name)) return { ...element, role: 'source' }
  return flow.some(([source]) => source === element.name) ? element : { ...element, role: 'sink' }
}

const checkOverrides = ({ elements }: Pipeline, machine: Machine, overrides: Overrides): void => {
  for (const [element, device] of Object.entries(overrides)) {
    if (!elements.some(({ name, factory, role }) => role !== 'bin' && (name === element || factory === element))) {
      const names = elements.map(({ name, factory }) => (name.startsWith(factory) ? name : `${name} (${factory})`))
      throw new InputError(
        `--bind ${element}=${device}: the pipeline has no element "${element}"`,
        {},
        `it has ${names.join(', ')}`,
      )
    }
    if (device !== NONE && !machine.devices.some(({ name }) => name === device))
      throw new InputError(
        `--bind ${element}=${device}: board ${machine.name} has no device "${device}"`,
        {},
        `it has ${deviceList(machine)}; ${VIRTUAL} are on every board; ${NONE} leaves the work to user space`,
      )
  }
}

/** Devices that a message names at most; the media devices come first. */
const LISTED = 16
const MEDIA: readonly DeviceClass[] = ['codec', 'converter', 'display', 'camera', 'isp', '2d', 'jpeg', 'gpu']
const VIRTUAL = VIRTUAL_DEVICES.map(({ name }) => name).join(', ')

const nameAndClass = ({ name, class: kind }: DeviceFacts): string => `${name} (${kind})`

const deviceList = ({ devices }: Machine): string => {
  if (devices.length === 0) return 'no device that does DMA'
  const isMedia = ({ class: kind }: DeviceFacts): boolean => MEDIA.includes(kind)
  const sorted = [...devices.filter(isMedia), ...devices.filter((device) => !isMedia(device))]
  const more = sorted.length - LISTED
  return [...sorted.slice(0, LISTED).map(nameAndClass), ...(more > 0 ? [`${more} more (dmalab board show)`] : [])].join(
    ', ',
  )
}

/** The media devices of a board, for a message about a line that does not fit it. */
const mediaOf = ({ devices }: Machine): string => {
  const media = devices.filter(({ class: kind }) => MEDIA.includes(kind))
  return media.length === 0
    ? 'it has no media devices at all'
    : `its media devices are ${media.map(nameAndClass).join(', ')}`
}

const howToBind = (name: string, factory: string, machine: Machine): string =>
  `${name}: the element ${factory} is not known and is taken to pass buffers on in user space; ` +
  `--bind ${factory}=DEVICE gives its work to a device: ${deviceList(machine)}`

const bindElement = (element: PipelineElement, machine: Machine, overrides: Overrides): BoundElement => {
  const family = familyOf(element.factory)
  const { device, by } = deviceFor(element, family, machine, overrides)
  const { name, factory, props } = element
  return {
    name,
    factory,
    role: device && element.role === 'unknown' ? roleOf(device) : element.role,
    device: device?.name ?? null,
    by,
    inMode: device ? modeOf(element, family?.inMode ?? (family ? undefined : 'output-io-mode')) : null,
    outMode: device ? modeOf(element, family?.outMode ?? (family ? undefined : 'capture-io-mode')) : null,
    props,
  }
}

interface Found {
  readonly device: DeviceFacts | undefined
  readonly by: string
}

const USER_SPACE: Found = { device: undefined, by: 'user space' }

const deviceFor = (
  { name, factory, at }: PipelineElement,
  family: DeviceFamily | undefined,
  machine: Machine,
  overrides: Overrides,
): Found => {
  const named = (device: string | undefined): DeviceFacts | undefined => machine.devices.find((d) => d.name === device)
  const override = lookUp(overrides, name) ?? lookUp(overrides, factory)
  if (override !== undefined) return { device: named(override), by: '--bind' }
  const onBoard = named(lookUp(machine.bindings, factory))
  if (onBoard) return { device: onBoard, by: 'board' }
  if (!family) return USER_SPACE
  for (const kind of family.devices) {
    const device = machine.devices.find((d) => d.class === kind)
    if (device) return { device, by: `class ${kind}` }
  }
  if (family.optional) return USER_SPACE
  const needs =
    family.devices.length === 0 ? 'a V4L2 output device' : `a device of class ${family.devices.join(' or ')}`
  throw new InputError(
    `element ${name} (${family.name}) needs ${needs}, and board ${machine.name} has none: ${mediaOf(machine)}`,
    at === undefined ? {} : { file: 'pipeline', column: at + 1 },
    `bind the element with --bind ${factory}=DEVICE: ${deviceList(machine)}, ` +
      `${VIRTUAL} (drivers without hardware, on every board), or ${NONE}`,
    lineForBoard(machine),
  )
}

const lookUp = (table: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined

const roleOf = ({ class: kind }: DeviceFacts): string => {
  if (kind === 'display') return 'sink'
  return kind === 'camera' ? 'source' : 'converter'
}

/** The property's value, `auto` when the line does not set it; null when the element has no such queue. */
const modeOf = ({ props, name }: PipelineElement, property: string | undefined): IoMode | null => {
  if (property === undefined) return null
  const text = lookUp(props, property) ?? 'auto'
  if (isIoMode(text)) return text
  throw new InputError(
    `element ${name} has ${property}=${text}`,
    {},
    `${property} is one of auto, rw, mmap, userptr, dmabuf, dmabuf-import`,
  )
}
