// What binding a pipeline had to assume: drivers known by a device's class only, and elements that are not known.
import { ownValue } from '@dmalab/api'
import type { Assumption, BoundElement, Ignored, Machine } from '@dmalab/api'
import { kernelDriverOf } from '@dmalab/machine'
import { familyOf } from '../elements/device-families.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { likelyDevice } from './likely-device.ts'
import { lineForBoard } from './line-for-board.ts'
import { needOf } from './needs.ts'

/** In the order of the line. */
export const elementAssumptions = (
  elements: readonly BoundElement[],
  { unknown }: Pipeline,
  machine: Machine,
): readonly Assumption[] => {
  const names = new Set(unknown.map(({ name }) => name))
  return elements.flatMap((element) => [
    ...(names.has(element.name) && element.by === 'user space' ? [passesOn(element, machine)] : []),
    ...(AUTOMATIC.test(element.factory) ? [chooses(element, machine)] : []),
    ...(EXTERNAL.test(element.factory) && element.device === null ? [comesFromElsewhere(element, machine)] : []),
    ...(isDesktopSink(element) && !rendersOn(element, machine) ? [imports(element, machine)] : []),
    ...(vendorOf(element) && element.by !== '--bind' ? [vendors(element, machine)] : []),
    ...(element.by.startsWith('class ') && !vendorOf(element) && !AUTOMATIC.test(element.factory)
      ? [driverByClass(element)]
      : []),
  ])
}

/** The device that the element works on, or the likeliest one, by name: words that can be given as they stand. */
const bindIt = (element: BoundElement, machine: Machine): string => {
  const { factory } = element
  return `--bind ${factory}=${element.device ?? likelyDevice(element, machine)}, or --bind ${factory}=none for user space`
}

const passesOn = (element: BoundElement, machine: Machine): Assumption => ({
  kind: 'element',
  what: `${element.name} passes on the buffers that it gets, unchanged`,
  why: `the element ${element.factory} is not one that dmalab knows`,
  howToState: bindIt(element, machine),
})

/** Elements that put others in their place when they run. */
const AUTOMATIC = /^(auto(video|audio)?(sink|src)|decodebin3?|uridecodebin3?|parsebin|autoconvert|autovideoconvert)$/

const chooses = (element: BoundElement, machine: Machine): Assumption => ({
  kind: 'element',
  what: `${element.name} ${element.device === null ? 'works in user space' : `works on ${element.device}`}`,
  why: `${element.factory} chooses the element that does its work when it runs`,
  howToState: `the name of that element in place of ${element.factory}${insteadOf(element, machine)}`,
})

/** What could stand there on this board. */
const insteadOf = ({ role, factory }: BoundElement, machine: Machine): string => {
  const pieces = lineForBoard(machine).line.split(' ! ')
  const piece =
    role === 'sink'
      ? pieces.at(-1)
      : /^(uri)?decodebin/.test(factory)
        ? pieces.find((one) => /dec\b/.test(one))
        : undefined
  return piece === undefined || /^(audio|alsa|fake)/.test(piece) ? '' : `, such as ${piece}`
}

/** Sources whose pictures another process makes. */
const EXTERNAL = /^(pipewiresrc)$/

const comesFromElsewhere = (element: BoundElement, machine: Machine): Assumption => ({
  kind: 'element',
  what: `${element.name} gives pictures in memory of user space`,
  why: `another process makes the pictures of ${element.factory}, and may give them as dma-bufs`,
  howToState: bindIt(element, machine),
})

/** Bound to a GPU whose driver is known: what that imports is. */
const rendersOn = ({ device, by }: BoundElement, { devices }: Machine): boolean =>
  by.startsWith('driver ') && devices.some(({ name, class: kind }) => name === device && kind === 'gpu')

/** Sinks that draw with a GPU or in memory of their own, bound to a display for want of a better device. */
const isDesktopSink = ({ factory, by }: BoundElement): boolean =>
  ['desktop display', 'Wayland display'].includes(familyOf(factory)?.name ?? '') &&
  by !== '--bind' &&
  by !== 'board' &&
  !AUTOMATIC.test(factory)

