// Parts of frames that only some tools print, read one by one.
import { describe, expect, it, test } from 'vitest'
import { encodingOf, shapeOf } from '../../src/shapes/head.ts'
import { looseLine } from '../../src/shapes/loose-line.ts'
import { plainLine, toldLine } from '../../src/shapes/plain-line.ts'

const BODY = 'dma_unmap_page: dev dir=TO_DEVICE dma_addr=1000 size=16 attrs='
const read = (line: string) => {
  const { frame, event, body } = looseLine(line) ?? { frame: {}, event: '', body: '' }
  return { ...frame, ...(event === 'dma_unmap_page' && body === BODY.slice(16) ? {} : { event, body }) }
}

describe('a line', () => {
  test.each<[string, object]>([
    [
      `ffmpeg-12345 (  1200) [0012] d.h1. 10.123456789: ${BODY}`,
      { task: 'ffmpeg', pid: 12_345, cpu: 12, time: '10.123456789', flags: 'd.h1.' },
    ],
    [`> | ffmpeg-12345 [012] 10.123456: ${BODY}`, { task: 'ffmpeg', pid: 12_345, cpu: 12, time: '10.123456' }],
    [
      `ffmpeg-12345     12d.h1. 500012us+: ${BODY}`,
      { task: 'ffmpeg', pid: 12_345, cpu: 12, time: '0.500012', flags: 'd.h1.' },
    ],
    [
      `ffmpeg-12345     12d.h1. 3656417648 : ${BODY}`,
      { task: 'ffmpeg', pid: 12_345, cpu: 12, time: '3656417648', flags: 'd.h1.' },
    ],
    [
      `ffmpeg 12345  12 11 00000001 00000002 [0000abcd] 10123.456ms (+0.001ms): ${BODY}`,
      { task: 'ffmpeg', pid: 12_345, cpu: 12, time: '10.123456' },
    ],
    [
      `  10123.456 (0.012 ms): ffmpeg/12345 dma:dma_unmap_page:${BODY.slice(16)})`,
      { task: 'ffmpeg', pid: 12_345, time: '10.123456' },
    ],
    [`  10123.456 dma:${BODY})`, { time: '10.123456' }],
    [`ffmpeg 1200/12345 [012] 10.123456: 1 dma:${BODY}`, { task: 'ffmpeg', pid: 12_345, cpu: 12, time: '10.123456' }],
    [`ffmpeg 12345 10.123456: dma:${BODY}`, { task: 'ffmpeg', pid: 12_345, time: '10.123456' }],
    [
      ` 10.123456 |  12)   ffmpeg-12345  |               |    /* ${BODY} */`,
      { task: 'ffmpeg', pid: 12_345, cpu: 12, time: '10.123456' },
    ],
    [` 12)               |    /* ${BODY} */`, { cpu: 12 }],
    [`dma:${BODY}`, {}],
    [`[012] dma:${BODY}`, { cpu: 12 }],
  ])('%s', (line, frame) => {
    expect(read(line)).toEqual(frame)
  })

  test.each([
    ['a word that holds the name', `xdma_unmap_page: dev`],
    ['names that any text may hold', 'a map: of the world'],
    ['a function of that name', 'dma_unmap_page(dev)'],
    ['text', 'nothing here'],
  ])('with %s is no event', (_what, line) => {
    expect(looseLine(line)).toBeUndefined()
  })
  it('names that any text may hold count behind a time, in a comment, and behind their system', () => {
    expect(looseLine('1.000000: map: IOMMU: x')).toMatchObject({ event: 'map', body: 'IOMMU: x' })
    expect(looseLine('/* map: IOMMU: x */')).toMatchObject({ event: 'map', body: 'IOMMU: x' })
    expect(looseLine('iommu:unmap: IOMMU: x')).toMatchObject({ event: 'unmap', body: 'IOMMU: x' })
  })
  it('events of other systems keep their names, so that they are counted', () => {
    expect(looseLine('ffmpeg-1 [001] 1.000000: sched:sched_switch: a ==> b')).toMatchObject({
      event: 'sched_switch',
      body: 'a ==> b',
      frame: { pid: 1 },
    })
    expect(looseLine(' 1)  |  /* sched_wakeup: comm=a */')).toMatchObject({ event: 'sched_wakeup', body: 'comm=a' })
  })
  it('an event that begins far behind is none', () => {
    expect(looseLine(`${'x'.repeat(420)} 1.000000: sched:sched_switch: a`)).toBeUndefined()
    expect(looseLine(`${'x'.repeat(420)} dma:${BODY}`)).toBeUndefined()
  })
  it('fields in parentheses become pairs', () => {
    expect(looseLine('dma:dma_unmap_page(device: "a, b", addr: 4096, size: 16, dir: 1, attrs: 0)')?.body).toBe(
      'device=a, b addr=4096 size=16 dir=1 attrs=0',
    )
  })
})

