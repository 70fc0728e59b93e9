// Bytes of a picture: planes, bytes a line, bytes of a buffer.
import type { PlaneLayout } from '@dmalab/api'
import type { ColourPlane, PixelFormat } from './pixel-formats.ts'

export interface LayoutRules {
  /** A buffer for each plane of colour, where the format has a code for that. */
  readonly split: boolean
  /** Lines that a plane's buffer is rounded up to: codecs work in rows of macroblocks. */
  readonly lines: number
  /** Bytes that a line is rounded up to. */
  readonly stride: number
}

/** What a driver makes of a format that has no rules of its own. */
export const DRIVER_RULES: LayoutRules = { split: false, lines: 1, stride: 1 }
/** Memory of user space. Models: GStreamer 1.22 gst-libs/gst/video/video-info.c: fill_planes */
export const USER_RULES: LayoutRules = { split: false, lines: 1, stride: 4 }

const align = (n: number, to: number): number => Math.ceil(n / to) * to

/**
 * Planes of memory for a picture; `bytes` is the picture, `sizeimage` what its buffer has.
 *
 * Models: Linux v6.12 drivers/media/v4l2-core/v4l2-common.c: v4l2_fill_pixfmt_mp
 */
export const layoutOf = (
  format: PixelFormat,
  width: number,
  height: number,
  rules: LayoutRules,
): readonly PlaneLayout[] => {
  // Two lines share their chroma: user space keeps whole pairs of them.
  const pairs = rules.stride > 1 ? Math.max(...format.planes.map(({ vdiv }) => vdiv)) : 1
  const size = (plane: ColourPlane, lines: number): PlaneLayout => {
    const tiles = plane.tile[1] * plane.tile[0] > 1
    const pixels = align(Math.ceil(width / plane.hdiv), plane.tile[0])
    const bytesperline = align(Math.ceil((pixels * plane.bytes) / plane.per), tiles ? 1 : rules.stride)
    const rows = align(Math.ceil(align(height, pairs) / plane.vdiv), plane.tile[1])
    const room = align(Math.ceil(align(height, lines) / plane.vdiv), plane.tile[1])
    return { bytesperline, bytes: bytesperline * rows, sizeimage: bytesperline * room }
  }
  const planes = format.planes.map((plane) => size(plane, rules.lines))
  if ((rules.split && format.split !== null) || format.fourcc === null) return planes
  const [first] = planes
  const sum = (key: 'bytes' | 'sizeimage'): number => planes.reduce((total, plane) => total + plane[key], 0)
  return [{ bytesperline: first?.bytesperline ?? 0, bytes: sum('bytes'), sizeimage: sum('sizeimage') }]
}

/** The code that V4L2 knows a picture of so many planes of memory by. */
export const fourccOf = ({ fourcc, split, planes }: PixelFormat, memoryPlanes: number): string | null =>
  fourcc === null || (memoryPlanes > 1 && memoryPlanes === planes.length) ? split : fourcc
