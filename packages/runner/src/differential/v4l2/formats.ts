// Pixel formats that programs set, as the drivers lay them out in memory.
import type { FrameFormat } from '@dmalab/api'

/** One memory plane of a format. */
interface PlaneLayout {
  /** Bits a pixel of a line, as bytes a line count. */
  readonly bits: number
  /** Lines of the picture a line of the plane stands for. */
  readonly lines: number
  /** Bytes before the picture. */
  readonly dataOffset: number
}

/** Layouts by fourcc, and the field that output buffers get. */
export interface PixelFormats {
  readonly layouts: Readonly<Record<string, readonly PlaneLayout[]>>
  readonly outputField: number
}

const plane = (bits: number, lines = 1, dataOffset = 0): PlaneLayout => ({ bits, lines, dataOffset })

/**
 * The first plane of NM16 begins with 128 bytes that are not a picture.
 * Models: Linux v6.12 drivers/media/test-drivers/vivid/vivid-vid-common.c: vivid_formats
 */
export const VIVID_FORMATS: PixelFormats = {
  layouts: {
    YUYV: [plane(16)],
    RGB3: [plane(24)],
    GREY: [plane(8)],
    NM12: [plane(8), plane(8, 2)],
    NM16: [plane(8, 1, 128), plane(8)],
    YM12: [plane(8), plane(4, 2), plane(4, 2)],
  },
  // S-Video: V4L2_FIELD_INTERLACED.
  outputField: 4,
}

/** Models: Linux v6.12 drivers/media/test-drivers/vim2m.c: formats */
export const VIM2M_FORMATS: PixelFormats = {
  layouts: { RGBP: [plane(16)], RGBR: [plane(16)], RGB3: [plane(24)], BGR3: [plane(24)], YUYV: [plane(16)] },
  outputField: 1,
}

/** A format, and how S_FMT tells it. */
export interface ToldFormat {
  readonly format: FrameFormat
  readonly text: string
}

/** undefined: its layout is not known here. */
export const formatOf = (
  { layouts, outputField }: PixelFormats,
  wish: { readonly width: number; readonly height: number; readonly fourcc: string },
  output: boolean,
): ToldFormat | undefined => {
  const { width, height, fourcc } = wish
  const layout = layouts[fourcc]
  if (layout === undefined) return undefined
  const planes = layout.map(({ bits, lines, dataOffset }) => {
    const bytesPerLine = (width * bits) / 8
    const payload = (bytesPerLine * height) / lines
    return { bytesPerLine, payload, size: payload + dataOffset, dataOffset }
  })
  const sizes = planes.map(({ size, bytesPerLine }) => `p=${size}/${bytesPerLine}`)
  return {
    format: { width, height, planes, field: output ? outputField : 1 },
    text: `ok ${width}x${height} ${fourcc} ${sizes.join(' ')}`,
  }
}
