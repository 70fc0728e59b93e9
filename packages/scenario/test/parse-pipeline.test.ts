import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isInputError } from '@dmalab/api'
import { parsePipeline, PipelineError, printPipeline } from '../src/index.ts'
import type { Pipeline } from '../src/index.ts'

const failure = (line: string, unknown: 'accept' | 'refuse' = 'accept'): PipelineError => {
  try {
    parsePipeline(line, { unknown })
  } catch (e) {
    if (e instanceof PipelineError) return e
    throw e
  }
  throw new Error(`${line} was accepted`)
}
const linksOf = (line: string): readonly string[] =>
  parsePipeline(line).links.map(([source, sourcePad, sink, sinkPad]) => `${source}.${sourcePad}>${sink}.${sinkPad}`)
const namesOf = (line: string): readonly string[] => parsePipeline(line).elements.map(({ name }) => name)

describe('the launcher before the pipeline', () => {
  it.each([
    'gst-launch-1.0 fakesrc ! fakesink',
    '/usr/bin/gst-launch-1.0 -v -e fakesrc ! fakesink',
    'GST_DEBUG=3 gst-launch-1.0 --gst-debug-level 2 fakesrc ! fakesink -v',
    'sudo gst-launch-1.0 --gst-plugin-path=/opt/x fakesrc ! fakesink',
  ])('is dropped with its options: %s', (line) => {
    expect(namesOf(line)).toEqual(['fakesrc0', 'fakesink0'])
  })

  it('refuses an option that gst-launch-1.0 does not have', () => {
    expect(failure('gst-launch-1.0 --fast fakesrc')).toMatchObject({ kind: 'syntax', place: { line: 1, column: 16 } })
  })

  it('an option without the launcher is not a pipeline', () => {
    expect(failure('-v fakesrc').kind).toBe('syntax')
  })
})

// Observed on GStreamer 1.22.0.
describe('graphs', () => {
  it.each([
    [
      'fakesrc ! tee name=t t.src_3 ! fakesink t. ! fakesink t.src_0 ! fakesink t. ! fakesink',
      'a pad asked for by number moves the count past it',
      [
        'fakesrc0.src>t.sink',
        't.src_3>fakesink0.sink',
        't.src_4>fakesink1.sink',
        't.src_0>fakesink2.sink',
        't.src_5>fakesink3.sink',
      ],
    ],
    [
      '( fakesrc ! identity ) ! ( identity ! fakesink )',
      'bins are linked by ghost pads',
      ['bin0.ghost>bin1.ghost', 'fakesrc0.src>identity0.sink', 'identity1.src>fakesink0.sink'],
    ],
    [
      '( ( fakesrc ! identity ) ! identity ) ! fakesink',
      'a bin in a bin has ghost pads on both',
      ['bin1.ghost>fakesink0.sink', 'bin0.ghost>identity1.sink', 'fakesrc0.src>identity0.sink'],
    ],
    [
      '( fakesrc ! video/x-raw ! identity ) ! video/x-raw ! fakesink',
      'a caps filter goes into the bin of its source',
      [
        'bin0.ghost>fakesink0.sink',
        'fakesrc0.src>capsfilter0.sink',
        'identity0.src>capsfilter1.sink',
        'capsfilter0.src>identity0.sink',
      ],
    ],
    ['file:///tmp/x ! file:///tmp/y', 'a URI makes the element of its protocol', ['filesrc0.src>filesink0.sink']],
    [
      'fakesrc ! video/x-raw;audio/x-raw ! fakesink',
      'caps may have several structures',
      ['fakesrc0.src>capsfilter0.sink', 'capsfilter0.src>fakesink0.sink'],
    ],
    [
      'fakesrc ! video/x-raw : fakesink',
      'either operator may end caps',
      ['fakesrc0.src>capsfilter0.sink', 'capsfilter0.src>fakesink0.sink'],
    ],
    [
      'fakesrc ! .sink,sink2 fakesink',
      'without source pads only the first sink pad counts',
      ['fakesrc0.src>fakesink0.sink'],
    ],
    ['pipeline.( fakesrc ! fakesink )', 'a pipeline alone is the pipeline', ['fakesrc0.src>fakesink0.sink']],
    [
      'fakesrc ! funnel name=f ! fakesink fakesrc ! f. fakesrc ! f.sink_7',
      'a funnel names pads its own way',
      ['fakesrc0.src>f.funnelpad0', 'f.src>fakesink0.sink', 'fakesrc1.src>f.funnelpad1', 'fakesrc2.src>f.sink_7'],
    ],
    [
      'fakesrc : tee : fakesink',
      'a link of all pads stops when pads run out',
      ['fakesrc0.src>tee0.sink', 'tee0.src_0>fakesink0.sink'],
    ],
    [
      'tee name=t t. ! fakesink ( t. ! fakesink )',
      'a reference reaches out of a bin',
      ['t.src_0>fakesink0.sink', 't.src_1>bin0.ghost'],
    ],
  ])('%s: %s', (line, _, links) => {
    expect(linksOf(line)).toEqual(links)
  })

  it('leaves out a second element of the same name, and says so', () => {
    const { elements, warnings } = parsePipeline('fakesrc name=a fakesink name=a')
    expect(elements.map(({ factory }) => factory)).toEqual(['fakesrc'])
    expect(warnings).toEqual(['a second element named "a" is left out'])
  })

  it('puts no number right after a digit of a type name', () => {
    expect(namesOf('fakesrc ! queue2 ! typefind ! fakesink')).toEqual([
      'fakesrc0',
      'queue2-0',
      'typefindelement0',
      'fakesink0',
    ])
  })

  it('leaves file locations to user space', () => {
    expect(parsePipeline('filesrc location=~/clip.mp4 ! fakesink').elements[0]?.props).toEqual({
      location: '~/clip.mp4',
    })
  })
})

