// How buffers go from element to element: who allocates, who exports, who imports, and where the CPU has to copy.
import type { BoundElement, BufferHop, HopKind, Machine, Picture } from '@dmalab/api'
import { checkWays } from './check-elements.ts'
import { familyOf } from '../elements/device-families.ts'
import { queueDepth } from '../negotiate/queue-depth.ts'
import { passesOn } from '../negotiate/segments.ts'
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
    const depth = through.reduce((sum, name) => {
      const passed = byName.get(name)
      return sum + (passed ? queueDepth(passed, picture) : 0)
    }, 0)
    return { from: producer.name, to: consumer.name, through, kind, why, picture, depth }
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
    return ['import', `${mode(producer, 'out')}: it imports buffers of ${consumer.name}`]
  return ['copy', `${mode(producer, 'out')}, which exports nothing: the CPU copies into buffers of ${consumer.name}`]
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
