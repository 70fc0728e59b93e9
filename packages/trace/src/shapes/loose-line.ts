// A line of a trace in whatever form it came: perf script, perf trace, comments of the function graph, a dump in a kernel log, verbose
// times, columns that a mail program or a terminal moved. The event's name is looked for, and what stands before it is read by its look.
import { EVENT_NAMES } from '../read/decode.ts'

/** What stands before the event; a part that the line does not have is absent. */
export interface LooseFrame {
  readonly task?: string
  readonly pid?: number
  readonly cpu?: number
  /** Seconds. */
  readonly time?: string
  /** Latency flags as the kernel prints them. */
  readonly flags?: string
}

export interface LooseLine {
  readonly frame: LooseFrame
  readonly event: string
  readonly body: string
}

const SYSTEMS: ReadonlySet<string> = new Set([
  'dma',
  'dma_fence',
  'fence',
  'dma_buf',
  'swiotlb',
  'iommu',
  'cma',
  'vb2',
  'v4l2',
  'ftrace',
])
const NAMES: ReadonlySet<string> = new Set(EVENT_NAMES)
/** Names so short that any text may hold them: the system must stand before them, or a time. */
const COMMON: ReadonlySet<string> = new Set(['map', 'unmap', 'print'])
/** Where an event of any name begins: behind a time, in a comment of the function graph, or as perf names them. */
const OTHER = /(?:\d:\s+|\/\*\s)(?:[a-z_0-9]{1,40}:)?([a-z_0-9]{1,60}):\s/
/** The end of a time, of any form, or the begin of a comment. */
const BEHIND_TIME = /(?:\d|us.?|\))\s*:\s*$|\/\*\s*$/
/** A task's name is shorter. */
const TASK = 16
/** Frames end before this column. */
const FRAME = 400

/** undefined: no event in it. */
export const looseLine = (line: string): LooseLine | undefined => {
  const found = knownEvent(line)
  if (found !== undefined) return found
  const other = OTHER.exec(line.slice(0, FRAME))
  if (other === null) return undefined
  const left = line.slice(0, other.index + 2)
  const body = line.slice(other.index + other[0].length)
  return { frame: looseFrame(left), event: other[1] ?? '', body: uncommented(body, left) }
}

const knownEvent = (line: string): LooseLine | undefined => {
  const limit = Math.min(line.length, FRAME)
  for (let at = 0; at < limit; at += 1) {
    const end = line[at]
    if (end !== ':' && end !== '(') continue
    const start = wordStart(line, at)
    const event = line.slice(start, at)
    if (!NAMES.has(event)) continue
    const systemStart = line[start - 1] === ':' ? wordStart(line, start - 1) : start
    const system = SYSTEMS.has(line.slice(systemStart, start - 1))
    const left = line.slice(0, system ? systemStart : start)
    if (left !== '' && !' *|:'.includes(left.at(-1) ?? ' ')) continue
    if (!system && (end === '(' || (COMMON.has(event) && !BEHIND_TIME.test(left)))) continue
    const rest = line.slice(at + 1)
    const body = end === '(' ? asFields(rest) : uncommented(system ? unbraced(rest, left) : rest, left)
    return { frame: looseFrame(left), event, body: body.trim() }
  }
  return undefined
}

/** Where the word begins that ends before `end`. */
const wordStart = (line: string, end: number): number => {
  let start = end
  while (start > 0 && isWord(line.charCodeAt(start - 1))) start -= 1
  return start
}
/** a-z, 0-9 and underscore. */
const isWord = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 95

/** A comment of the function graph ends behind the event. */
const uncommented = (body: string, left: string): string => (left.includes('/*') ? without(body, '*/') : body.trimEnd())

const without = (text: string, end: string): string => {
  const body = text.trimEnd()
  return body.endsWith(end) ? body.slice(0, -end.length).trimEnd() : body
}

/** perf trace ends what libtraceevent printed with a parenthesis that it did not open. */
const unbraced = (body: string, left: string): string =>
  /^\s*\d+\.\d{3} /.test(left) && !left.includes('[') ? without(body, ')') : body

/** `device: "0000:00:03.0", size: 4096)` as `device=0000:00:03.0 size=4096`. */
const asFields = (rest: string): string =>
  without(rest, ')')
    .replaceAll(
      /(?:^|, )(\w+): (?:"([^"]*)"|([^,]*))/g,
      (_all, name: string, quoted?: string, bare?: string) => ` ${name}=${quoted ?? bare ?? ''}`,
    )
    .trim()

