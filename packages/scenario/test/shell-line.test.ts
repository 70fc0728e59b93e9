// What stands around a pipeline in a pasted line, and is not for GStreamer.
import { describe, expect, it } from 'vitest'
import { parsePipeline, PipelineError } from '../src/index.ts'

const names = (line: string): readonly string[] => parsePipeline(line).elements.map(({ name }) => name)
const left = (line: string): readonly string[] => parsePipeline(line).ignored.map(({ what }) => what)

describe('what is for the shell is left out, and said', () => {
  it.each([
    ['$ gst-launch-1.0 fakesrc ! fakesink', ['$']],
    ['# gst-launch-1.0 fakesrc ! fakesink', ['#']],
    ['root@imx8mp:~# gst-launch-1.0 fakesrc ! fakesink', ['root@imx8mp:~#']],
    ['pi@raspberrypi:~/src $ gst-launch-1.0 fakesrc ! fakesink', ['pi@raspberrypi:~/src $']],
    ['[me@host dir]$ GST_DEBUG=3 gst-launch-1.0 fakesrc ! fakesink', ['[me@host dir]$ GST_DEBUG=3']],
    ['sudo -E env X=1 gst-launch-1.0 -v fakesrc ! fakesink', ['sudo -E env X=1']],
    ['time timeout 10 gst-launch-1.0 fakesrc ! fakesink', ['time timeout 10']],
    ['cat a.h264 | gst-launch-1.0 fakesrc ! fakesink', ['cat a.h264 |']],
    ['gst-launch-1.0 fakesrc ! fakesink &', ['&']],
    ['gst-launch-1.0 fakesrc ! fakesink&', ['&']],
    ['gst-launch-1.0 fakesrc ! fakesink > log.txt 2>&1', ['> log.txt', '2>&1']],
    ['gst-launch-1.0 fakesrc ! fakesink 2>/dev/null', ['2>/dev/null']],
    ['gst-launch-1.0 fakesrc ! fakesink < /dev/null -v', ['< /dev/null']],
    ['gst-launch-1.0 fakesrc ! fakesink 2>&1 | tee log', ['2>&1', '| tee log']],
    ['gst-launch-1.0 fakesrc ! fakesink && echo done', ['&& echo done']],
    ['gst-launch-1.0 fakesrc ! fakesink ; echo done', ['; echo done']],
    [`sh -c "gst-launch-1.0 fakesrc ! fakesink"`, ['sh -c']],
    [`ssh board 'sudo gst-launch-1.0 -e fakesrc ! fakesink &'`, ['ssh board', 'sudo', '&']],
    ['fakesrc ! fakesink &', ['&']],
    ['gst-launch-1.0 fakesrc ! fakesink', []],
  ])('%s', (line, ignored) => {
    expect(names(line)).toEqual(['fakesrc0', 'fakesink0'])
    expect(left(line)).toEqual(ignored)
  })

  it.each([
    ['fakesrc ! video/x-raw;audio/x-raw ! fakesink', 'a semicolon between structures of caps'],
    ['filesrc location="a & b" ! fakesink', 'an ampersand in quotes'],
    ['udpsrc uri=udp://host?a=1&b=2 ! fakesink', 'an ampersand inside a word'],
    [`fakesrc ! 'audio/x-raw,layout=<1,2>' ! fakesink`, 'an array'],
    ['filesrc location=/usr/bin/gst-launch-1.0 ! fakesink', 'a file that is called like the launcher'],
  ])('keeps %s: %s', (line) => {
    expect(left(line)).toEqual([])
  })

  it('keeps places in the line as it was typed', () => {
    const place = (line: string): number | undefined => {
      try {
        parsePipeline(line)
      } catch (e) {
        if (e instanceof PipelineError) return e.place.column
        throw e
      }
      return undefined
    }
    expect(place('$ sudo gst-launch-1.0 fakesrc ! fakesink no-such=1 &')).toBe(42)
    expect(place('sh -c "gst-launch-1.0 fakesrc ! fakesink no-such=1"')).toBe(42)
  })
})

describe('text that no person types is refused in a moment', () => {
  const refusal = (line: string): string => {
    try {
      parsePipeline(line)
    } catch (e) {
      if (e instanceof PipelineError) return e.reason
      throw e
    }
    throw new Error('accepted')
  }

  it.each([
    ['30,000 elements', `fakesrc ! ${'queue ! '.repeat(30_000)}fakesink`, /240018 characters; 32768 are read/],
    ['2,000 elements', `fakesrc ! ${'queue ! '.repeat(2000)}fakesink`, /more than 1000 elements/],
    ['2,000 loose elements', 'fakesrc '.repeat(2000), /more than 1000 elements/],
    ['1,500 bins in bins', `${'( '.repeat(1500)}fakesrc${' )'.repeat(1500)}`, /no more than 64 bins/],
    ['1,500 named bins', `${'bin.( '.repeat(1500)}fakesrc`, /no more than 64 bins/],
  ])('%s', (_, line, reason) => {
    expect(refusal(line)).toMatch(reason)
  })

  it('64 bins in one another and 1,000 elements are read', () => {
    expect(names(`${'( '.repeat(64)}fakesrc${' )'.repeat(64)}`)).toHaveLength(65)
    expect(names(`fakesrc ! ${'queue ! '.repeat(998)}fakesink`)).toHaveLength(1000)
    expect(names(`${'( fakesrc ) '.repeat(100)}`)).toHaveLength(200)
  })
})
