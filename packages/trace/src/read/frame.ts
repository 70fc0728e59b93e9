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
const POINT = 46
const DASH = 45
const PAREN = 40
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
  /** Columns of '[' and of the name in the line before: in nearly all logs those of the next line too. */
  cpuColumn: number
  nameColumn: number
}

export const newPlace = (): NamePlace => ({ cpu: 0, start: 0, end: 0, hash: 0, cpuColumn: 0, nameColumn: 0 })

export const hashOf = (name: string): number => {
  let hash = 0
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash + name.charCodeAt(at), 31)
  return hash
}

/**
 * Finds `[cpu] ... time: name:` in the line at [start, end) of `bytes`. False when the line has another form.
 * The name's hash is made on the way, so that a line that is not wanted is never decoded.
 */
export const findName = (bytes: Uint8Array, start: number, end: number, place: NamePlace): boolean => {
  const guess = start + place.nameColumn
  if (
    place.nameColumn > 0 &&
    guess < end &&
    bytes[start + place.cpuColumn] === BRACKET &&
    bytes[guess - 1] === SPACE &&
    bytes[guess - 2] === COLON &&
    bytes[guess - 9] === POINT &&
    isDigit(bytes[guess - 3] ?? 0)
  ) {
    place.cpu = start + place.cpuColumn
    place.start = guess
  } else if (!searchName(bytes, start, end, place)) return false
  let at = place.start
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

const searchName = (bytes: Uint8Array, start: number, end: number, place: NamePlace): boolean => {
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
  place.start = at + 2
  // Only times with six decimals are recognised by their place.
  const known = bytes[place.start - 9] === POINT
  place.cpuColumn = known ? place.cpu - start : 0
  place.nameColumn = known ? place.start - start : 0
  return true
}

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57

/**
 * `   comm-123   (tgid) [001] d.h1.   4.378800`: the pid follows the last '-' before the column. `line` is the decoded line, `cpu`
 * the index of '[' and `end` that of the ':' behind the time, all counted from its first character.
 */
export const splitHead = (line: string, cpu: number, end: number): Omit<Frame, 'event' | 'body'> | undefined => {
  let at = cpu - 1
  const skipBlanks = (): void => {
    while (at >= 0 && line.charCodeAt(at) === SPACE) at -= 1
  }
  skipBlanks()
  if (line[at] === ')') {
    while (at >= 0 && line.charCodeAt(at) !== PAREN) at -= 1
    at -= 1
    skipBlanks()
  }
  const pidEnd = at + 1
  while (at >= 0 && isDigit(line.charCodeAt(at))) at -= 1
  if (pidEnd === at + 1 || line.charCodeAt(at) !== DASH) return undefined
  const task = line.slice(0, at).trimStart()
  const pid = Number(line.slice(at + 1, pidEnd))
  const close = line.indexOf(']', cpu)
  const timeStart = line.lastIndexOf(' ', end) + 1
  const time = line.slice(timeStart, end)
  if (!isDigit(time.charCodeAt(0))) return undefined
  const flags = line.slice(close + 1, timeStart).trim()
  const known = flags.length > 2 && !flags.startsWith('-0x')
  return { task, pid, cpu: Number(line.slice(cpu + 1, close)), time, interrupt: known ? inInterrupt(flags) : undefined }
}

/** Third flag: hard, soft, hard inside soft, NMI, NMI inside hard. */
const inInterrupt = (flags: string): boolean => 'hsHzZ'.includes(flags[2] ?? '.')

/** `    init-1         0..... 49444us#: tracing_mark_write: begin` */
const LATENCY = /^\s*(.{1,8}?)-(\d+)\s+(\d+)([.a-zA-Z#]\S*)\s+(\d+)us.?\s*: ([a-z_0-9]+): (.*)$/
/** `93 1 3656417648 type: 359`, `1 0 3654444208 # ffff8000800d5db4 begin raw` */
const RAW = /^(\d+) (\d+) (\d+) (?:type: (\d+)|# [0-9a-f]+ (.*))$/

export const splitOtherForms = (line: string): Frame | undefined => {
  const latency = LATENCY.exec(line)
  if (latency !== null) {
    const [, task = '', pid = '', cpu = '', flags = '', us = '', event = '', body = ''] = latency
    const time = (Number(us) / 1e6).toFixed(6)
    return { task, pid: Number(pid), cpu: Number(cpu), time, interrupt: inInterrupt(flags), event, body }
  }
  const raw = RAW.exec(line)
  if (raw === null) return undefined
  const [, pid = '', cpu = '', time = '', type, marker] = raw
  const event = type === undefined ? 'tracing_mark_write' : `type ${type}`
  return { task: '<...>', pid: Number(pid), cpu: Number(cpu), time, interrupt: undefined, event, body: marker ?? '' }
}
