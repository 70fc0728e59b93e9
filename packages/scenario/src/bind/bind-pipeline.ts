// A pipeline bound to a machine: devices, pictures, ways of buffers, and what had to be assumed.
import { InputError, missingDevice, nearNames, orMeant, ownValue } from '@dmalab/api'
import type { BoundElement, DeviceFacts, IoMode, Machine, PipelineScenario } from '@dmalab/api'
import { familyOf, isIoMode } from '../elements/device-families.ts'
import { negotiate } from '../negotiate/negotiate.ts'
import type { PictureWishes } from '../negotiate/told.ts'
import { elementFacts } from '../elements/catalogue.ts'
import { FAMILIAR_ELEMENTS } from '../elements/familiar.ts'
import type { Pipeline, PipelineElement, UnknownElement } from '../pipeline/pipeline.ts'
import { elementAssumptions, ignoredProperties } from './assumptions.ts'
import { bufferHops } from './buffer-hops.ts'
import { checkElements } from './check-elements.ts'
import { checkSizes } from './check-sizes.ts'
import { likelyDevice } from './likely-device.ts'
import { VIRTUAL_DEVICES } from '@dmalab/machine'
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
    .map((element) => bindElement(atItsEnd(element, pipeline), machine, overrides, pipeline.text))
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
      ...unbound.map((element) => howToBind(element, elements, machine)),
      ...unfed(pipeline).map(
        ({ name, role }) =>
          `nothing goes into ${name}: GStreamer would wait for ever; ${role === 'decoder' ? 'a seeded bitstream stands' : 'seeded pictures stand'} in`,
      ),
      ...pipeline.warnings,
      ...negotiated.notes,
    ],
    assumptions: [...elementAssumptions(elements, pipeline, machine), ...negotiated.assumptions],
    ignored: [...pipeline.ignored, ...ignoredProperties(elements), ...negotiated.ignored],
    notExamined: notExamined(elements, pictures),
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
        `--bind ${element}=${device}: the pipeline has no element "${element}"${orMeant(
          element,
          elements.flatMap(({ name, factory }) => [name, factory]),
        )}`,
        {},
        `it has ${names.join(', ')}`,
      )
    }
    if (device !== NONE && !machine.devices.some(({ name }) => name === device))
      throw new InputError(
        `--bind ${element}=${device}: ${missingDevice(
          machine,
          device,
          VIRTUAL_DEVICES.map(({ name }) => name),
        )}`,
        {},
        `it has ${deviceList(machine)}; ${VIRTUAL} are on every board; ${NONE} leaves the work to user space`,
      )
  }
}

const howToBind = ({ name, factory }: UnknownElement, elements: readonly BoundElement[], machine: Machine): string => {
  const { role = 'unknown' } = elements.find((one) => one.name === name) ?? {}
  const [near] = nearNames(factory, FAMILIAR_ELEMENTS, 1)
  return (
    `${name}: the element ${factory} is not known${near === undefined ? '' : ` (did you mean ${near}?)`} and is taken to pass buffers ` +
    `on in user space; --bind ${factory}=${likelyDevice({ role }, machine)} gives its work to a device; there are ${deviceList(machine)}`
  )
}

/** Elements that wait at a pad that nothing is linked to, and that stand where pictures begin. */
const unfed = ({ elements, flow }: Pipeline): readonly PipelineElement[] =>
  elements.filter(
    ({ name, role, factory }) =>
      (role === 'decoder' || role === 'encoder' || role === 'converter') &&
      !flow.some(([, , sink]) => sink === name) &&
      elementFacts(factory)?.pads.some(({ direction, presence }) => direction === 'sink' && presence === 'always'),
  )

/** Of what drivers offer, the pixel formats are not in any table. */
const notExamined = (elements: readonly BoundElement[], pictures: PipelineScenario['pictures']): readonly string[] => {
  const onDevice = (name: string): boolean => elements.some((one) => one.name === name && one.device !== null)
  const formats = (name: string): readonly string[] =>
    pictures.flatMap(({ from, to, format }) =>
      format !== null && (from === name || to === name) ? [format.value] : [],
    )
  const whose = elements.flatMap(({ name }) => {
    const own = [...new Set(formats(name))]
    return onDevice(name) && own.length > 0 ? [`${name} ${own.join(' and ')}`] : []
  })
  return whose.length === 0 ? [] : [`whether the drivers there have these pixel formats: ${whose.join(', ')}`]
}

const bindElement = (element: PipelineElement, machine: Machine, overrides: Overrides, text: string): BoundElement => {
  const family = familyOf(element.factory)
  const { device, by } = findDevice(element, family, machine, overrides, text)
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

const roleOf = ({ class: kind }: DeviceFacts): string => {
  if (kind === 'display') return 'sink'
  return kind === 'camera' ? 'source' : 'converter'
}

/** The property's value, `auto` when the line does not set it; null when the element has no such queue. */
const modeOf = ({ props, name }: PipelineElement, property: string | undefined): IoMode | null => {
  if (property === undefined) return null
  const text = ownValue(props, property) ?? 'auto'
  if (isIoMode(text)) return text
  throw new InputError(
    `element ${name} has ${property}=${text}`,
    {},
    `${property} is one of auto, rw, mmap, userptr, dmabuf, dmabuf-import`,
  )
}