test.each([
  ['\u001b[1;32mx\u001b[0m', 'x'],
  ['> >   > x', 'x'],
  ['| x', 'x'],
  ['a\tb', 'a b'],
  ['&lt;a&gt; &amp;&quot;&nbsp;&#39; &unknown; &constructor;', `<a> &" ' &unknown; &constructor;`],
])('%j without what was put around it is %j', (raw, text) => {
  expect(plainLine(raw)).toBe(text)
})

test.each([
  ['[  101.000001] # tracer: nop', '# tracer: nop'],
  ['board kernel: CPU:11 [LOST 123 EVENTS]', 'CPU:11 [LOST 123 EVENTS]'],
  ['[    0.000000] Linux version 6.12.1 (me)', 'Linux version 6.12.1 (me)'],
  ['say # tracer', undefined],
  ['Linux version x', undefined],
])('%s tells %s', (line, told) => {
  expect(toldLine(line)?.trim()).toBe(told)
})

describe('a head', () => {
  const of = (...lines: readonly string[]) => shapeOf(Buffer.from(lines.join('\n'), 'latin1'))
  const clean = `            init-1       [001] .....     4.390004: ${BODY}`
  test.each([
    ['lines of the kernel', [clean, clean], 'clean'],
    [
      'headers and blanks alone',
      ['# tracer: nop', '', ' => fn', 'CPU:1 [LOST 1 EVENTS]', 'cpus=4', 'version = 6'],
      'clean',
    ],
    ['text that nothing reads', ['some words'], 'clean'],
    ['lines of the kernel and words', [clean, 'some words'], 'mixed'],
    ['events in another form', [`dma:${BODY}`], 'other'],
    ['a kernel log', ['<4>[    1.234567] booted'], 'other'],
    ['a log by syslog', ['Nov 29 board kernel: booted'], 'other'],
    ['a dump', ['Dumping ftrace buffer:'], 'other'],
    ['a page', ['<!DOCTYPE html>'], 'other'],
    ['a page with blanks before it', ['  <html>'], 'other'],
    ['an instance in front', [`a: ${clean}`], 'other'],
    ['an unknown event of perf', ['ffmpeg  1 [001] 4.390004: sched:sched_switch: x'], 'other'],
    ['latency lines', [`    init-1         0..... 49444us#: ${BODY}`], 'clean'],
    ['functions of the function tracer', ['            init-1       [001] .....     4.390004: fn <-caller'], 'clean'],
  ])('of %s is %s', (_what, lines, shape) => {
    expect(of(...lines)).toBe(shape)
  })
  it('is judged by its first 400 lines', () => {
    expect(of(...Array.from({ length: 400 }, () => clean), 'some words')).toBe('clean')
    expect(of(...Array.from({ length: 399 }, () => clean), 'some words')).toBe('mixed')
  })
  test.each([
    [[0xff, 0xfe, 65, 0], 'utf-16le'],
    [[0xfe, 0xff, 0, 65], 'utf-16be'],
    [[65, 0, 66, 0], 'utf-16le'],
    [[0, 65, 0, 66], 'utf-16be'],
    [[65, 66, 67, 68], 'utf-8'],
    [[65, 0, 66, 67], 'utf-8'],
    [[0, 65, 66, 67], 'utf-8'],
    [[0, 0, 0, 0], 'utf-8'],
    [[65, 0xfe, 66, 67], 'utf-8'],
    [[0xff, 65, 66, 67], 'utf-8'],
    [[0xfe, 0xfe, 66, 67], 'utf-8'],
    [[65, 0, 66, 0x20], 'utf-8'],
  ] as const)('%j is %s', (bytes, encoding) => {
    expect(encodingOf(Uint8Array.from(bytes))).toBe(encoding)
  })
})
