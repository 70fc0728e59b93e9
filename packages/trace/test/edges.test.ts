// Values, frames and pieces of text right at the border of what they may be.
import { describe, expect, it, test } from 'vitest'
import { splitHead, splitOtherForms } from '../src/read/frame.ts'
import { createJsonText, isJsonTrace } from '../src/shapes/json-trace.ts'
import { readArray } from '../src/values.ts'

test.each([
  ['{0912}', [912]],
  ['{1x12}', [NaN]],
  ['{1/2}', [NaN]],
  ['{1:2}', [NaN]],
  ['{0x1g}', [NaN]],
  ['{0x1`}', [NaN]],
  ['{0x1/}', [NaN]],
  ['{0x1:}', [NaN]],
  ['{0xaf09}', [0xaf09]],
  ['{0x1fffffffffffff}', [2 ** 53 - 1]],
  ['{x0x1}', [NaN]],
  ['{0x1z}', [NaN]],
  ['{z1}', [NaN]],
  ['{12z}', [NaN]],
  ['{0XFF}', [255]],
  ['{99999999999999}', [99_999_999_999_999]],
  ['{1111111111111111111}', [NaN]],
  ['{111111111111111111}', [Number('111111111111111111')]],
  ['{0xffffffffffffffff}', [2 ** 64]],
  ['{0x10000000000000000}', [NaN]],
  ['{0x0,0}', [0, 0]],
] as const)('%s', (text, numbers) => {
  expect(readArray(text)).toEqual(numbers)
})

describe('text inside JSON', () => {
  const through = (...pieces: readonly string[]): string => {
    let out = ''
    const json = createJsonText((more) => (out += more))
    for (const piece of pieces) json.push(piece)
    return out
  }
  test.each([
    [String.raw`"systemTraceEvents": "first"`, 'first'],
    [String.raw`{"systemTraceEvents": "a\n\t\r\b\f\/\\\"b"}`, 'a\n\t\r  /\\"b'],
    [String.raw`{"systemTraceEvents": "\u0041\u00ff\u0100\uffffz"}`, 'A\u00ff??z'],
    [String.raw`{"systemTraceEvents" : 5, "systemTraceEvents":"two"}`, 'two'],
    [String.raw`{"systemTraceEvents":"one","systemTraceEvents":"two"}`, 'one'],
    [String.raw`{"systemTraceEvents":"no end`, 'no end'],
    [String.raw`{"systemTraceEvents":"half \u00`, 'half '],
    ['{"systemTraceEvents":"half \\', 'half '],
    [String.raw`{"x": "systemTraceEvents"}`, ''],
    ['{"systemTraceEvents": ""}', ''],
  ])('%s', (text, out) => {
    expect(through(text)).toBe(out)
    expect(through(...Array.from(text))).toBe(out)
  })
  test.each([
    ['{"traceEvents":[]}', true],
    ['  [{"ph":"X"}]', true],
    ['{"displayTimeUnit" : "ms"}', true],
    ['{"systemTraceEvents":""}', true],
    ['{"events":[]}', false],
    ['x{"traceEvents":[]}', false],
    ['{"traceEvents"}', false],
    ['"traceEvents":', false],
  ])('%s: %s', (text, is) => {
    expect(isJsonTrace(text)).toBe(is)
  })
})

describe('frames without a [cpu] column', () => {
  const latency = (line: string) => splitOtherForms(line)
  it('of the latency format', () => {
    const frame = { task: 'init', pid: 123, cpu: 12, time: '0.049444', event: 'tracing_mark_write', body: 'begin it' }
    expect(latency('    init-123     12d.h1.   49444us#: tracing_mark_write: begin it')).toEqual({
      ...frame,
      interrupt: true,
    })
    expect(latency('init-123 12..... 49444us : tracing_mark_write: begin it')).toEqual({ ...frame, interrupt: false })
    expect(latency('a-b-1 0# 5us!: dma_map_page: ')).toMatchObject({
      task: 'a-b',
      pid: 1,
      cpu: 0,
      time: '0.000005',
      body: '',
    })
  })
  it.each([
    'init-123 ..... 49444us#: e: b',
    'init-123x 1..... 49444us#: e: b',
    'init-123 1..... us#: e: b',
    'init-123 1..... 49444ms#: e: b',
    'init-123 1..... 49444us#: E: b',
    '-123 1..... 49444us#: e: b',
    'init-123 1..... 49444us#: e:b',
    'init 123 1..... 49444us#: e: b',
  ])('%s is not one', (line) => {
    expect(latency(line)).toBeUndefined()
  })
  it('of the raw format', () => {
    expect(splitOtherForms('93 1 3656417648 type: 359')).toEqual({
      task: '<...>',
      pid: 93,
      cpu: 1,
      time: '3656417648',
      interrupt: undefined,
      event: 'type 359',
      body: '',
    })
    expect(splitOtherForms('12 10 3654444208 # ffff8000800d5db4 begin raw')).toMatchObject({
      pid: 12,
      cpu: 10,
      event: 'tracing_mark_write',
      body: 'begin raw',
    })
    for (const line of ['x93 1 36 type: 359', '93 1 36 type: 359x', '93 1 type: 3', '93 1 36 # ', '1 2 3 4'])
      expect(splitOtherForms(line)).toBeUndefined()
  })
})

describe('what stands before the [cpu] column', () => {
  const head = (line: string) => splitHead(line, line.indexOf('['), line.length)
  it.each([
    ['   init-1       [001] d.h1.   4.378800', { task: 'init', pid: 1, cpu: 1, time: '4.378800', interrupt: true }],
    ['a b-c-123 (  123) [012] ..s1 4.3', { task: 'a b-c', pid: 123, cpu: 12, time: '4.3', interrupt: true }],
    ['a-1 (-------) [000] .... 42', { task: 'a', pid: 1, cpu: 0, time: '42', interrupt: false }],
    ['a-1 [000] .. 42', { interrupt: undefined }],
    ['a-1 [000] ... 42', { interrupt: false }],
    ['a-1 [000] -0x1 42', { interrupt: undefined }],
    ['a-1 [000] 42', { time: '42', interrupt: undefined }],
    ['a-1 [000] ..H.. 42', { interrupt: true }],
    ['a-1 [000] ..z.. 42', { interrupt: true }],
    ['a-1 [000] ..Z.. 42', { interrupt: true }],
    ['a-1 [000] h.... 42', { interrupt: false }],
  ])('%s', (line, frame) => {
    expect(head(line)).toMatchObject(frame)
  })
  it.each([
    'a [000] ... 42',
    'a-x [000] ... 42',
    '123 [000] ... 42',
    'a- [000] ... 42',
    'a-1 [000] ... x',
    '(1) [000] ... 1',
  ])('%s is none', (line) => {
    expect(head(line)).toBeUndefined()
  })
})