const imports = (element: BoundElement, machine: Machine): Assumption => ({
  kind: 'element',
  what:
    element.device === null
      ? `${element.name} works in user space`
      : `${element.name} imports buffers into ${element.device} without a copy`,
  why: `${element.factory} draws with a GPU, or in memory of its own; what it imports and copies is not modelled`,
  howToState: `${bindIt(element, machine)}; kmssink imports as a display does`,
})

/** What is known of the driver there, which is not the vendor's. */
const notOffered = ({ device, factory }: BoundElement, { devices }: Machine): string => {
  const facts = devices.find(({ name }) => name === device)
  const driver = facts && kernelDriverOf(facts)
  const asked = needOf(factory)
  if (facts === undefined && asked !== undefined && asked.makers.length > 0)
    return ` (${asked.interface}), which no device of this board has`
  return driver && asked && asked.interface !== 'V4L2'
    ? ` (${asked.interface}), which ${driver.name} of ${driver.tree} has not`
    : ''
}

const vendorOf = ({ factory }: BoundElement): boolean => familyOf(factory)?.vendor === true

const vendors = (element: BoundElement, machine: Machine): Assumption => ({
  kind: 'element',
  what:
    element.device === null
      ? `${element.name} works in user space`
      : `${element.name} works on ${element.device}, and takes and gives its buffers as V4L2 elements do`,
  why: `${element.factory} comes from a vendor's tree, with an interface of its own${notOffered(element, machine)}`,
  howToState: bindIt(element, machine),
})

const driverByClass = (element: BoundElement): Assumption => ({
  kind: 'driver',
  what: `${element.name} (${element.factory}) works on ${element.device}`,
  why: `the board names no device for ${element.factory}; ${element.device} is the first of its ${element.by}`,
  howToState: `--bind ${element.factory}=${element.device}, or bindings in the board file`,
})

/** Properties that a run has no use for, though they are known: what they do does not concern buffers. */
export const ignoredProperties = (elements: readonly BoundElement[]): readonly Ignored[] =>
  elements.flatMap(({ name, factory, props }) =>
    Object.entries(props).flatMap(([property, value]) => {
      const why = familyOf(factory)
        ? ownValue(WITHOUT_EFFECT, property)
        : factory === 'queue'
          ? ownValue(OF_QUEUES, property)
          : undefined
      return why === undefined || value === 'no' ? [] : [{ what: `${property}=${value} of ${name}`, why }]
    }),
  )

const NO_CLOCK = 'a run has no clock: every picture arrives'
const NO_DMA = 'no effect on DMA'
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  'extra-controls': NO_DMA,
  brightness: NO_DMA,
  contrast: NO_DMA,
  saturation: NO_DMA,
  hue: NO_DMA,
  norm: NO_DMA,
  sync: NO_CLOCK,
  qos: NO_CLOCK,
  'max-lateness': NO_CLOCK,
  'ts-offset': NO_CLOCK,
  'render-delay': NO_CLOCK,
  'throttle-time': NO_CLOCK,
  'skip-vsync': NO_CLOCK,
  'do-timestamp': NO_CLOCK,
  device: 'a board names its devices; --bind says which one does the work',
  'device-name': 'a board names its devices; --bind says which one does the work',
  'device-fd': 'a board names its devices; --bind says which one does the work',
  'render-rectangle': 'a display reads each frame buffer whole',
  'plane-id': NO_DMA,
  'connector-id': NO_DMA,
  'plane-properties': NO_DMA,
  'connector-properties': NO_DMA,
  fullscreen: NO_DMA,
  'enable-last-sample': 'the last picture is not kept',
}
const OF_QUEUES: Readonly<Record<string, string>> = {
  leaky: NO_CLOCK,
  'min-threshold-buffers': NO_CLOCK,
  'min-threshold-bytes': NO_CLOCK,
  'min-threshold-time': NO_CLOCK,
}
