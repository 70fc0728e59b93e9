// What kind of file was given for a board: binary formats are known by their first bytes, text by its words, and what is neither is refused.
import { isInputError } from '@dmalab/api'
import { describe, expect, it, test } from 'vitest'
import { boardText, checkDeviceTree, isDtb, isDts } from '../src/input-kind.ts'
import { kindOfValue, yamlComplaint } from '../src/yaml-words.ts'
import { parseMemory, readBoard } from '../src/read-board.ts'
import { readMachine } from '../src/index.ts'
import { writeDtb } from './dtb-writer.ts'

const bytes = (...parts: readonly (number | string)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'number' ? [part] : Array.from(part, (c) => c.charCodeAt(0)))),
  )
const refused = (body: () => unknown): { message: string; hint: string | undefined } => {
  try {
    body()
  } catch (e) {
    if (isInputError(e)) return { message: e.message, hint: e.hint }
    throw e
  }
  throw new Error('accepted')
}
const BOARD = /^expected a device tree blob \(\.dtb, begins with d0 0d fe ed\), device tree source, or a board file/
const asBoard = (content: Uint8Array, file = 'f'): { message: string; hint: string | undefined } =>
  refused(() => boardText(content, file))

describe('what is not a board', () => {
  test.each([
    [[0x1f, 0x8b], 'compressed with gzip, not a board', 'gunzip it first'],
    [[0xfd, '7zXZ', 0], 'compressed with xz, not a board', 'xz -d it first'],
    [[0x28, 0xb5, 0x2f, 0xfd], 'compressed with zstd, not a board', 'zstd -d it first'],
    [['BZh'], 'compressed with bzip2, not a board', 'bunzip2 it first'],
    [['PK', 3, 4], 'a zip archive, not a board', 'unpack it first'],
    [
      [0xd7, 0xb7, 0xab, 0x1e],
      'a table of device trees (Android dtbo), not a board',
      'take one out of it, such as with mkdtboimg dump',
    ],
    [
      [0x27, 5, 0x19, 0x56],
      'a U-Boot image, not a board',
      'take the tree out of it, such as with dumpimage -T flat_dt',
    ],
    [
      [0xed, 0xfe, 0x0d, 0xd0],
      'a device tree blob with its bytes swapped, not a board',
      'device tree blobs are big-endian: swap each word back',
    ],
    [[0x7f, 'ELF'], 'an ELF file, not a board', BOARD],
    [['MZ'], 'a kernel image or another program, not a board', BOARD],
    [['ANDROID!'], 'an Android boot image, not a board', 'take the tree out of it, such as with unpack_bootimg'],
    [[], 'the file is empty', BOARD],
    [[' \n\t'], 'the file holds nothing but blanks', BOARD],
    [['a', 0], 'neither a device tree blob nor text: byte 1 (0x1) is 0x00', BOARD],
    [['ab', 0x1f], 'neither a device tree blob nor text: byte 2 (0x2) is 0x1f', BOARD],
    [['arch', 0xff], 'neither a device tree blob nor text: byte 4 (0x4) is 0xff', BOARD],
    [['<html>'], 'HTML or XML, not a board', /^a download that went wrong\? expected/],
    [['  \n <?xml'], 'HTML or XML, not a board', /^a download that went wrong\?/],
  ] as const)('%j: %s', (parts, what, hint) => {
    const { message, hint: told } = asBoard(bytes(...parts))
    expect(message).toBe(`f: ${what}`)
    expect(told).toMatch(hint)
  })

  const PIECE = 'f: a piece of device tree source: it has no /dts-v1/'
  it.each([
    '#include <x.dtsi>',
    '#include "x.dtsi"',
    '  #include\t<x>',
    '&uart0 {',
    '&uart0{',
    '/ {',
    '/{',
    '// a comment\n/ {',
    '/* one\n * two */ &a {',
    '/* one *//* two */\n// three\n  /* four */ / {',
  ])('%j is a piece of source', (text) => {
    expect(asBoard(bytes(text))).toEqual({
      message: PIECE,
      hint: 'give the .dts of the board that includes it, or its .dtb',
    })
  })
  it.each(['x.dts', 'x.dtsi', 'X.DTSI'])('and anything in %s', (file) => {
    expect(asBoard(bytes('arch: arm'), file).message).toContain('a piece of device tree source')
  })
  it.each(['x.dtso', 'dts', 'x.dts.yaml', 'x.dtb.yaml'])('not in %s', (file) => {
    expect(boardText(bytes('arch: arm'), file)).toBe('arch: arm')
  })
  it.each([
    'a: < b',
    'x #include <y>',
    'a &b {',
    'key: / {',
    '/* x: 1',
    'arch: arm\n<x>',
    '#include x',
    '& {',
    'a\fb\rc\td',
  ])('%j may be a board file', (text) => {
    expect(boardText(bytes(text), 'f')).toBe(text)
  })
})

