// Elements that join and part streams, with the pads that GStreamer's own ones make always, sometimes or on request.
import type { ElementFacts, PadTemplate, StreamKind, UserSpaceRole } from './element-facts.ts'
import { autoNameOf, request, SINK, sometimes, SRC } from './element-facts.ts'
import { properties } from './property-table.ts'

interface StreamElement {
  readonly role: UserSpaceRole
  readonly pads: readonly PadTemplate[]
}

interface Sides {
  readonly always?: readonly PadTemplate[]
  /** Names of pads, separated by spaces. */
  readonly sometimes?: string
  readonly sinks?: string
  readonly srcs?: string
}

const words = (text = ''): readonly string[] => text.split(' ').filter((word) => word !== '')
const element = (role: UserSpaceRole, { always = [], sometimes: later, sinks, srcs }: Sides): StreamElement => ({
  role,
  pads: [
    ...always,
    ...words(later).map(sometimes),
    ...words(sinks).map((name) => request(name, 'sink')),
    ...words(srcs).map((name) => request(name, 'src')),
  ],
})

const demuxer = (later: string): StreamElement => element('demuxer', { always: [SINK], sometimes: later })
const muxer = (sinks: string): StreamElement => element('muxer', { always: [SRC], sinks })
const mixer = muxer('sink_%u')
const streams = (number: string): string => `video_${number} audio_${number}`
const three = `${streams('%u')} subtitle_%u`
const automatic = `${streams('%u')} text_%u src_%u`
const whole: StreamElement = { role: 'whole', pads: [] }

/**
 * Pad templates as gst-inspect-1.0 of GStreamer 1.22 prints them, those for video first.
 *
 * Models: GStreamer 1.22 gst/isomp4/qtdemux.c: gst_qtdemux_class_init
 * Models: GStreamer 1.22 gst/matroska/matroska-demux.c: gst_matroska_demux_class_init
 * Models: GStreamer 1.22 gst/mpegtsdemux/tsdemux.c: gst_ts_demux_class_init
 * Models: GStreamer 1.22 gst/rtpmanager/gstrtpbin.c: gst_rtp_bin_class_init
 */
const STREAM_ELEMENTS: Readonly<Record<string, StreamElement>> = {
  qtdemux: demuxer(three),
  matroskademux: demuxer(three),
  avidemux: demuxer(`${three} subpicture_%u`),
  tsdemux: demuxer(`${streams('%01x_%05x')} subpicture_%01x_%05x private_%01x_%05x`),
  mpegpsdemux: demuxer(`${streams('%02x')} subpicture_%02x private_%d`),
  flvdemux: demuxer('video audio'),
  dvdemux: demuxer('video audio'),
  oggdemux: demuxer('src_%08x'),
  asfdemux: demuxer(streams('%u')),
  mxfdemux: demuxer('track_%u'),
  multipartdemux: demuxer('src_%u'),
  hlsdemux: demuxer('src_%u'),
  hlsdemux2: demuxer(automatic),
  dashdemux: demuxer(`${streams('%02u')} subtitle_%02u`),
  dashdemux2: demuxer(automatic),
  sdpdemux: demuxer('stream_%u'),
  rtpptdemux: demuxer('src_%u'),
  rtpssrcdemux: element('demuxer', {
    always: [SINK, { ...SINK, name: 'rtcp_sink' }],
    sometimes: 'src_%u rtcp_src_%u',
  }),
  rtspsrc: element('source', { sometimes: 'stream_%u' }),
  splitmuxsrc: element('source', { sometimes: `video ${three}` }),
  urisourcebin: element('source', { sometimes: 'src_%u' }),
  uridecodebin: element('source', { sometimes: 'src_%u' }),
  uridecodebin3: element('source', { sometimes: automatic }),
  decodebin: element('decoder', { always: [SINK], sometimes: 'src_%u' }),
  decodebin3: element('decoder', { always: [SINK], sometimes: automatic, sinks: 'sink_%u' }),
  parsebin: element('parser', { always: [SINK], sometimes: 'src_%u' }),
  rtpbin: element('parser', {
    sometimes: 'recv_rtp_src_%u_%u_%u send_rtp_src_%u send_fec_src_%u_%u',
    sinks: 'recv_rtp_sink_%u recv_rtcp_sink_%u send_rtp_sink_%u recv_fec_sink_%u_%u',
    srcs: 'send_rtcp_src_%u',
  }),
  webrtcbin: element('parser', { sometimes: 'src_%u', sinks: 'sink_%u' }),
  mp4mux: muxer(three),
  qtmux: muxer(`${three} caption_%u`),
  matroskamux: muxer(three),
  webmmux: muxer(three),
  oggmux: muxer(three),
  avimux: muxer(streams('%u')),
  flvmux: muxer('video audio'),
  mpegtsmux: muxer('sink_%d'),
  multipartmux: mixer,
  rtpmux: mixer,
  compositor: mixer,
  videomixer: mixer,
  glvideomixer: mixer,
  glvideomixerelement: mixer,
  audiomixer: mixer,
  interleave: mixer,
  splitmuxsink: element('sink', { sinks: 'video audio_%u subtitle_%u caption_%u video_aux_%u' }),
  playsink: element('sink', { sinks: 'video_sink audio_sink text_sink video_raw_sink audio_raw_sink' }),
  playbin: whole,
  playbin3: whole,
  uriplaylistbin: whole,
  camerabin: whole,
}

