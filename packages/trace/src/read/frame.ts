// What stands before the event's own text: task, pid, cpu, time. The form with a [cpu] column is taken apart on bytes; the
// latency format and the raw format, which have none, as text.

/** One line, cut into its frame and its event. */
export interface Frame {
  readonly task: string
  readonly pid: number
  readonly cpu: number
  /** Seconds as printed; ticks for the clocks that count. */
  readonly time: string
  /** In interrupt context; undefined when the line has no flags. */
  readonly interrupt: boolean | undefined
  readonly event: string
  readonly body: string
}

const BRACKET = 91
const CLOSE = 93
const COLON = 58
const SPACE = 32
/** comm is 16 columns wide and a '-' follows: no CPU column before this. */
const FIRST_CPU_COLUMN = 17
/** pid, tgid and padding fit in this many columns. */
const CPU_COLUMN_SEARCH = 40

/** Where the event's name lies in a line; one object is reused for every line. */
export interface NamePlace {
  /** Index of '['. */
  cpu: number
  /** First byte of the name. */
  start: number
  /** The ':' after it. */
  end: number
  /** Rolling hash of the name. */
  hash: number
}

export const hashOf = (name: string): number => {
  let hash = 0
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash + name.charCodeAt(at), 31)
  return hash
}

/**
 * Finds `[cpu] ... time: name:` in the line at [start, end) of `bytes`. False when the line has another form.
 * The name's hash is made on the way, so that a line nobody wants is never decoded.
 */
export const findName = (bytes: Uint8Array, start: number, end: number, place: NamePlace): boolean => {
  let at = start + FIRST_CPU_COLUMN - 1
  const stop = Math.min(end, at + CPU_COLUMN_SEARCH)
  while (at < stop && bytes[at] !== BRACKET) at += 1
  if (at >= stop) return false
  place.cpu = at
  at += 1
  while (at < end && isDigit(bytes[at] ?? 0)) at += 1
  if (bytes[at] !== CLOSE || at === place.cpu + 1) return false
  // The first ": " after the column ends the time.
  at += 1
  while (at < end && !(bytes[at] === COLON && bytes[at + 1] === SPACE)) at += 1
  if (at >= end) return false
  at += 2
  place.start = at
  let hash = 0
  while (at < end) {
    const byte = bytes[at] ?? 0
    if (byte === COLON || byte === SPACE) break
    hash = Math.imul(hash + byte, 31)
    at += 1
  }
  place.end = at
  place.hash = hash
  return at < end && bytes[at] === COLON && at > place.start
}

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57

/** `   comm-123   (tgid) [001] d.h1.   4.378800` up to the time; the pid follows the last '-' before the column. */
const HEAD =
  /^\s*(.*)-(\d+)\s+(?:\(\s*(?:-+|\d+)\)\s*)?\[(\d+)\](?:-0x[0-9a-f]+|\s+([.a-zA-Z0-9#]{4,5}))?\s+(\d+(?:\.\d+)?)$/

export const splitHead = (head: string): Omit<Frame, 'event' | 'body'> | undefined => {
  const found = HEAD.exec(head)
  if (found === null) return undefined
  const [, task = '', pid = '', cpu = '', flags, time = ''] = found
  return { task, pid: Number(pid), cpu: Number(cpu), time, interrupt: inInterrupt(flags) }
}

/** Third flag: hard, soft, hard inside soft, NMI, NMI inside hard. */
const inInterrupt = (flags: string | undefined): boolean | undefined =>
  flags === undefined ? undefined : 'hsHzZ'.includes(flags[2] ?? '.')

/** `    init-1         0..... 49444us#: tracing_mark_write: begin` */
const LATENCY = /^\s*(.{1,8}?)-(\d+)\s+(\d+)([.a-zA-Z#]\S*)\s+(\d+)us.?\s*: ([a-z_0-9]+): (.*)$/
/** `93 1 3656417648 type: 359`, `1 0 3654444208 # ffff8000800d5db4 begin raw` */
const RAW = /^(\d+) (\d+) (\d+) (?:type: (\d+)|# [0-9a-f]+ (.*))$/

export const splitOtherForms = (line: string): Frame | undefined => {
  const latency = LATENCY.exec(line)
  if (latency !== null) {
    const [, task = '', pid = '', cpu = '', flags, us = '', event = '', body = ''] = latency
    const time = (Number(us) / 1e6).toFixed(6)
    return { task, pid: Number(pid), cpu: Number(cpu), time, interrupt: inInterrupt(flags), event, body }
  }
  const raw = RAW.exec(line)
  if (raw === null) return undefined
  const [, pid = '', cpu = '', time = '', type, marker] = raw
  const event = type === undefined ? 'tracing_mark_write' : `type ${type}`
  return { task: '<...>', pid: Number(pid), cpu: Number(cpu), time, interrupt: undefined, event, body: marker ?? '' }
}
