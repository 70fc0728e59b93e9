// Links to pads that come sometimes or on request. The answers were observed on GStreamer 1.22.0, but for the numbers of pads that a stream decides.
import { describe, expect, it } from 'vitest'
import { parsePipeline, PipelineError } from '../src/index.ts'

const linksOf = (line: string): readonly string[] =>
  parsePipeline(line).links.map(([source, sourcePad, sink, sinkPad]) => `${source}.${sourcePad}>${sink}.${sinkPad}`)
const kindOf = (line: string): string => {
  try {
    parsePipeline(line)
  } catch (e) {
    if (e instanceof PipelineError) return e.kind
    throw e
  }
  return 'accepted'
}
const lost = (line: string): readonly string[] => parsePipeline(line).lost.map(({ why }) => why)

describe('pads that come with the stream', () => {
  it.each([
    ['filesrc ! qtdemux ! h264parse ! fakesink', 'qtdemux0.video_0>h264parse0.sink'],
    ['filesrc ! qtdemux ! aacparse ! fakesink', 'qtdemux0.audio_0>aacparse0.sink'],
    ['filesrc ! qtdemux ! fakesink', 'qtdemux0.video_0>fakesink0.sink'],
    ['filesrc ! matroskademux name=d d.video_0 ! fakesink', 'd.video_0>fakesink0.sink'],
    ['filesrc ! matroskademux name=d d.audio_1 ! queue ! fakesink', 'd.audio_1>queue0.sink'],
    ['filesrc ! tsdemux ! h264parse ! fakesink', 'tsdemux0.video_0_00000>h264parse0.sink'],
    ['filesrc ! tsdemux name=d d.video_1_00100 ! fakesink', 'd.video_1_00100>fakesink0.sink'],
    ['filesrc ! flvdemux ! h264parse ! fakesink', 'flvdemux0.video>h264parse0.sink'],
    ['rtspsrc location=rtsp://x ! rtph264depay ! fakesink', 'rtspsrc0.stream_0>rtph264depay0.sink'],
    ['filesrc ! decodebin3 ! audioconvert ! fakesink', 'decodebin3-0.audio_0>audioconvert0.sink'],
    ['uridecodebin uri=file:///x ! videoconvert ! fakesink', 'uridecodebin0.src_0>videoconvert0.sink'],
    ['udpsrc ! rtpbin ! rtph264depay ! fakesink', 'rtpbin0.recv_rtp_src_0_0_0>rtph264depay0.sink'],
    ['filesrc ! parsebin ! v4l2h264dec ! fakesink', 'parsebin0.src_0>v4l2h264dec0.sink'],
    ['filesrc ! acmedemux ! fakesink', 'acmedemux0.src_0>fakesink0.sink'],
  ])('%s', (line, link) => {
    expect(linksOf(line)).toContain(link)
    expect(lost(line)).toEqual([])
  })

  it('a second link without a name gets the next pad of its kind', () => {
    const line =
      'filesrc ! qtdemux name=d d. ! queue ! h264parse ! fakesink d. ! queue ! aacparse ! fakesink d. ! queue ! fakesink'
    expect(linksOf(line)).toEqual(
      expect.arrayContaining(['d.video_0>queue0.sink', 'd.audio_0>queue1.sink', 'd.video_1>queue2.sink']),
    )
  })

  it('a caps filter behind the pad says what kind of stream it is', () => {
    expect(linksOf('filesrc ! matroskademux name=d d. ! image/jpeg ! fakesink d. ! audio/mpeg ! fakesink')).toEqual(
      expect.arrayContaining([
        'd.video_0>capsfilter0.sink',
        'd.audio_0>capsfilter1.sink',
        'capsfilter1.src>fakesink1.sink',
      ]),
    )
  })

  it.each([
    ['filesrc ! qtdemux name=d d.foo_0 ! fakesink', /d never has a pad "foo_0"; its pads are video_%u, audio_%u/],
    ['filesrc ! qtdemux name=d d.video_0 ! fakesink d.video_0 ! fakesink', /video_0 of d is linked already; a tee/],
    ['filesrc ! qtdemux name=d d. ! h264parse name=p ! fakesink d. ! p.', /p has no free pad for video_1 of d/],
    ['filesrc ! dvdemux name=d d. ! subparse ! fakesink', /d has no pad for what subparse0 takes/],
  ])('%s: GStreamer takes it, and the link is never made', (line, why) => {
    expect(lost(line)).toEqual([expect.stringMatching(why)])
  })
})