describe('text is UTF-8', () => {
  test.each([
    [[0xc2, 0x80]],
    [[0xdf, 0xbf]],
    [[0xe0, 0x80, 0x80]],
    [[0xef, 0xbf, 0xbf]],
    [[0xf0, 0x90, 0x80, 0x80]],
    [[0xf4, 0x8f, 0xbf, 0xbf]],
    [[0x7f]],
  ] as const)('%j is', (parts) => {
    expect(() => boardText(bytes('a', ...parts, 'b'), 'f')).not.toThrow()
  })
  test.each([
    [[0x80], 1],
    [[0xbf], 1],
    [[0xc1, 0x80], 1],
    [[0xc2, 0x7f], 1],
    [[0xc2, 0xc0], 1],
    [[0xc2], 1],
    [[0xe0, 0x80], 1],
    [[0xe1, 0x80, 'x'], 1],
    [[0xf0, 0x80, 0x80], 1],
    [[0xf5, 0x80, 0x80, 0x80], 1],
    [[0xff], 1],
    [[0xc3, 0xa4, 0xc3], 3],
    [[0xf0, 0x90, 0x80, 0x80, 0xf0], 5],
    [[0xe2, 0x82, 0xac, 0x80], 4],
  ] as const)('%j is not, from byte %d on', (parts, at) => {
    const odd = parts[at - 1]
    expect(asBoard(bytes('a', ...parts)).message).toBe(
      `f: neither a device tree blob nor text: byte ${at} (0x${at.toString(16)}) is 0x${Number(odd).toString(16)}`,
    )
  })
  it('the first that is odd counts', () => {
    expect(asBoard(bytes('a', 0xff, 0)).message).toContain('byte 1 ')
    expect(asBoard(bytes('a', 0, 0xff)).message).toContain('byte 1 ')
  })
})

describe('a reader of device trees', () => {
  const check = (content: Uint8Array, file = 'f') => refused(() => checkDeviceTree(content, file))
  it('takes a blob, whatever its name', () => {
    const blob = writeDtb({})
    for (const file of ['f', 'f.dtb']) expect(() => checkDeviceTree(blob, file)).not.toThrow()
    expect([isDtb(blob), isDtb(bytes(0xd0, 0x0d, 0xfe)), isDtb(bytes('text'))]).toEqual([true, false, false])
    expect([
      isDts(bytes('x /dts-v1/;')),
      isDts(bytes('dts-v1')),
      isDts(bytes(`${' '.repeat(65_530)}/dts-v1/`)),
    ]).toEqual([true, false, false])
  })
  it('tells a board file from other text', () => {
    expect(check(bytes('arch: arm\nmemory: []'))).toEqual({
      message: 'f: a board file already, not a device tree',
      hint: 'board show, board lint and --board take it as it is',
    })
    const TREE = 'expected a device tree blob (.dtb, begins with d0 0d fe ed) or device tree source'
    for (const text of ['arch: arm', 'memory: []', 'x arch: arm\nx memory: 1', 'my-arch: arm\nmemory: 1'])
      expect(check(bytes(text))).toEqual({ message: 'f: text, not a device tree', hint: TREE })
    expect(check(bytes('arch : arm\nmemory : 1')).message).toContain('a board file already')
    expect(check(bytes(0x7f, 'ELF'))).toEqual({ message: 'f: an ELF file, not a board', hint: TREE })
  })
  it.each(['x.dtb', 'x.DTBO', 'x.fdt'])('refuses %s as libfdt does, and says what it is', (file) => {
    const { message, hint } = check(bytes('arch: arm, and more than a header of forty bytes'), file)
    expect(message).toMatch(/BADMAGIC|magic/i)
    expect(hint).toMatch(/^text, not a device tree; expected a device tree blob/)
    expect(refused(() => boardText(bytes('arch: arm, and more than a header of forty bytes'), file)).message).toBe(
      message,
    )
  })
  it('refuses overlays without a tree, and source', () => {
    const overlays = [{ file: 'o.dtbo', content: writeDtb({}) }]
    expect(refused(() => readBoard(bytes('name: b'), 'b.yaml', { overlays })).message).toContain(
      'overlays are laid over a device tree',
    )
    expect(refused(() => readBoard(bytes('/dts-v1/; / {};'), 'b.dts'))).toEqual({
      message: 'b.dts: this is device tree source',
      hint: 'compile it first: dtc -I dts -O dtb -o board.dtb',
    })
  })
})

