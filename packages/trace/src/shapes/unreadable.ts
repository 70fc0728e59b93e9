// Traces that are no text, named by what they are, with the command that makes text of them.
import { latin1 } from '../read/latin1.ts'
import { encodingOf } from './head.ts'
import { isJsonTrace } from './json-trace.ts'

export interface Unreadable {
  /** Text of a trace may lie somewhere in it all the same. */
  readonly isJson?: true
  readonly what: string
  /** `FILE` stands for the file. */
  readonly hint: string
}

const RECORD_TEXT =
  'the text of /sys/kernel/tracing/trace is what is read, or that of trace-cmd report, or of perf script'

const ATRACE: Unreadable = {
  what: 'compressed output of atrace',
  hint: 'record it without -z, or open it with systrace and save the text',
}

const MAGIC: readonly (readonly [magic: readonly number[] | string, unreadable: Unreadable])[] = [
  ['PERFILE2', { what: 'a recording of perf (perf.data)', hint: 'make text of it: perf script -i FILE > out.txt' }],
  [
    '2ELIFREP',
    {
      what: 'a recording of perf (perf.data) of a big-endian machine',
      hint: 'make text of it: perf script -i FILE > out.txt',
    },
  ],
  ['PERFFILE', { what: 'a recording of an old perf', hint: 'make text of it: perf script -i FILE > out.txt' }],
  [
    [0xc1, 0x1f, 0xfc, 0xc1],
    {
      what: 'a stream of LTTng (CTF)',
      hint: 'make text of its folder with babeltrace2; events of the dma system are recorded by ftrace or perf',
    },
  ],
  ['/* CTF 1.', { what: 'metadata of LTTng (CTF)', hint: 'make text of its folder with babeltrace2' }],
  ['TRACE:\nx', ATRACE],
  [[0x50, 0x4b, 3, 4], { what: 'a zip archive', hint: 'unpack it first' }],
  [[0x7f, 0x45, 0x4c, 0x46], { what: 'an ELF file', hint: RECORD_TEXT }],
]

const PERFETTO: Unreadable = {
  what: 'a trace of Perfetto (protobuf)',
  hint: 'make text of it: traceconv systrace FILE out.txt',
}

/** undefined: text, as far as the head shows, or compressed text. */
export const unreadableShape = (head: Uint8Array): Unreadable | undefined => {
  for (const [magic, unreadable] of MAGIC) {
    const bytes = typeof magic === 'string' ? new TextEncoder().encode(magic) : Uint8Array.from(magic)
    if (bytes.every((byte, at) => head[at] === byte)) return unreadable
  }
  if (/^capturing trace\.\.\.[^\n]{0,40}\nTRACE:\nx/.test(latin1(head, 0, Math.min(head.length, 64)))) return ATRACE
  if (isTar(head)) return { what: 'a tar archive', hint: 'take the trace out of it: tar xf FILE' }
  if (isPackets(head)) return PERFETTO
  const text = textOf(head)
  if (text === undefined) return { what: 'no text: it holds bytes that no text has', hint: RECORD_TEXT }
  if (/^\s*(packet|trace_packet)\s*\{/.test(text))
    return {
      what: "Perfetto's protobuf as text",
      hint: 'make ftrace text of the trace itself: traceconv systrace FILE out.txt',
    }
  if (/^\s*[[{]/.test(text) && /"(?:packet|ftraceEvents|ftrace_events)"\s*:/.test(text))
    return {
      what: "Perfetto's protobuf as JSON",
      hint: 'make ftrace text of the trace itself: traceconv systrace FILE out.txt',
    }
  if (isJsonTrace(text))
    return {
      isJson: true,
      what: 'a trace as JSON, for viewers',
      hint: 'give the log that it was made of: ftrace text, a trace.dat, or of Perfetto traceconv systrace FILE out.txt',
    }
  return undefined
}

const isTar = (head: Uint8Array): boolean => latin1(head, 257, 262) === 'ustar'

/** Field 1, of a length behind which field 1 follows again. */
const isPackets = (head: Uint8Array): boolean => {
  let at = 0
  for (let packets = 0; packets < 3; packets += 1) {
    if (head[at] !== 0x0a) return false
    let length = 0
    let shift = 1
    let byte = 0x80
    for (at += 1; byte >= 0x80 && shift < 2 ** 29; at += 1, shift *= 128) {
      byte = head[at] ?? 0
      length += (byte % 128) * shift
    }
    // Empty lines of text look the same.
    if (length === 0 || length === 10) return false
    at += length
    if (at >= head.length) return packets > 0 || head.includes(0)
  }
  return true
}

/** Bytes that no text has: NUL and other controls, UTF-16 aside. */
const textOf = (head: Uint8Array): string | undefined => {
  const part = head.subarray(0, 4096)
  const encoding = encodingOf(part)
  const wide = encoding !== 'utf-8'
  const odd = part.filter((byte) => byte < 7 || (byte > 13 && byte < 27)).length
  if (!wide && odd > part.length / 50) return undefined
  return new TextDecoder(encoding).decode(part).replace(/^\ufeff/, '')
}
