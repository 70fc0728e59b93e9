// A pipeline bound to a machine: devices, pictures, ways of buffers, and what had to be assumed.
import { InputError, missingDevice } from '@dmalab/api'
import type { BoundElement, DeviceFacts, IoMode, Machine, PipelineScenario } from '@dmalab/api'
import { familyOf, isIoMode } from '../elements/device-families.ts'
import { negotiate } from '../negotiate/negotiate.ts'
import type { PictureWishes } from '../negotiate/told.ts'
import type { Pipeline, PipelineElement } from '../pipeline/pipeline.ts'
import { elementAssumptions, ignoredProperties } from './assumptions.ts'
import { bufferHops } from './buffer-hops.ts'
import { checkElements } from './check-elements.ts'
import { checkSizes } from './check-sizes.ts'
import { deviceList, findDevice, NONE, type Overrides, VIRTUAL } from './find-device.ts'

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
  checkSizes(pipeline, elements, machine, pictures)
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
    assumptions: [...elementAssumptions(elements, pipeline, machine), ...negotiated.assumptions],
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
        `--bind ${element}=${device}: ${missingDevice(machine, device)}`,
        {},
        `it has ${deviceList(machine)}; ${VIRTUAL} are on every board; ${NONE} leaves the work to user space`,
      )
  }
}

const howToBind = (name: string, factory: string, machine: Machine): string =>
  `${name}: the element ${factory} is not known and is taken to pass buffers on in user space; ` +
  `--bind ${factory}=DEVICE gives its work to a device: ${deviceList(machine)}`

const bindElement = (element: PipelineElement, machine: Machine, overrides: Overrides): BoundElement => {
  const family = familyOf(element.factory)
  const { device, by } = findDevice(element, family, machine, overrides)
  const { name, factory, props } = element
  return {
    name,
    factory,
    role: device && element.role === 'unknown' ? roleOf(device) : element.role,
    device: device?.name ?? null,
    by,
    inMode: device ? modeOf(element, family?.inMode ?? (family ? undefined : 'output-io-mode')) : null,
    outMode:
      device && family?.exports
        ? 'dmabuf'
        : device
          ? modeOf(element, family?.outMode ?? (family ? undefined : 'capture-io-mode'))
          : null,
    props,
  }
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
