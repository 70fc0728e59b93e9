// The reader for logs of any form. What the kernel or trace-cmd printed goes through as it is; anything else is put into that form line
// by line first. Which of both, the head decides, once.
import type { Event, ReadSummary } from '@dmalab/api'
import { createReader as createFtraceReader, type Reader, type ReaderOptions } from '../read/reader.ts'
import { latin1 } from '../read/latin1.ts'
import { encodingOf, type Encoding, shapeOf } from './head.ts'
import { createJsonText, isJsonTrace } from './json-trace.ts'
import type { LooseFrame } from './loose-line.ts'
import { plainLine, toldLine } from './plain-line.ts'
import { createWrapped } from './wrapped.ts'

/** Bytes that decide what a log is. */
const HEAD = 2 ** 16
/** Longer lines are cut: no event is that long. */
const MAX_LINE = 2 ** 20
/** Frames end before this column. */
const FRAME = 512

export const createReader = (options: ReaderOptions): Reader => {
  let head = new Uint8Array()
  let inner: Reader | undefined
  const decide = (): Reader => {
    const encoding = encodingOf(head)
    const last = head.lastIndexOf(10)
    const isJson = encoding === 'utf-8' && isJsonTrace(latin1(head, 0, Math.min(head.length, HEAD)))
    const shape = encoding === 'utf-8' ? shapeOf(head.subarray(0, last < 0 ? head.length : last + 1)) : 'other'
    const reader = isJson
      ? createJson(options)
      : shape === 'clean' && !hasMark(head)
        ? createFtraceReader(options)
        : createShaped(options, encoding, shape === 'mixed')
    reader.push(head)
    head = new Uint8Array()
    return (inner = reader)
  }
  return {
    push: (chunk) => {
      if (inner !== undefined) return inner.push(chunk)
      head = joined(head, chunk)
      if (head.length >= HEAD) decide()
    },
    end: () => (inner ?? decide()).end(),
  }
}

const createJson = (options: ReaderOptions): Reader => {
  const inside = createShaped(options, 'utf-8', false)
  const encoder = new TextEncoder()
  const decoder = new TextDecoder()
  const json = createJsonText((text) => inside.push(encoder.encode(text)))
  return {
    push: (chunk) => json.push(decoder.decode(chunk, { stream: true })),
    end: () => inside.end(),
  }
}

const hasMark = (head: Uint8Array): boolean => head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf

/** `strict`: a line that is nothing is damage, as it is in a log of the kernel; else there may be anything between events. */
const createShaped = (options: ReaderOptions, encoding: Encoding, strict: boolean): Reader => {
  const decoder = new TextDecoder(encoding)
  const encoder = new TextEncoder()
  let known: LooseFrame | undefined
  let bytes = 0
  let carry = ''
  let html: 'none' | 'before' | 'inside' | undefined
  const ftrace = createFtraceReader({
    ...options,
    bare: undefined,
    onEvent: (event) => options.onEvent(framed(event, known)),
  })
  const wrapped = createWrapped((line, read) => {
    known = read?.frame
    const text = read === undefined ? (toldLine(line) ?? (strict || isOfTrace(line) ? line : '')) : canonical(read)
    ftrace.push(encoder.encode(`${text}\n`))
  })
  const line = (raw: string): void => {
    html ??= /^\s*<(!doctype|html)/i.test(raw) ? 'before' : 'none'
    // A page of systrace holds the text of the trace behind a program.
    if (html === 'before' && /^# tracer:|class="trace-data"/.test(raw)) html = 'inside'
    else if (html === 'inside' && raw.includes('</script>')) html = 'before'
    wrapped.push(html === 'before' ? '' : plainLine(raw.endsWith('\r') ? raw.slice(0, -1) : raw))
  }
  const take = (text: string): void => {
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      line(carry + text.slice(start, end))
      carry = ''
      start = end + 1
    }
    carry = (carry + text.slice(start)).slice(0, MAX_LINE)
  }
  return {
    push: (chunk) => {
      bytes += chunk.length
      take(decoder.decode(chunk, { stream: true }))
    },
    end: (): ReadSummary => {
      take(decoder.decode())
      if (carry !== '') line(carry)
      wrapped.end()
      return { ...ftrace.end(), bytes }
    },
  }
}

/** Unknown events and stacks are counted, whatever else stands in the log. */
const isOfTrace = (line: string): boolean =>
  line.startsWith(' =>') || /^.{16,}-\d+ .*\[\d+\].*\d: /.test(line.slice(0, FRAME))

/** As the kernel prints it; what the line did not have is taken off the event again. */
const canonical = ({ frame, event, body }: { frame: LooseFrame; event: string; body: string }): string => {
  const { task = '<...>', pid = 0, cpu = 0, flags = '', time = '0.000000' } = frame
  return `${task.padStart(16)}-${String(pid).padEnd(7)} [${String(cpu).padStart(3, '0')}] ${flags.padEnd(5)} ${time}: ${event}: ${body}`
}

const isWhole = ({ task, cpu, time, flags }: LooseFrame): boolean =>
  task !== undefined && cpu !== undefined && time !== undefined && flags !== undefined

const framed = (event: Event, known: LooseFrame | undefined): Event => {
  if (known === undefined || event.time === undefined || isWhole(known)) return event
  const { task, pid, cpu, time, interrupt, ...rest } = event
  return {
    ...rest,
    ...(known.task !== undefined && { task: task ?? '', pid: pid ?? 0 }),
    ...(known.cpu !== undefined && { cpu: cpu ?? 0 }),
    ...(known.time !== undefined && { time }),
    ...(known.flags !== undefined && interrupt !== undefined && { interrupt }),
  } as Event
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> => {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
