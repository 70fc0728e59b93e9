// Well-known elements that work in user space: by the name's pattern, a role and the pads that the role has.
import { autoNameOf, request, SINK, sometimes, SRC } from './element-facts.ts'
import type { ElementFacts, PadTemplate, UserSpaceRole } from './element-facts.ts'
import { properties } from './property-table.ts'

interface MediaFamily {
  readonly pattern: RegExp
  readonly role: UserSpaceRole
  readonly pads: readonly PadTemplate[]
}

const THROUGH = [SRC, SINK]

const MEDIA_FAMILIES: readonly MediaFamily[] = [
  { pattern: /^[a-z0-9]*(?<!de)mux$/, role: 'muxer', pads: [SRC, request('sink_%u')] },
  { pattern: /^[a-z0-9]*(demux|demuxer)$/, role: 'demuxer', pads: [SINK, sometimes('src_%u')] },
  { pattern: /^([a-z0-9]+parse|rtp[a-z0-9]+depay|rtpjitterbuffer)$/, role: 'parser', pads: THROUGH },
  { pattern: /^rtp[a-z0-9]+pay$/, role: 'parser', pads: THROUGH },
  {
    pattern:
      /^((video|audio|gl|d3d11)?convert|(video|audio)convert(scale)?|video(scale|rate|crop|flip|box|balance)|deinterlace|audioresample|glupload|gldownload|glcolorconvert|bayer2rgb|textoverlay|timeoverlay|clockoverlay|overlaycomposition|fpsdisplay|progressreport|volume|tensor_[a-z]+)$/,
    role: 'converter',
    pads: THROUGH,
  },
  {
    pattern:
      /^(avdec_[a-z0-9]+|openh264dec|vp[89]dec|jpegdec|theoradec|dav1ddec|opusdec|vorbisdec|faad|mpg123audiodec|libde265dec)$/,
    role: 'decoder',
    pads: THROUGH,
  },
  {
    pattern:
      /^(avenc_[a-z0-9]+|x26[45]enc|openh264enc|vp[89]enc|jpegenc|pngenc|theoraenc|av1enc|opusenc|vorbisenc|voaacenc)$/,
    role: 'encoder',
    pads: THROUGH,
  },
  { pattern: /^(queue[0-9]*)$/, role: 'queue', pads: THROUGH },
  {
    pattern:
      /^(fpsdisplaysink|(app|udp|multiudp|multifile|tcpserver|tcpclient|rtmp|rtmp2|shm|hls|souphttpclient|srt|alsa|pulse|pipewire|autoaudio|jack|fakeaudio|fakevideo|playback|inter(video|audio)|proxy)sink)$/,
    role: 'sink',
    pads: [SINK],
  },
  {
    pattern:
      /^((app|udp|rtmp|rtmp2|tcpserver|tcpclient|souphttp|curlhttp|shm|multifile|videotest|audiotest|giostream|gio|giolib|alsa|pulse|pipewire|autovideo|autoaudio|srt|rist|inter(video|audio)|proxy|ximage|image|push)src|splitfilesrc|imagesequencesrc)$/,
    role: 'source',
    pads: [SRC],
  },
]

export const mediaFacts = (factory: string): ElementFacts | undefined => {
  const family = MEDIA_FAMILIES.find(({ pattern }) => pattern.test(factory))
  return (
    family && {
      factory,
      core: false,
      role: family.role,
      pads: family.pads,
      properties: properties('name:string parent:object'),
      open: true,
      proxy: false,
      autoName: autoNameOf(factory),
      presets: family.role === 'encoder',
    }
  )
}
