// What an input is, by its first bytes. Names say nothing: people rename files, and paste several things into one.
import type { InputKind } from '@dmalab/api'
import { isLspci } from '@dmalab/machine'
import { unreadableShape } from '@dmalab/trace'
import { isTar } from './tar.ts'

/** Kinds that are told by their text. */
type TextKind = Exclude<InputKind, 'bundle' | 'other' | 'overlay'>

export type Recognised =
  | { readonly kind: TextKind }
  | { readonly kind: 'gzip' | 'tar' | 'compressed' }
  /** Device trees may lie in it; `why` where none does. */
  | { readonly kind: 'image'; readonly why: string }
  /** Nothing that is read here, and how to make something of it. */
  | { readonly kind: 'other'; readonly why: string }

interface Magic {
  readonly kind: 'compressed' | 'image' | 'other'
  readonly bytes: readonly number[]
  readonly why: string
}
const bytes = (text: string): readonly number[] => Array.from(text, (char) => char.charCodeAt(0))
const MAGICS: readonly Magic[] = [
  { kind: 'compressed', bytes: [0xfd, ...bytes('7zXZ')], why: 'compressed with xz: xz -d it first' },
  { kind: 'compressed', bytes: [0x28, 0xb5, 0x2f, 0xfd], why: 'compressed with zstd: zstd -d it first' },
  { kind: 'compressed', bytes: bytes('BZh'), why: 'compressed with bzip2: bunzip2 it first' },
  { kind: 'compressed', bytes: [0x04, 0x22, 0x4d, 0x18], why: 'compressed with lz4: lz4 -d it first' },
  { kind: 'compressed', bytes: [0x02, 0x21, 0x4c, 0x18], why: 'compressed with lz4: lz4 -d it first' },
  { kind: 'other', bytes: bytes('PK\u0003\u0004'), why: 'a zip archive: unpack it first' },
  {
    kind: 'other',
    bytes: [0x17, 0x08, 0x44, ...bytes('tracing')],
    why: 'a binary trace: trace-cmd report trace.dat > trace.txt writes the text of it',
  },
  {
    kind: 'other',
    bytes: bytes('PERFILE2'),
    why: 'a perf.data: perf script -i perf.data > perf.txt writes the text of it',
  },
  { kind: 'image', bytes: [0x7f, ...bytes('ELF')], why: 'a program or kernel image' },
  { kind: 'other', bytes: [0x89, ...bytes('PNG')], why: 'a picture: text is needed' },
  { kind: 'other', bytes: [0xff, 0xd8, 0xff], why: 'a picture: text is needed' },
  { kind: 'other', bytes: bytes('%PDF'), why: 'a PDF: text is needed' },
]
const GZIP = [0x1f, 0x8b]
const BLOB = [0xd0, 0x0d, 0xfe, 0xed]

const starts = (head: Uint8Array, magic: readonly number[]): boolean => magic.every((byte, at) => head[at] === byte)

/** `isTrace`: does it hold trace events? The reader of traces knows. */
export const recognise = (head: Uint8Array, isTrace: (head: Uint8Array) => boolean): Recognised => {
  if (head.length === 0) return { kind: 'other', why: 'empty' }
  if (starts(head, GZIP)) return { kind: 'gzip' }
  if (isTar(head)) return { kind: 'tar' }
  if (starts(head, BLOB)) return { kind: 'tree' }
  const magic = MAGICS.find(({ bytes: known }) => starts(head, known))
  if (magic !== undefined) return magic
  const text = decoded(head)
  const unreadable = unreadableShape(head)
  if (text === undefined)
    return unreadable === undefined || unreadable.what.startsWith('no text')
      ? { kind: 'image', why: 'bytes that are neither text nor a format that is known' }
      : { kind: 'other', why: `${unreadable.what}: ${unreadable.hint}` }
  // Text of ftrace may lie behind all that viewers need.
  if (unreadable?.isJson === true) return { kind: 'trace' }
  if (unreadable !== undefined && !unreadable.what.startsWith('no text'))
    return { kind: 'other', why: `${unreadable.what}: ${unreadable.hint}` }
  if (text.trim() === '') return { kind: 'other', why: 'nothing but blanks' }
  if (count(text, /^\w+:\w+$/gm) > linesOf(text).length / 2) return { kind: 'other', why: 'a list of trace events' }
  const kind = TEXTS.find(([, is]) => is(text))?.[0]
  if (kind !== undefined) return { kind }
  // A log that holds a dump of the ring buffer is a log.
  return { kind: !isLogLine.test(text) && isTrace(head) ? 'trace' : 'log' }
}

/** undefined: it is no text. UTF-16 has every other byte 0. */
const decoded = (head: Uint8Array): string | undefined => {
  const [first, second] = head
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(head)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(head)
  const zeros = head.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0)
  if (zeros > head.length / 3 && zeros < head.length * 0.6)
    return new TextDecoder(first === 0 ? 'utf-16be' : 'utf-16le').decode(head)
  const odd = head.reduce((count, byte) => count + (byte < 9 || (byte > 13 && byte < 27) ? 1 : 0), 0)
  return odd > head.length / 16 ? undefined : new TextDecoder().decode(head)
}

const isLogLine =
  /^(?:<\d{1,3}>)?\[ {0,12}\d{1,9}\.\d{1,9}\]|^\[[A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}\d|\d\d:\d\d\S{0,24} .{0,80}\bkernel: /m

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length
const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line.trim() !== '')

const TEXTS: readonly (readonly [TextKind, (text: string) => boolean])[] = [
  ['contents', (text) => text.startsWith('dmalab record ')],
  ['tree', (text) => text.slice(0, 8192).includes('/dts-v1/')],
  ['functions', isLspci],
  ['masks', (text) => /^\w+ \S+ driver=\S* dma_mask_bits=/m.test(text)],
  ['groups', (text) => /^group \d+ type \S/m.test(text)],
  ['config', (text) => count(text, /^(?:# )?CONFIG_\w+(?:=| is not set)/gm) > linesOf(text).length / 3],
  [
    'figures',
    (text) =>
      /^MemTotal: +\d+ kB/m.test(text) ||
      /^==> \/sys\/kernel\/(?:mm|debug)\//m.test(text) ||
      count(text, /^ *[0-9a-f]{8,16}-[0-9a-f]{8,16} : \S/gm) > linesOf(text).length / 2,
  ],
  ['board', (text) => /^(?:arch|"arch")\s*:/m.test(text) && /^(?:memory|"memory")\s*:/m.test(text)],
  ['scenario', (text) => /^\s*["{]?\s*"?(?:steps|pipeline)"?\s*:/m.test(text) && !isLogLine.test(text)],
  ['line', (text) => isLine(text)],
  ['cmdline', (text) => isCommandLine(text)],
]

/** A pipeline and little else: people paste a prompt and an error with it, but no log. */
const isLine = (text: string): boolean =>
  linesOf(text).length <= 30 &&
  / ! |gst-launch/.test(text) &&
  /\w[\w-]* .*! *\w|! *\\?$/m.test(text) &&
  !isLogLine.test(text)

const PARAMETER =
  /(?:^|\s)(?:console|root|cma|swiotlb|iommu[\w.]*|earlycon|earlyprintk|mem|coherent_pool|init|rootwait|quiet|BOOT_IMAGE)(?:=|\s|$)/g
const isCommandLine = (text: string): boolean =>
  linesOf(text).length === 1 && !text.includes('[') && !/: /.test(text) && count(text, PARAMETER) >= 1 && /=/.test(text)