describe('amounts of memory', () => {
  const GIB = 2 ** 30
  test.each([
    [[], {}],
    [['2GiB'], { memorySize: 2 * GIB }],
    [['2GiB@0x8000_0000'], { memory: [{ base: 2 * GIB, len: 2 * GIB }] }],
    [['1GiB@0'], { memory: [{ base: 0, len: GIB }] }],
    [
      ['1GiB@0', '1GiB@2GiB'],
      {
        memory: [
          { base: 0, len: GIB },
          { base: 2 * GIB, len: GIB },
        ],
      },
    ],
    [[String(2 ** 52)], { memorySize: 2 ** 52 }],
  ])('%j', (texts, memory) => {
    expect(parseMemory(texts)).toEqual(memory)
  })
  it.each(['0', 'x', '1GiB@x', '@0', String(2 ** 52 + 1), ''])('%j is none', (text) => {
    expect(refused(() => parseMemory([text]))).toEqual({
      message: `'${text}' is not an amount of memory`,
      hint: 'expected a size such as 2GiB, or 2GiB@0x8000_0000',
    })
  })
  it('each of several banks has its address', () => {
    expect(refused(() => parseMemory(['1GiB@0', '1GiB']))).toEqual({
      message: 'each of several banks needs its address',
      hint: 'such as 1GiB@0x8000_0000',
    })
  })
})

describe('a text that is no YAML', () => {
  const QUOTE = 'put the text between quotes'
  test.each([
    ['a: 1\n\tb: 2', 'indented with a tab', 'YAML is indented with spaces'],
    ['a: 1\na: 2', 'this key is here twice', 'keep one of the two'],
    ['a: 1\n---\nb: 2', 'a second document begins here', 'a file holds one: take the line with --- out'],
    ['a: "x', 'a bracket, quote or colon is missing', 'close every [ { and quote, and write a space after each colon'],
    ['a: @x', 'a text may not begin with this character', QUOTE],
    ['a: "\\q"', 'no such escape in double quotes', 'write \\\\ for a backslash, or take single quotes'],
    ['a: *', 'an alias (*name) that is not complete', QUOTE],
    ['a: b: c', 'two keys in one line', 'begin a line for each, or use { a: 1, b: 2 }'],
    ['a: } x', 'this does not belong here', QUOTE],
  ])('%j: %s', (text, message, hint) => {
    const told = refused(() => readMachine(text, 'b'))
    expect(told.message.replace(/^b:\d+:\d+: /, '').split('\n')[0]).toBe(message)
    expect(told.hint?.split('\n')[0]).toBe(hint)
  })
  it('is told in the parser’s words where we have none', () => {
    const words = (text: string) => yamlComplaint('IMPOSSIBLE' as Parameters<typeof yamlComplaint>[0], text)
    expect(words('So it is at line 12, column 34:\n\nx')).toEqual({ message: 'So it is' })
    expect(words('So it is at line 1, column 2')).toEqual({ message: 'So it is' })
    expect(words('at line x, column 2')).toEqual({ message: 'at line x, column 2' })
  })
  test.each([
    [null, 'nothing'],
    [undefined, 'nothing'],
    [[], 'a list'],
    [{}, 'a mapping'],
    ['x', 'plain text'],
    [1, 'a number'],
    [true, 'a boolean'],
  ])('%j is %s', (value, words) => {
    expect(kindOfValue(value)).toBe(words)
  })
})