describe('pads made on request', () => {
  it.each([
    [
      'videotestsrc ! c.sink_3 videotestsrc ! c. compositor name=c ! fakesink',
      ['videotestsrc0.src>c.sink_3', 'videotestsrc1.src>c.sink_4'],
    ],
    [
      'compositor name=c sink_0::xpos=5 ! fakesink videotestsrc ! c.',
      ['videotestsrc0.src>c.sink_0', 'c.src>fakesink0.sink'],
    ],
    ['x264enc ! m.video_0 mp4mux name=m ! fakesink', ['x264enc0.src>m.video_0']],
    [
      'x264enc ! queue ! m. avenc_aac ! queue ! m. mp4mux name=m ! fakesink',
      ['queue0.src>m.video_0', 'queue1.src>m.audio_0'],
    ],
    ['x264enc ! mpegtsmux name=m ! fakesink opusenc ! m.', ['x264enc0.src>m.sink_0', 'opusenc0.src>m.sink_1']],
    ['x264enc ! flvmux name=m ! fakesink', ['x264enc0.src>m.video']],
    ['x264enc ! splitmuxsink name=s opusenc ! s.audio_0', ['x264enc0.src>s.video', 'opusenc0.src>s.audio_0']],
    [
      'udpsrc ! r.recv_rtp_sink_1 rtpbin name=r r.send_rtcp_src_0 ! fakesink',
      ['udpsrc0.src>r.recv_rtp_sink_1', 'r.send_rtcp_src_0>fakesink0.sink'],
    ],
    [
      'decodebin3 name=d filesrc ! d.sink_0 d.video_0 ! fakesink',
      ['filesrc0.src>d.sink_0', 'd.video_0>fakesink0.sink'],
    ],
  ])('%s', (line, links) => {
    expect(linksOf(line)).toEqual(expect.arrayContaining(links))
  })

  it.each([
    'compositor name=c c.sink_0 ! fakesink',
    'videotestsrc ! c.sink_0 videotestsrc ! c.sink_0 compositor name=c ! fakesink',
    'jpegenc ! m.foo mp4mux name=m ! fakesink',
    'x264enc ! m. x264enc ! m. flvmux name=m ! fakesink',
    'playbin uri=file:///x ! fakesink',
    'filesrc ! uridecodebin ! fakesink',
  ])('%s is refused', (line) => {
    expect(kindOf(line)).toBe('link')
  })
})

describe('elements that are not known', () => {
  it.each([
    [
      'videotestsrc ! m.sink_0 videotestsrc ! m.sink_1 tiovxmosaic name=m ! kmssink',
      ['videotestsrc1.src>m.sink_1', 'm.src>kmssink0.sink'],
    ],
    [
      'nvarguscamerasrc ! acmeisp ! unixfdsink',
      ['nvarguscamerasrc0.src>acmeisp0.sink', 'acmeisp0.src>unixfdsink0.sink'],
    ],
    ['fakesrc ! acme name=a a. ! fakesink a. ! fakesink', ['a.src>fakesink0.sink', 'a.src_0>fakesink1.sink']],
    ['fakesrc ! acme name=a a.preview ! fakesink', ['a.preview>fakesink0.sink']],
  ])('have the pads that a line asks for: %s', (line, links) => {
    expect(linksOf(line)).toEqual(expect.arrayContaining(links))
  })
})