// Observed on GStreamer 1.22.0.
describe('errors have the class of GstParseError', () => {
  it.each([
    ['fakesrc ! t. ! fakesink', 'syntax'],
    ['fakesrc t.', 'syntax'],
    ['fakesrc .src', 'syntax'],
    ['fakesrc , fakesink', 'syntax'],
    ['fakesrc ! ( fakesink', 'syntax'],
    ['fakesrc ! fakesink )', 'syntax'],
    ['a=b', 'syntax'],
    ['#', 'syntax'],
    ['fakesrc \\# ! fakesink', 'syntax'],
    ['nosuch )', 'no-such-element'],
    ['/tmp/x ! fakesink', 'no-such-element'],
    ['http://x/y ! fakesink', 'no-such-element'],
    ['video/x-raw ! fakesink', 'no-such-element'],
    ['fakesrc ! video/x-raw,foo=a:b', 'no-such-element'],
    ['fakesrc foo=1 ! fakesink', 'no-such-property'],
    ['( foo=bar fakesrc ! fakesink )', 'no-such-property'],
    ['fakesrc @preset=foo ! fakesink', 'could-not-set-property'],
    ['queue leaky=downstream! ! fakesink', 'could-not-set-property'],
    ['fakesrc num-buffers=1e3 ! fakesink', 'could-not-set-property'],
    ['fakesink sync=maybe', 'could-not-set-property'],
    ['fakesrc ! capsfilter caps=video/x-raw,width ! fakesink', 'could-not-set-property'],
    ['( )', 'empty-bin'],
    ['fakesrc name=a ! fakesink name=a', 'link'],
    ['( name=b fakesrc ! identity ) b. ! fakesink', 'link'],
    ['fakesrc .foo ! fakesink', 'link'],
    ['fakesrc .src,src2 ! .sink fakesink', 'link'],
    ['fakesrc ! video/x-raw,format=NV12 ! queue ! video/x-raw,format=I420 ! fakesink', 'link'],
    ['fakesrc ! video/x-raw,format=NV12 ! identity ! tee ! video/x-raw,format=I420 ! fakesink', 'link'],
    ['identity name=a a. ! a.', 'link'],
  ])('%s: %s', (line, kind) => {
    expect(failure(line, 'refuse').kind).toBe(kind)
  })

  it('puts a caret under the place in the line as it was typed', () => {
    const { message, place, hint } = failure(
      `gst-launch-1.0 filesrc location='a b' ! v4l2convert output-io-mode=bogus ! kmssink`,
    )
    expect(place).toEqual({ file: 'pipeline', line: 1, column: 53 })
    expect(message).toBe(
      [
        'pipeline:1:53: could not set property "output-io-mode" in element "v4l2convert" to "bogus"',
        '  |',
        `1 | gst-launch-1.0 filesrc location='a b' ! v4l2convert output-io-mode=bogus ! kmssink`,
        `  | ${' '.repeat(52)}^`,
      ].join('\n'),
    )
    expect(hint).toBe('output-io-mode is one of auto, rw, mmap, userptr, dmabuf, dmabuf-import')
  })

  it('suggests the property that was meant', () => {
    expect(failure('v4l2src ! kmssink force-modeseting=true')).toMatchObject({
      kind: 'no-such-property',
      hint: 'did you mean force-modesetting?',
    })
  })
})

