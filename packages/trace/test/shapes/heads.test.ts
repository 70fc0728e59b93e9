// What a log is, by its first bytes.
import { describe, expect, it, test } from 'vitest'
import { encodingOf, shapeOf } from '../../src/shapes/head.ts'
import { unreadableShape } from '../../src/shapes/unreadable.ts'

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))

describe('what a log is, by its head', () => {
  test.each([
    [[0xff, 0xfe, 1, 1], 'utf-16le'],
    [[0xfe, 0xff, 1, 1], 'utf-16be'],
    [[0x41, 0, 0x42, 0], 'utf-16le'],
    [[0, 0x41, 0, 0x42], 'utf-16be'],
    [[0xff, 0, 0, 1], 'utf-8'],
    [[0xff, 0x41], 'utf-8'],
    [[0xfe, 0x41], 'utf-8'],
    [[0x41, 0, 0, 0], 'utf-8'],
    [[0x41, 0, 0x42, 0x43], 'utf-8'],
    [[0, 0x41, 0x42, 0x43], 'utf-8'],
    [[0, 0x41, 0, 0], 'utf-8'],
    [[0, 0, 0, 0x41], 'utf-8'],
    [[0x41, 0x42, 0x43, 0], 'utf-8'],
    [[], 'utf-8'],
  ] as const)('%j is %s', (first, encoding) => {
    expect(encodingOf(Uint8Array.from(first))).toBe(encoding)
  })

  const CLEAN = '            init-1       [001] .....     4.390004: dma_free: x'
  const PERF = 'app 77 12.345678: dma:dma_free: x'
  test.each([
    [[CLEAN], 'clean'],
    [[CLEAN, CLEAN.replace('4.39', '5.39')], 'clean'],
    [[CLEAN, `${PERF}`], 'mixed'],
    [[PERF], 'other'],
    [['prose', 'and more'], 'clean'],
    [['prose', PERF], 'other'],
    [['prose', CLEAN], 'mixed'],
    [['# tracer: nop', '', ' => stack', 'cpus=4', 'version = 6', 'CPU:0 [LOST 5 EVENTS]'], 'clean'],
    [['# x', CLEAN, ' => stack', 'cpus=4', '  CPU:0 [LOST 5 EVENTS]', ''], 'clean'],
    [['xcpus=4', CLEAN], 'mixed'],
    [['[    1.000000] x'], 'other'],
    [['<6>[    1.000000] x'], 'other'],
    [['host kernel: x'], 'other'],
    [['Dumping ftrace buffer:'], 'other'],
    [['<!DOCTYPE html>'], 'other'],
    [['  <html>'], 'other'],
    [['x <html>'], 'clean'],
    [['[    1.00] x'], 'clean'],
    [['93 1 3656417648 type: 359'], 'clean'],
    [[CLEAN.replace('dma_free: x', 'dma:dma_free: x')], 'other'],
    [['               init-1       [001] .....     4.390004: dma_free: x'], 'other'],
    [[`${CLEAN}\r`, `${CLEAN}\r`], 'clean'],
    [[`${CLEAN}\r`, '93 1 3656417648 type: 359\r'], 'clean'],
  ])('%j is %s', (lines, shape) => {
    expect(shapeOf(bytes(lines.join('\n')))).toBe(shape)
    expect(shapeOf(bytes(`${lines.join('\n')}\n`))).toBe(shape)
  })

  test.each([
    ['PERFILE2\0\0', 'a recording of perf (perf.data)'],
    ['2ELIFREP', 'a recording of perf (perf.data) of a big-endian machine'],
    ['PERFFILE', 'a recording of an old perf'],
    ['PERFILE', undefined],
    ['/* CTF 1.8 */', 'metadata of LTTng (CTF)'],
    ['TRACE:\nx', 'compressed output of atrace'],
    ['capturing trace... done\nTRACE:\nx', 'compressed output of atrace'],
    [' capturing trace... done\nTRACE:\nx', undefined],
    ['\x7fELF', 'an ELF file'],
    ['PK\x03\x04', 'a zip archive'],
    ['\xc1\x1f\xfc\xc1', 'a stream of LTTng (CTF)'],
    ['packet {', "Perfetto's protobuf as text"],
    ['  trace_packet{', "Perfetto's protobuf as text"],
    ['my packet {', undefined],
    ['[{"ftrace_events":1}]', "Perfetto's protobuf as JSON"],
    [' {"packet" : 1}', "Perfetto's protobuf as JSON"],
    ['x{"packet" : 1}', undefined],
    ['{"ph":1}', 'a trace as JSON, for viewers'],
    ['\n\n\n\n', undefined],
    ['plain text\r\n\t\f\v\b\x07\x1b', undefined],
    ['\n\x01\x00\n\x01\x00\n\x01\x00', 'a trace of Perfetto (protobuf)'],
    ['\n\x02\x00\x00\n\x7f\x00', 'a trace of Perfetto (protobuf)'],
    ['\n\x02ab\nx', 'a trace of Perfetto (protobuf)'],
    ['\n\x02ab', 'no text: it holds bytes that no text has'],
    ['\nxab\nx', undefined],
    ['\n\x00', 'no text: it holds bytes that no text has'],
    [`\n\x80\x01${'\0'.repeat(128)}\n\x01\0\n\x01\0`, 'a trace of Perfetto (protobuf)'],
  ])('%j is %s', (text, what) => {
    expect(unreadableShape(bytes(text))?.what).toBe(what)
  })
  it('text may have one odd byte of fifty', () => {
    expect(unreadableShape(bytes(`${'a'.repeat(49)}\x01`))).toBeUndefined()
    expect(unreadableShape(bytes(`${'a'.repeat(48)}\x01`))?.what).toMatch(/no text/)
    for (const odd of ['\x00', '\x06', '\x0e', '\x1a'])
      expect(unreadableShape(bytes(`aaaa${odd}`))?.what).toMatch(/no text/)
    for (const fine of ['\x07', '\x0d', '\x1b']) expect(unreadableShape(bytes(`aaaa${fine}`))).toBeUndefined()
    expect(unreadableShape(bytes(`a\0b\0${'c\0'.repeat(20)}`))).toBeUndefined()
  })
})
