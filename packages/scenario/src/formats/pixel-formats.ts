// Pixel formats: GStreamer's name, V4L2's codes, and what of a picture lies where.

import { ownValue } from '@dmalab/api'
/** One plane of colour: bytes a pixel in `bytes` (of `per` pixels), at a part of the picture's width and height. */
export interface ColourPlane {
  readonly bytes: number
  readonly per: number
  readonly hdiv: number
  readonly vdiv: number
  /** Tile in pixels of the plane's own; 1x1 for lines. */
  readonly tile: readonly [width: number, height: number]
}

export interface PixelFormat {
  /** As caps write it. */
  readonly name: string
  /** V4L2's code for all planes in one buffer, and for a buffer a plane; null where V4L2 has none. */
  readonly fourcc: string | null
  readonly split: string | null
  readonly planes: readonly ColourPlane[]
}

const plane = (bytes: number, hdiv = 1, vdiv = 1, tile: ColourPlane['tile'] = [1, 1], per = 1): ColourPlane => ({
  bytes,
  per,
  hdiv,
  vdiv,
  tile,
})
const semi = (vdiv: number, hdiv = 2, bytes = 1): readonly ColourPlane[] => [plane(bytes), plane(2 * bytes, hdiv, vdiv)]
const three = (hdiv: number, vdiv: number): readonly ColourPlane[] => [
  plane(1),
  plane(1, hdiv, vdiv),
  plane(1, hdiv, vdiv),
]
/** Luma and chroma in tiles of so many bytes and lines; a pair of chroma samples is two bytes. */
const tiled = (width: number, lines: number, chromaLines = lines): readonly ColourPlane[] => [
  plane(1, 1, 1, [width, lines]),
  plane(2, 2, 2, [width / 2, chromaLines]),
]
const row = (
  name: string,
  planes: readonly ColourPlane[],
  fourcc: string | null,
  split: string | null = null,
): readonly [string, PixelFormat] => [name, { name, fourcc, split, planes }]

/**
 * Models: Linux v6.12 drivers/media/v4l2-core/v4l2-common.c: v4l2_format_info; GStreamer 1.22 gst-libs/gst/video/video-format.c: formats
 * Leaves out: Bayer formats, formats of more than 8 bits but for P010, vendors' compressed pictures (AFBC, UBWC, SAND).
 */
const PIXEL_FORMATS: ReadonlyMap<string, PixelFormat> = new Map([
  row('NV12', semi(2), 'NV12', 'NM12'),
  row('NV21', semi(2), 'NV21', 'NM21'),
  row('NV16', semi(1), 'NV16', 'NM16'),
  row('NV61', semi(1), 'NV61', 'NM61'),
  row('NV24', semi(1, 1), 'NV24'),
  row('P010_10LE', semi(2, 2, 2), 'P010'),
  row('I420', three(2, 2), 'YU12', 'YM12'),
  row('YV12', three(2, 2), 'YV12', 'YM21'),
  row('Y42B', three(2, 1), '422P', 'YM16'),
  row('Y444', three(1, 1), null, 'YM24'),
  row('YUY2', [plane(2)], 'YUYV'),
  row('YVYU', [plane(2)], 'YVYU'),
  row('UYVY', [plane(2)], 'UYVY'),
  row('VYUY', [plane(2)], 'VYUY'),
  row('RGB16', [plane(2)], 'RGBP'),
  row('RGB', [plane(3)], 'RGB3'),
  row('BGR', [plane(3)], 'BGR3'),
  row('BGRx', [plane(4)], 'XR24'),
  row('RGBx', [plane(4)], 'XB24'),
  row('xRGB', [plane(4)], 'BX24'),
  row('xBGR', [plane(4)], 'RX24'),
  row('BGRA', [plane(4)], 'AR24'),
  row('RGBA', [plane(4)], 'AB24'),
  row('ARGB', [plane(4)], 'BA24'),
  row('ABGR', [plane(4)], 'RA24'),
  row('GRAY8', [plane(1)], 'GREY'),
  row('GRAY16_LE', [plane(2)], 'Y16'),
  row('NV12_4L4', tiled(4, 4), 'VT12'),
  row('NV12_32L32', tiled(32, 32), 'ST12'),
  row('NV12_64Z32', tiled(64, 32), null, 'TM12'),
  row('NV12_16L32S', tiled(16, 32, 16), null, 'MM21'),
])

export const pixelFormat = (name: string): PixelFormat | undefined => PIXEL_FORMATS.get(name)

/** The format of a name of either kind: `YUY2` and `YUYV`, `NV12` and `NM12`. */
export const formatNamed = (name: string): PixelFormat | undefined =>
  PIXEL_FORMATS.get(name) ??
  [...PIXEL_FORMATS.values()].find(
    ({ fourcc, split }) => fourcc === name.toUpperCase() || split === name.toUpperCase(),
  ) ??
  PIXEL_FORMATS.get(ownValue(DRM_NAMES, name.toUpperCase()) ?? '')

/** DRM's codes that V4L2 has not. Models: Linux v6.12 include/uapi/drm/drm_fourcc.h: DRM_FORMAT_RGB565 and the like */
const DRM_NAMES: Readonly<Record<string, string>> = {
  RG16: 'RGB16',
  RG24: 'BGR',
  BG24: 'RGB',
  YU16: 'Y42B',
  YU24: 'Y444',
  RX24: 'xBGR',
  RA24: 'ABGR',
}

export const formatNames = (): readonly string[] => [...PIXEL_FORMATS.keys()]

/** V4L2's codes of coded pictures, by media type. Models: GStreamer 1.22 sys/v4l2/gstv4l2object.c: gst_v4l2_object_get_caps_info */
const STREAM_CODES: Readonly<Record<string, string>> = {
  'video/x-h264': 'H264',
  'video/x-h265': 'HEVC',
  'video/x-h263': 'H263',
  'video/mpeg': 'MPG2',
  'video/x-vp8': 'VP80',
  'video/x-vp9': 'VP90',
  'video/x-av1': 'AV1F',
  'image/jpeg': 'MJPG',
}
export const streamCode = (media: string): string | null => ownValue(STREAM_CODES, media) ?? null
