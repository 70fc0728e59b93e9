// What a file is that somebody gave for a board: told by its bytes, so that a complaint names the file and not a parser's trouble with it.
import { InputError, hex } from '@dmalab/api'
import { latin1 } from './fdt/node.ts'
import { readFdt } from './fdt/read.ts'

const BLOB_MAGIC = 'd00dfeed'
const BOARD =
  'expected a device tree blob (.dtb, begins with d0 0d fe ed), device tree source, or a board file (YAML; dmalab board import writes one)'
const TREE = 'expected a device tree blob (.dtb, begins with d0 0d fe ed) or device tree source'

/** First bytes of what is mistaken for a device tree, and what to do about it. */
const FORMATS: readonly (readonly [magic: string, what: string, hint?: string])[] = [
  ['1f8b', 'compressed with gzip', 'gunzip it first'],
  ['fd377a585a00', 'compressed with xz', 'xz -d it first'],
  ['28b52ffd', 'compressed with zstd', 'zstd -d it first'],
  ['425a68', 'compressed with bzip2', 'bunzip2 it first'],
  ['504b0304', 'a zip archive', 'unpack it first'],
  ['d7b7ab1e', 'a table of device trees (Android dtbo)', 'take one out of it, such as with mkdtboimg dump'],
  ['27051956', 'a U-Boot image', 'take the tree out of it, such as with dumpimage -T flat_dt'],
  ['edfe0dd0', 'a device tree blob with its bytes swapped', 'device tree blobs are big-endian: swap each word back'],
  ['7f454c46', 'an ELF file'],
  ['4d5a', 'a kernel image or another program'],
  ['414e44524f494421', 'an Android boot image', 'take the tree out of it, such as with unpack_bootimg'],
]

export const isDtb = (content: Uint8Array): boolean => startsWith(content, BLOB_MAGIC)

export const isDts = (content: Uint8Array): boolean =>
  latin1(content, 0, Math.min(content.length, 65_536)).includes('/dts-v1/')

/** Bytes that are not a device tree, for a reader of board files. @throws InputError for what is not text, or some other kind of text */
export function boardText(content: Uint8Array, file: string): string {
  if (BLOB_NAME.test(file)) checkDeviceTree(content, file)
  const instead = insteadOf(content, file)
  if (instead !== undefined) throw new InputError(instead.what, { file }, instead.hint ?? BOARD)
  return new TextDecoder().decode(content)
}

/**
 * Bytes for a reader of device trees. What is called a blob is refused as libfdt refuses it, and told what it is beside that.
 * @throws InputError for what is something else altogether
 */
export function checkDeviceTree(content: Uint8Array, file: string): void {
  if (isDtb(content)) return
  const { what, hint = TREE } = insteadOf(content, file) ?? textKind(content)
  if (BLOB_NAME.test(file)) readFdt(content, file, `${what}; ${hint}`)
  throw new InputError(what, { file }, hint)
}

const BLOB_NAME = /\.(dtb|dtbo|fdt)$/i

interface Instead {
  readonly what: string
  readonly hint?: string | undefined
}

const textKind = (content: Uint8Array): Instead => {
  const text = new TextDecoder().decode(content)
  const keys = /^arch\s*:/m.test(text) && /^memory\s*:/m.test(text)
  return keys
    ? { what: 'a board file already, not a device tree', hint: 'board show, board lint and --board take it as it is' }
    : { what: 'text, not a device tree' }
}

/** Undefined for text that may be a board file. */
function insteadOf(content: Uint8Array, file: string): Instead | undefined {
  if (content.length === 0) return { what: 'the file is empty' }
  const known = FORMATS.find(([magic]) => startsWith(content, magic))
  if (known !== undefined) return { what: `${known[1]}, not a board`, hint: known[2] }
  const at = firstNoText(content)
  if (at !== undefined) {
    const byte = (content[at] ?? 0).toString(16).padStart(2, '0')
    return { what: `neither a device tree blob nor text: byte ${at} (${hex(at)}) is 0x${byte}` }
  }
  const text = new TextDecoder().decode(content)
  if (text.trim() === '') return { what: 'the file holds nothing but blanks' }
  if (/^\s*</.test(text)) return { what: 'HTML or XML, not a board', hint: `a download that went wrong? ${BOARD}` }
  if (!isSourcePiece(text, file)) return undefined
  return {
    what: 'a piece of device tree source: it has no /dts-v1/',
    hint: 'give the .dts of the board that includes it, or its .dtb',
  }
}

/** Source that others include, or what is laid over others. */
const isSourcePiece = (text: string, file: string): boolean =>
  /\.dtsi?$/i.test(file) || /^\s*(\/\*[^]*?\*\/\s*|\/\/[^\n]*\n\s*)*(#include\s*[<"]|&\w+\s*\{|\/\s*\{)/.test(text)

/** Where text ends to be text: a control character, or bytes that are not UTF-8. */
function firstNoText(content: Uint8Array): number | undefined {
  const control = content.findIndex((byte) => byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d].includes(byte))
  const valid = validUtf8(content)
  const first = Math.min(control < 0 ? content.length : control, valid)
  return first === content.length ? undefined : first
}

/** Bytes up to the first that is not UTF-8. */
function validUtf8(content: Uint8Array): number {
  let at = 0
  while (at < content.length) {
    const byte = content[at] ?? 0
    const len = byte < 0x80 ? 1 : byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0
    const tail = content.subarray(at + 1, at + len)
    if (len === 0 || byte >= 0xf5 || tail.length < len - 1 || tail.some((each) => each < 0x80 || each > 0xbf)) return at
    at += len
  }
  return at
}

const startsWith = (content: Uint8Array, magic: string): boolean =>
  Array.from(content.subarray(0, magic.length / 2), (byte) => byte.toString(16).padStart(2, '0')).join('') === magic
