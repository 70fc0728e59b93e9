// How buffers go from element to element: who allocates, who exports, who imports, and where the CPU has to copy.
import type { BoundElement, BufferHop, HopKind, Machine, Picture } from '@dmalab/api'
import { checkWays } from './check-elements.ts'
import { familyOf } from '../elements/device-families.ts'
import { queueDepth } from '../negotiate/queue-depth.ts'
import { asksForDmaBufs, passesOn } from '../negotiate/segments.ts'
import type { PipelineLink } from '../pipeline/pipeline.ts'

/** One hop for each way from a place where buffers are made or used to the next. */
export const bufferHops = (
  elements: readonly BoundElement[],
  flow: readonly PipelineLink[],
  machine: Machine,
  pictureOf: (from: string, to: string) => Picture,
): readonly BufferHop[] => {
  const byName = new Map(elements.map((element) => [element.name, element]))
  const next = (name: string): readonly BoundElement[] =>
    flow.flatMap(([source, , sink]) => (source === name ? (byName.get(sink) ?? []) : []))

  let ways = 0
  const hop = (
    producer: BoundElement,
    consumer: BoundElement,
    through: readonly string[],
    picture: Picture,
  ): BufferHop => {
    const [kind, why] = howBetween(producer, consumer, machine)
    const passed = through.flatMap((name) => byName.get(name) ?? [])
    const depth = passed.reduce((sum, element) => sum + queueDepth(element, picture), 0)
    const ifRefused = copiesInstead(consumer) && !passed.some(asksForDmaBufs) ? 'copy' : 'error'
    return { from: producer.name, to: consumer.name, through, kind, why, ifRefused, picture, depth }
  }

  const from = (producer: BoundElement, at: BoundElement, through: readonly string[]): readonly BufferHop[] =>
    next(at.name).flatMap((element) => {
      checkWays(++ways)
      if (!passesOn(element)) return [hop(producer, element, through, pictureOf(at.name, element.name))]
      return through.includes(element.name) ? [] : from(producer, element, [...through, element.name])
    })

  return elements.filter((element) => !passesOn(element)).flatMap((element) => from(element, element, []))
}

const howBetween = (producer: BoundElement, consumer: BoundElement, machine: Machine): readonly [HopKind, string] => {
  if (producer.device === null && consumer.device === null) return ['user', 'both work in user space']
  if (consumer.device === null) return toUserSpace(producer, consumer)
  if (importsAlways(consumer, machine)) return toDisplay(producer, consumer)
  return toQueue(producer, consumer, isDisplay(consumer.device, machine))
}

/**
 * Sinks that upload with the CPU what their device does not import.
 * Models: GStreamer 1.24 sys/kms/gstkmssink.c: gst_kms_sink_get_input_buffer
 * Models: GStreamer 1.24 ext/wayland/gstwaylandsink.c: gst_wayland_sink_show_frame
 */
const copiesInstead = ({ factory }: BoundElement): boolean => familyOf(factory)?.importsDmaBuf === true

/** DRM devices and compositors take dma-bufs whatever the element's properties say. */
const importsAlways = ({ factory, device }: BoundElement, machine: Machine): boolean => {
  const family = familyOf(factory)
  return family ? family.importsDmaBuf : isDisplay(device, machine)
}

const isDisplay = (device: string | null, machine: Machine): boolean =>
  machine.devices.find(({ name }) => name === device)?.class === 'display'

/**
 * A capture queue left to itself exports when it can.
 *
 * Models: GStreamer 1.22 sys/v4l2/gstv4l2object.c: gst_v4l2_object_setup_pool
 */
const exports = ({ device, outMode }: BoundElement): boolean =>
  device !== null && (outMode === 'auto' || outMode === 'dmabuf')

const mode = (element: BoundElement, side: 'in' | 'out'): string => {
  const value = side === 'in' ? element.inMode : element.outMode
  return element.device === null
    ? `${element.name} has memory of user space`
    : `${element.name} ${value === null ? 'imports no dma-bufs' : `has mode ${value}`}`
}

const toUserSpace = (producer: BoundElement, consumer: BoundElement): readonly [HopKind, string] => {
  if (producer.outMode === 'dmabuf-import')
    return ['impossible', `${mode(producer, 'out')}, and ${consumer.name} has no dma-bufs to import`]
  if (producer.outMode === 'userptr')
    return ['userptr', `${mode(producer, 'out')}: its queue fills memory of user space`]
  if (producer.outMode === 'rw') return ['copy', `${mode(producer, 'out')}: read() copies each buffer`]
  return ['read', `${consumer.name} works in user space, on the mapped buffers of ${producer.name}`]
}

const toDisplay = (producer: BoundElement, consumer: BoundElement): readonly [HopKind, string] => {
  if (exports(producer)) return ['export', `${mode(producer, 'out')}: it exports, and ${consumer.name} imports`]
  if (producer.outMode === 'dmabuf-import')
    return offersDmaBufs(consumer)
      ? ['import', `${mode(producer, 'out')}: it imports buffers of ${consumer.name}`]
      : ['impossible', `${mode(producer, 'out')}, and ${consumer.name} offers no dma-bufs: kmssink does`]
  return ['copy', `${mode(producer, 'out')}, which exports nothing: the CPU copies into buffers of ${consumer.name}`]
}

/**
 * The pool of kmssink has dumb buffers, which are exported; that of a sink that draws has shared memory or textures.
 * Models: GStreamer 1.24 sys/kms/gstkmssink.c: gst_kms_sink_propose_allocation
 * Models: GStreamer 1.24 ext/wayland/gstwaylandsink.c: gst_wayland_sink_propose_allocation
 */
const offersDmaBufs = ({ factory }: BoundElement): boolean => {
  const family = familyOf(factory)
  return family === undefined || factory === 'kmssink' || family.inMode !== undefined
}

const toQueue = (
  producer: BoundElement,
  consumer: BoundElement,
  isFrameBuffer: boolean,
): readonly [HopKind, string] => {
  switch (consumer.inMode) {
    case 'dmabuf-import':
      return exports(producer)
        ? ['export', `${mode(producer, 'out')}: it exports, and ${consumer.name} imports`]
        : ['impossible', `${consumer.name} only imports dma-bufs, and ${mode(producer, 'out')}`]
    case 'userptr':
      return producer.outMode === 'dmabuf-import'
        ? ['impossible', `${mode(producer, 'out')}, and ${consumer.name} offers no buffers`]
        : isFrameBuffer
          ? ['copy', `${consumer.name} shows frame buffers, which have memory of their own: the CPU copies into them`]
          : ['userptr', `${mode(consumer, 'in')}: its queue takes the addresses of the memory it is given`]
    case 'dmabuf':
    case 'auto':
      if (producer.outMode === 'dmabuf-import')
        return consumer.inMode === 'dmabuf'
          ? ['import', `${mode(consumer, 'in')}: it exports, and ${producer.name} imports`]
          : ['impossible', `${mode(producer, 'out')}, and ${consumer.name} exports only in mode dmabuf`]
      break
    case 'mmap':
    case 'rw':
    case null:
      if (producer.outMode === 'dmabuf-import')
        return ['impossible', `${mode(producer, 'out')}, and ${mode(consumer, 'in')}, which exports nothing`]
  }
  return ['copy', `${mode(consumer, 'in')}: the CPU copies into its own buffers`]
}
