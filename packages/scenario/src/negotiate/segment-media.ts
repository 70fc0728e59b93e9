// What kind of data a segment carries, and how its buffers are laid out.
import type { BoundElement, DeviceClass, Machine } from '@dmalab/api'
import { DRIVER_RULES, USER_RULES } from '../formats/picture-layout.ts'
import type { LayoutRules } from '../formats/picture-layout.ts'
import { codedMedia, makesPictures } from './element-rules.ts'
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
  const raw = makers.some(
    (one) =>
      makesPictures(one) ||
      one.role === 'decoder' ||
      one.role === 'converter' ||
      /^(compositor|[a-z]*videomixer)$/.test(one.factory),
  )
  return raw || makers.length === 0 ? RAW : BYTES
}

/** Classes of device that work from memory to memory: their queues are multi-planar, their pictures whole rows of macroblocks. */
const MEM2MEM: readonly DeviceClass[] = ['codec', 'converter', '2d', 'jpeg']

/**
 * All that share a buffer share its layout. A buffer a plane where every queue is multi-planar: GStreamer prefers those formats.
 *
 * Models: GStreamer 1.22 sys/v4l2/gstv4l2object.c: gst_v4l2_object_set_format_full (prefered_non_contiguous)
 */
export const layoutRules = ({ makers, users }: Segment, { devices }: Machine): LayoutRules => {
  const classOf = ({ device }: BoundElement): DeviceClass | undefined =>
    devices.find(({ name }) => name === device)?.class
  const atDevices = [...makers, ...users].filter(({ device }) => device !== null)
  if (atDevices.length === 0) return USER_RULES
  const classes = atDevices.map(classOf)
  const isMem2mem = (kind: DeviceClass | undefined): boolean => kind !== undefined && MEM2MEM.includes(kind)
  const split =
    classes.some(isMem2mem) && classes.every((kind) => isMem2mem(kind) || kind === 'display' || kind === 'gpu')
  return { ...DRIVER_RULES, split, lines: classes.some(isMem2mem) ? 16 : 1 }
}
