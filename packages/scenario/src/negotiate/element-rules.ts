// What elements do with size, format and rate of the pictures that pass them.
import type { BoundElement } from '@dmalab/api'

export type Field = 'width' | 'height' | 'framerate' | 'format'
export const FIELDS: readonly Field[] = ['width', 'height', 'framerate', 'format']

/** Converters of user space that leave the size as it is, and those that leave the pixel format as it is. */
const KEEP_SIZE =
  /^(videoconvert|videorate|deinterlace|videobalance|[a-z]+overlay|overlaycomposition|glcolorconvert|glupload|gldownload|progressreport|bayer2rgb)$/
const KEEP_FORMAT = /^(videoscale|videorate|videocrop|videoflip|deinterlace|videobalance|[a-z]+overlay|progressreport)$/

/** Whether what comes out must be what went in. A demuxer parts streams and a mixer joins them: neither keeps anything. */
export const keeps = ({ role, factory, device }: BoundElement, field: Field): boolean => {
  if (role === 'decoder' || role === 'encoder' || role === 'parser') return field !== 'format'
  if (role !== 'converter') return false
  if (field === 'framerate') return factory !== 'videorate'
  if (device !== null) return false
  return field === 'format' ? KEEP_FORMAT.test(factory) : KEEP_SIZE.test(factory)
}

/** Whether what comes out is what went in where nothing says otherwise. Models: GStreamer 1.22 gst-libs/gst/base/gstbasetransform.c: gst_base_transform_fixate_caps */
export const follows = ({ role }: BoundElement, field: Field): boolean =>
  role === 'converter' || (role === 'muxer' && field !== 'format')

const CODECS: readonly (readonly [RegExp, string])[] = [
  [/h264|x264|avc/, 'video/x-h264'],
  [/h265|x265|hevc/, 'video/x-h265'],
  [/h263/, 'video/x-h263'],
  [/vp8/, 'video/x-vp8'],
  [/vp9/, 'video/x-vp9'],
  [/av1/, 'video/x-av1'],
  [/jpe?g/, 'image/jpeg'],
  [/mpeg/, 'video/mpeg'],
]

/** The media type that a coder, parser or payloader of coded pictures is named after. */
export const codedMedia = ({ factory }: BoundElement): string | undefined =>
  CODECS.find(([pattern]) => pattern.test(factory))?.[1]

/** Sources that make pictures, not bytes of a file or packets. */
export const makesPictures = ({ role, factory, device }: BoundElement): boolean =>
  role === 'source' &&
  (device !== null ||
    /^(videotestsrc|fakesrc|appsrc|libcamerasrc|ximagesrc|autovideosrc|v4l2src|gltestsrc|[a-z0-9]*camera[a-z0-9]*)$/.test(
      factory,
    ))

/** What a source makes where nothing says otherwise. Models: GStreamer 1.22 gst/videotestsrc/gstvideotestsrc.c: gst_video_test_src_src_fixate */
export const sourceDefault = ({ factory }: BoundElement, field: Field): string | undefined =>
  factory === 'videotestsrc' ? { width: '320', height: '240', framerate: '30/1', format: undefined }[field] : undefined