export const streamFacts = (factory: string): ElementFacts | undefined => {
  if (!Object.hasOwn(STREAM_ELEMENTS, factory)) return undefined
  const { role = 'unknown', pads = [] } = STREAM_ELEMENTS[factory] ?? {}
  return {
    factory,
    core: false,
    role,
    pads,
    properties: properties('name:string parent:object'),
    open: true,
    proxy: false,
    autoName: autoNameOf(factory),
    presets: false,
  }
}

/** What streams a pad is for, by its name. */
export const streamKindOfPad = (name: string): StreamKind => {
  if (name.startsWith('video')) return 'video'
  if (name.startsWith('audio')) return 'audio'
  // Control and correction of errors: what passes there is no part of the stream.
  if (/rtcp|_fec_/.test(name)) return 'rtcp'
  return /^(text|subtitle|subpicture|caption|private)/.test(name) ? 'text' : undefined
}

const AUDIO =
  /^(audio|aac|ac3|alac|flac|opus|vorbis|speex|faad|faac|fdkaac|voaac|lame|mpg123|mad|mpegaudio|wav|alsa|pulse|jack|autoaudio|volume|pitch|scaletempo|avdec_(aac|ac3|eac3|mp3|mp2|opus|vorbis|flac|alac|dts|pcm|adpcm)|avenc_(aac|ac3|mp2|opus|flac)|rtp(mp4a|mpa|opus|vorbis|pcm|ac3|L16|L24|g7|amr|speex))/i
const TEXT = /^(text(render|overlay)?|sub(parse|titleoverlay)|ssaparse|dvbsub|dvdspu|closedcaption|cc)/
const VIDEO =
  /^(v4l2|h26[345]|mpeg(4)?video|mpeg2|vp[89]|av1|jpeg|png|theora|video|kms|wayland|gl|xv|ximage|autovideo|x26[45]|openh264|avdec_(h26|mpeg|vp|mjpeg|av1)|rtp(h26|vp|jpeg|mp4v|av1|raw|vraw)|deinterlace)/

/** What streams an element is for, by its name; undefined: any, or not known. */
export const streamKindOfElement = (factory: string): StreamKind => {
  if (AUDIO.test(factory)) return 'audio'
  if (VIDEO.test(factory)) return 'video'
  return TEXT.test(factory) ? 'text' : undefined
}
