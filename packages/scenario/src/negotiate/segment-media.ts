// What kind of data a segment carries, and how its buffers are laid out.
import type { BoundElement, DeviceClass, Machine } from '@dmalab/api'
import { videoNodeFor } from '../bind/needs.ts'
import { DRIVER_RULES, USER_RULES } from '../formats/picture-layout.ts'
import type { LayoutRules } from '../formats/picture-layout.ts'
import { codedMedia, makesPictures } from './element-rules.ts'
import { isMixer } from './mixer-size.ts'
import type { Segment } from './segments.ts'

const RAW = 'video/x-raw'
/** Bytes of which nothing more is known. */
const BYTES = 'application/octet-stream'

export const isCoded = (media: string): boolean => media !== RAW && media !== 'video/x-bayer'

/** The media type: as a caps filter says, or by what makes and takes the data. */
export const mediaOf = ({ stated, makers, users }: Segment): string => {
  const [said] = stated.get('media') ?? []
  if (said?.value.kind === 'one') return said.value.text
  const coders = [
    ...makers.filter(({ role }) => role === 'encoder' || role === 'parser'),
    ...users.filter(({ role, device }) => (role === 'decoder' && device !== null) || role === 'parser'),
  ]
  const named = coders.map(codedMedia).find((media) => media !== undefined)
  if (coders.length > 0) return named ?? BYTES
  const raw =
    makers.some(
      (one) => makesPictures(one) || one.role === 'decoder' || one.role === 'converter' || isMixer(one) || decodes(one),
    ) ||
    users.some(
      ({ role, device, factory }) =>
        role === 'encoder' || role === 'converter' || (role === 'sink' && (device !== null || /video/.test(factory))),
    )
  return raw || makers.length === 0 ? RAW : BYTES
}

/** Sources that decode what they read. */
const decodes = ({ factory }: BoundElement): boolean => /^uridecodebin3?$/.test(factory)

/** What the layout of a buffer depends on, of one device that fills or takes it. */
interface LayoutFacts {
  /** Works from memory to memory: its pictures are whole rows of macroblocks. */
  readonly mem2mem: boolean
  /** A buffer a plane of colour: it has formats for that, or takes whatever planes there are. */
  readonly split: boolean
  /** It has a queue, whose formats decide. */
  readonly queue: boolean
}

const MEM2MEM: readonly DeviceClass[] = ['codec', 'converter', '2d', 'jpeg']
const M2M_NODES: readonly string[] = ['decoder', 'encoder', 'converter']

/** As its driver has it; by its class where no driver is known. */
const layoutFacts = ({ device, factory }: BoundElement, { devices }: Machine): LayoutFacts => {
  const facts = devices.find(({ name }) => name === device)
  const node = facts && videoNodeFor(facts, factory)
  if (node) return { mem2mem: M2M_NODES.includes(node.kind), split: node.splitPlanes, queue: true }
  const kind = facts?.class
  const mem2mem = kind !== undefined && MEM2MEM.includes(kind)
  return { mem2mem, split: mem2mem || kind === 'display' || kind === 'gpu', queue: mem2mem }
}

/**
 * All that share a buffer share its layout. A buffer a plane where every queue has formats for that: GStreamer prefers them.
 *
 * Models: GStreamer 1.22 sys/v4l2/gstv4l2object.c: gst_v4l2_object_set_format_full (prefered_non_contiguous)
 */
export const layoutRules = ({ makers, users }: Segment, machine: Machine): LayoutRules => {
  const atDevices = [...makers, ...users].filter(({ device }) => device !== null)
  if (atDevices.length === 0) return USER_RULES
  const facts = atDevices.map((element) => layoutFacts(element, machine))
  const split = facts.some(({ queue }) => queue) && facts.every((each) => each.split)
  return { ...DRIVER_RULES, split, lines: facts.some(({ mem2mem }) => mem2mem) ? 16 : 1 }
}