/** `comm-123 4d..1. 57us` of the latency format, `comm 123 4 0 00000001 000000ab [00001234] 1.234ms` of the verbose one. */
const LATENCY = /(?:^|\s)(\S[^\]]{0,15}?)-(\d{1,10})\s+(\d{1,4})([.a-zA-Z#]\S{2,6})\s+(\d{1,12})(us|\s*:)/
const VERBOSE =
  /(?:^|\s)(\S.{0,15}?)\s+(\d{1,10})\s+(\d{1,4})\s+\d{1,4}\s+[0-9a-f]{8}\s+[0-9a-f]{8}\s+\[[0-9a-f]{8,16}\]\s+(\d{1,12})\.(\d{3})ms/
const FTRACE = /(\S[^\]]{0,60}?)-(\d{1,10})\s+(?:\([\s\d-]{1,9}\)\s+)?\[(\d{1,4})\]/
const PERF = /(?:^|\s)(\S.{0,30}?)\s+(?:\d{1,10}\/)?(\d{1,10})\s+(?:\[\d{1,4}\]|\d{1,12}\.\d{3,9}\s*:)/
const PERF_TRACE = /^\s*(\d{1,12}\.\d{3}) (?:\([^)]*\):? ?)?(?:(\S.{0,30}?)\/(\d{1,10}))?\s*$/
const GRAPH = /(?:^|\|?\s+)(\d{1,4})\)(?:\s+(\S.{0,15}?)-(\d{1,10})\s*\|)?/
const TIME = /(?<![\w.[])\d{1,12}\.\d{3,9}(?=\s*[:|])/g
/** Nearly always it stands right before the event. */
const TIME_AT_END = /(?<![\w.[])(\d{1,12}\.\d{3,9})\s*:\s*$/
const FLAGS = /\[\d{1,4}\]\s+([dDbBnNpPxX.][a-zA-Z.]{2}[.0-9a-zA-Z]{1,4})\s/

const looseFrame = (left: string): LooseFrame => {
  const ftrace = FTRACE.exec(left)
  const latency = ftrace === null ? LATENCY.exec(left) : null
  if (latency !== null) {
    const [, task = '', pid, cpu, flags = '', ticks, unit] = latency
    return {
      task,
      pid: Number(pid),
      cpu: Number(cpu),
      flags,
      time: unit === 'us' ? (Number(ticks) / 1e6).toFixed(6) : (ticks ?? ''),
    }
  }
  const verbose = ftrace === null ? VERBOSE.exec(left) : null
  if (verbose !== null) {
    const [, task = '', pid, cpu, ms, us] = verbose
    return { task, pid: Number(pid), cpu: Number(cpu), time: ((Number(ms) * 1000 + Number(us)) / 1e6).toFixed(6) }
  }
  const perfTrace = ftrace === null ? PERF_TRACE.exec(left) : null
  if (perfTrace !== null) {
    const [, ms, task, pid] = perfTrace
    return { time: (Number(ms) / 1000).toFixed(6), ...(task !== undefined && { task, pid: Number(pid) }) }
  }
  const time = lastTime(left)
  const flags = FLAGS.exec(left)?.[1]
  const who = ftrace ?? PERF.exec(left)
  const cpu = /\[(\d{1,4})\]/.exec(left)?.[1]
  if (who === null && cpu === undefined && left.includes('/*'))
    return { ...graphFrame(left), ...(time !== undefined && { time }) }
  return {
    ...(who !== null && { task: taskOf(who[1] ?? ''), pid: Number(who[2]) }),
    ...(cpu !== undefined && { cpu: Number(cpu) }),
    ...(time !== undefined && { time }),
    ...(flags !== undefined && { flags }),
  }
}

const lastTime = (left: string): string | undefined => TIME_AT_END.exec(left)?.[1] ?? left.match(TIME)?.at(-1)

/** Without what stands in front of it: an instance, a file, a quote mark. */
const taskOf = (text: string): string => (text.split(/\s{2,}|[:>|]\s+/).at(-1) ?? text).slice(-TASK)

const graphFrame = (left: string): LooseFrame => {
  const [, cpu, task, pid] = GRAPH.exec(left) ?? []
  return { ...(cpu !== undefined && { cpu: Number(cpu) }), ...(task !== undefined && { task, pid: Number(pid) }) }
}
