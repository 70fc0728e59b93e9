// Which device does the work of an element: by `--bind`, by the board's table, by what its driver offers, or by its class.
import { type DeviceClass, type DeviceFacts, disabledWords, type Machine, ownValue } from '@dmalab/api'
import { elementsOf, kernelDriverOf, VIRTUAL_DEVICES } from '@dmalab/machine'
import type { DeviceFamily } from '../elements/device-families.ts'
import { refusedAt } from '../pipeline/pipeline-error.ts'
import type { PipelineElement } from '../pipeline/pipeline.ts'
import { lineForBoard } from './line-for-board.ts'
import { canDo, driverWords, isOfMaker, type Need, needOf } from './needs.ts'

/** Element (factory or name) to device; the device `none` leaves the work to user space. */
export type Overrides = Readonly<Record<string, string>>

export const NONE = 'none'
export const VIRTUAL: string = VIRTUAL_DEVICES.map(({ name }) => name).join(', ')

export interface Found {
  readonly device: DeviceFacts | undefined
  /** `--bind`, `board`, `driver NAME`, `class NAME` or `user space`. */
  readonly by: string
}

const USER_SPACE: Found = { device: undefined, by: 'user space' }

/** @throws InputError for an element that the board's drivers have no work for */
export const findDevice = (
  element: PipelineElement,
  family: DeviceFamily | undefined,
  machine: Machine,
  overrides: Overrides,
  text: string,
): Found => {
  const { name, factory } = element
  const asked = needOf(factory)
  const named = (device: string | undefined): DeviceFacts | undefined => machine.devices.find((d) => d.name === device)
  const override = ownValue(overrides, name) ?? ownValue(overrides, factory)
  if (override !== undefined) return { device: checked(named(override), element, asked, machine, text), by: '--bind' }
  const onBoard = named(ownValue(machine.bindings, factory))
  if (onBoard) return { device: checked(onBoard, element, asked, machine, text), by: 'board' }
  if (!family) return USER_SPACE
  for (const kind of asked?.kinds ?? []) {
    const device = machine.devices.find((each) => asked !== undefined && canDo(each, { ...asked, kinds: [kind] }))
    if (device) return { device, by: `driver ${kernelDriverOf(device)?.name ?? ''}` }
  }
  for (const kind of family.devices) {
    const device = machine.devices.find((each) => each.class === kind && isUnknown(each, asked))
    if (device) return { device, by: `class ${kind}` }
  }
  // A family that must have a device asks for a driver.
  if (family.optional || asked === undefined) return USER_SPACE
  return refuse(element, family, asked, machine, text)
}

/** Its driver is not known, or not that of the vendor whose interface the element asks for: a vendor's kernel has another. */
const isUnknown = (device: DeviceFacts, asked: Need | undefined): boolean =>
  asked === undefined || (asked.interface === 'V4L2' ? canDo(device, asked) === undefined : isOfMaker(device, asked))

/** A device that somebody named must have a driver that does the work, where its driver is known. */
const checked = (
  device: DeviceFacts | undefined,
  { name, at }: PipelineElement,
  asked: Need | undefined,
  machine: Machine,
  text: string,
): DeviceFacts | undefined => {
  if (device === undefined || asked === undefined || asked.interface !== 'V4L2' || canDo(device, asked) !== false)
    return device
  const why = `${name} needs a driver that ${asked.words}, and that of ${device.name} does not: ${driverWords(device)}`
  throw refusedAt(why, text, at, insteadOf(asked, machine), lineForBoard(machine))
}

const refuse = (
  { name, factory, at }: PipelineElement,
  family: DeviceFamily,
  asked: Need,
  machine: Machine,
  text: string,
): never => {
  const hints = [
    `${mediaOf(machine)}${switchedOff(family, asked, machine)}`,
    insteadOf(asked, machine),
    `${virtualFor(factory, asked)}--bind ${factory}=${NONE} leaves its work to user space`,
  ]
  throw refusedAt(
    `element ${name} (${family.name}) needs a driver that ${asked.words}, and board ${machine.name} has none`,
    text,
    at,
    hints.filter((line) => line !== '').join('\n'),
    lineForBoard(machine),
  )
}

/** Devices that would do, and that the device tree switches off. */
const switchedOff = (family: DeviceFamily, asked: Need, { disabled = [] }: Machine): string => {
  const [first, ...more] = disabled.filter((device) => canDo(device, asked) ?? family.devices.includes(device.class))
  if (first === undefined) return ''
  const others = more.length > 0 ? ` and ${more.length} more` : ''
  return `; ${first.name} (${first.class})${others} ${disabledWords(first)}`
}

/** Virtual devices that do it, which every board can have: the words that suggest them with --bind. */
const virtualFor = (factory: string, asked: Need): string => {
  const [first, ...rest] = VIRTUAL_DEVICES.filter((device) => canDo(device, asked)).map(({ name }) => name)
  if (first === undefined) return ''
  return `--bind ${factory}=${first} gives it a device${rest.length === 0 ? '' : ` (${rest.join(', ')} would do as well)`}; `
}

/** Elements that the board's drivers serve, of the kind that was asked for; else all. */
const insteadOf = (asked: Need, { devices }: Machine): string => {
  const nodes = devices.flatMap((device) => kernelDriverOf(device)?.nodes ?? [])
  const alike = nodes.filter(({ kind }) => asked.kinds.includes(kind))
  const elements = [...new Set((alike.length > 0 ? alike : nodes).flatMap(elementsOf))]
  return elements.length === 0 ? '' : `elements that its drivers serve: ${elements.join(', ')}`
}

/** Devices that a message names at most; the media devices come first. */
const LISTED = 16
const MEDIA: readonly DeviceClass[] = ['codec', 'converter', 'display', 'camera', 'isp', '2d', 'jpeg', 'gpu']

const nameAndClass = ({ name, class: kind }: DeviceFacts): string => `${name} (${kind})`

export const deviceList = ({ devices }: Machine): string => {
  if (devices.length === 0) return 'no device that does DMA'
  const isMedia = ({ class: kind }: DeviceFacts): boolean => MEDIA.includes(kind)
  const sorted = [...devices.filter(isMedia), ...devices.filter((device) => !isMedia(device))]
  const more = sorted.length - LISTED
  return [...sorted.slice(0, LISTED).map(nameAndClass), ...(more > 0 ? [`${more} more (dmalab board show)`] : [])].join(
    ', ',
  )
}

/** The media devices of a board and what their drivers offer, for a message about a line that does not fit it. */
const mediaOf = ({ devices }: Machine): string => {
  const media = devices.filter(({ class: kind }) => MEDIA.includes(kind))
  if (media.length === 0) return 'it has no media devices at all'
  const words = [...new Set(media.map(driverWords))].map((driver) => {
    const names = media.filter((device) => driverWords(device) === driver).map(({ name }) => name)
    return `${names.slice(0, 4).join(', ')}${names.length > 4 ? ' and others' : ''} (${driver})`
  })
  return `its media devices are ${words.join(', ')}`
}