describe('factories that are not known', () => {
  it('pass buffers from pad to pad when they are linked, and are listed', () => {
    const { unknown, links } = parsePipeline('videotestsrc ! acmescaler quality=3 ! kmssink')
    expect(unknown).toEqual([{ factory: 'acmescaler', name: 'acmescaler0', at: 15 }])
    expect(links).toHaveLength(2)
  })

  it('are refused when nothing is linked to them', () => {
    expect(failure('filesrc location=x ! v4l2h264dec capture-i').kind).toBe('no-such-element')
  })
})

describe('text of any kind', () => {
  const words = fc.constantFrom(
    ...`fakesrc fakesink tee name=t t. t.src_1 ! : ( ) queue identity .src .sink , ; " ' \\ = # {1,2} video/x-raw width=1 a=b
      video/x-raw,format=NV12 bin.( @preset=x file:///x name="a location=a\\`.split(/\s+/),
    ' ',
    '\n',
    'a\\ b',
  )
  const line = fc.oneof(
    fc.array(words, { maxLength: 24 }).map((parts) => parts.join(' ')),
    fc.array(words, { maxLength: 24 }).map((parts) => parts.join('')),
    fc.string({ maxLength: 80, unit: 'grapheme' }),
  )

  const outcome = (text: string): unknown => {
    try {
      return parsePipeline(text).elements.length > 0
    } catch (e) {
      return isInputError(e) || e
    }
  }

  it('parses or is refused as bad input, never anything else', () => {
    fc.assert(
      fc.property(line, (text) => {
        expect(outcome(text)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('is parsed in time that grows with its length, not faster', () => {
    for (const piece of ['!', ':', '\\"', '( ', '\'"', 'a/b,', ' ! x/y,:', ';a/b', '\\!'])
      for (const start of ['', 'fakesrc ! video/x-raw,a=', 'fakesrc name="', '"'])
        expect(outcome(start + piece.repeat(400))).toBe(true)
  }, 5000)

  const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}$/)
  const value = fc
    .string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' })
    .filter((text) => !text.includes('"') && !text.endsWith('\\'))
  const graph = fc
    .uniqueArray(fc.tuple(name, value, fc.constantFrom('identity', 'queue', 'acmescaler')), {
      minLength: 1,
      maxLength: 6,
      selector: ([n]) => n,
    })
    .map((middle) =>
      [
        'fakesrc name=Source',
        ...middle.map(
          ([n, v, factory]) =>
            `${factory} name=${n}-x ${factory === 'acmescaler' ? `note='${v.replaceAll("'", `'\\''`)}'` : ''}`,
        ),
        'video/x-raw,width=[16,4096]',
        'tee name=T T. ! ( queue ! fakesink ) T.src_4 ! fakesink',
      ].join(' ! '),
    )

  const shape = ({ elements, links }: Pipeline): unknown => ({
    links,
    elements: elements.map(({ factory, name, parent, props }) => ({ factory, name, parent, props })),
  })

  const parses = (text: string): boolean => {
    try {
      parsePipeline(text)
      return true
    } catch {
      return false
    }
  }

  it('comes back the same after printing and parsing again', () => {
    fc.assert(
      fc.property(graph, (text) => {
        // A single quote that GStreamer takes for an opening one makes a line that is refused.
        fc.pre(parses(text))
        const first = parsePipeline(text)
        const again = parsePipeline(printPipeline(first))
        expect(printPipeline(again)).toBe(printPipeline(first))
        expect(shape(again)).toEqual(shape(first))
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    "filesrc name='q 1' location='a \"b\" c' ! queue name=x! ! fakesink",
    'fakesrc ! video/x-raw,format=NV12 ! tee name=t! ! queue ! fakesink',
    '( name=b ( fakesrc ! identity ) ! identity ) ! fakesink',
  ])('prints names that cannot be referred to beside their links: %s', (text) => {
    const first = parsePipeline(text)
    expect(shape(parsePipeline(printPipeline(first)))).toEqual(shape(first))
  })
})
