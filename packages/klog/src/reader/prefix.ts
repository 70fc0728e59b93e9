// What stands before a kernel message: level, time, host, caller, in the forms of printk, dmesg, journald, syslog and Android.

/** A line of a log without its prefix. */
export interface LogRecord {
  /** Line of its first character, from 1. */
  readonly line: number
  /** Characters of the line, with all that stands before the text. */
  readonly width: number
  /** As printed; empty: none. */
  readonly time: string
  /** 0 emergency to 7 debug; undefined: not printed. */
  readonly level: number | undefined
  /** The program of a syslog line, `kernel` for the kernel's; empty: not printed. */
  readonly program: string
  /** Something that begins a record stood there. */
  readonly begins: boolean
  readonly text: string
}

interface Rule {
  readonly pattern: RegExp
  /** Which of time, level and program the first group is. */
  readonly gives: 'time' | 'level' | 'severity' | 'priority' | 'program' | 'tag' | 'nothing'
  /** Only behind another part of a prefix. */
  readonly behind: boolean
  /** What a text begins with that the pattern may match: nothing else is tried. */
  readonly first: RegExp
}

const ANYTHING = /^/
const BRACKET = /^\[/
/** Who logs: a host, and the kernel or a program with its pid. */
const LOGGER = /^.{0,130}?(?:kernel|\]: |kern\.|user\.|daemon\.|local\d\.)/

const rule = (pattern: RegExp, gives: Rule['gives'], behind = false, first = firstOf(pattern, behind)): Rule => ({
  pattern,
  gives,
  behind,
  first,
})

/** By the begin of the pattern itself. */
const firstOf = ({ source }: RegExp, behind: boolean): RegExp => {
  if (source.startsWith('^\\[')) return BRACKET
  if (source.startsWith('^<')) return /^</
  if (source.startsWith('^(\\d') || source.startsWith('^\\d')) return /^\d/
  return behind && /^\^\(?(?:\?:)?\\S/.test(source) ? LOGGER : ANYTHING
}

const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug']
const PRIORITIES: Readonly<Record<string, number>> = { F: 2, E: 3, W: 4, I: 6, D: 7, V: 7 }
const DATE = String.raw`(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d{1,9})?(?: \d{4})?`
const ISO = String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?`

/** Each takes one part; they are tried until none fits. No pattern can match the same text in two ways. */
const RULES: readonly Rule[] = [
  rule(/^<(\d{1,3})>/, 'level'),
  rule(/^\[ {0,12}(\d{1,12}\.\d{1,9})\] ?/, 'time'),
  rule(new RegExp(String.raw`^\[(${DATE})\] ?`), 'time'),
  rule(new RegExp(String.raw`^\[(${ISO})\] ?`), 'time'),
  rule(/^\[([A-Z][a-z]{2} {0,2}\d{1,2} \d\d:\d\d)\] ?/, 'time'),
  rule(/^\[ {0,12}(\+\d{1,9}\.\d{1,9})\] ?/, 'time'),
  rule(/^\[(\d\d:\d\d:\d\d(?:[.:]\d{1,9})?)\] ?/, 'time'),
  rule(new RegExp(String.raw`^(${DATE}) `), 'time'),
  rule(new RegExp(String.raw`^(${ISO}) `), 'time'),
  rule(/^(\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?: ->|:)? (?=[[<]| )/, 'time'),
  rule(/^\d{1,7}[:-](?=\[ {0,12}\d{1,12}\.\d)/, 'nothing'),
  rule(/^\d\d-\d\d \d\d:\d\d:\d\d\.\d{3,6} {1,6}(?:\w{1,12} {1,6})?\d{1,7} {1,6}\d{1,7} ([VDIWEF]) /, 'priority'),
  rule(/^([VDIWEF])\/(?=[^(]{0,64}\( {0,6}\d{1,7}\): )/, 'tag'),
  rule(/^\[ {0,12}[TC]\d{1,9}(?:@\w{1,9})?\] ?/, 'nothing'),
  rule(
    /^(?:kern|user|daemon|syslog|local\d) {0,4}: {0,4}(emerg|alert|crit|err|warn|notice|info|debug) {0,4}: ?/,
    'severity',
  ),
  rule(/^(?:\S{1,64} )?(?:kern|user|daemon|local\d)\.(emerg|alert|crit|err|warn|notice|info|debug) /, 'severity', true),
  rule(/^(?:\S{1,64} )?(kernel)(?:\[\d{1,7}\])?: ?/, 'program', true),
  rule(/^(kernel): (?=\[|\S)/, 'program'),
  rule(/^\S{1,64} ([\w./-]{1,48})\[\d{1,7}\]: /, 'program', true),
  rule(/^-?\(\d{1,2}\)\[\d{1,7}:[^\]]{1,48}\] ?/, 'nothing', true),
  rule(/^\[ {0,3}\d{1,2}: {0,16}[^\]: ][^\]:]{0,24}(?::\d{1,3})?: {0,8}\d{1,7}\] ?/, 'nothing', true),
]

/** The form of printk, which most lines have, without a search. */
const PRINTK = /^\[ {0,12}(\d{1,12}\.\d{1,9})\] ?/
const BLANK = 32
const OPEN_BRACKET = 91

/** Takes the prefix off a line that `cleanLine` cleaned. */
export const readPrefix = (line: string, number: number): LogRecord => {
  const record: Writable = {
    line: number,
    width: line.length,
    time: '',
    level: undefined,
    program: '',
    begins: false,
    text: line.charCodeAt(0) === BLANK ? line.trimStart() : line,
  }
  const printk = record.text.charCodeAt(0) === OPEN_BRACKET ? PRINTK.exec(record.text) : null
  if (printk !== null) takeTime(printk, record)
  if (printk === null || mayGoOn(record.text)) takeParts(record)
  if (!record.begins) record.text = line
  return record
}

type Writable = { -readonly [Key in keyof LogRecord]: LogRecord[Key] }

/** Does what is left begin like another part of a prefix, or name a logger? */
const mayGoOn = (text: string): boolean =>
  BEGINS[text.charCodeAt(0)] === 1 ||
  text.includes('kernel') ||
  text.includes(']: ') ||
  text.includes('kern.') ||
  text.includes('user.') ||
  text.includes('daemon.') ||
  text.includes('local')
const BEGINS = Uint8Array.from({ length: 128 }, (_, code) => (/[[<(\d-]/.test(String.fromCharCode(code)) ? 1 : 0))

const takeParts = (record: Writable): void => {
  for (let found = true; found;) {
    found = false
    for (const one of RULES) {
      if (one.behind && !record.begins) continue
      if (!one.first.test(record.text)) continue
      const match = one.pattern.exec(record.text)
      if (match === null) continue
      take(one, match, record)
      found = true
      break
    }
  }
}

const takeTime = ([whole, time = '']: RegExpExecArray, record: Writable): void => {
  record.text = record.text.slice(whole.length).trimStart()
  record.begins = true
  record.time = time
}

const take = ({ gives }: Rule, match: RegExpExecArray, prefix: Writable): void => {
  const value = match[1] ?? ''
  prefix.text = prefix.text.slice(match[0].length).trimStart()
  prefix.begins = true
  if (gives === 'time' && prefix.time === '') prefix.time = value
  if (gives === 'program') prefix.program = value
  if (gives === 'level') prefix.level = Number(value) % 8
  if (gives === 'severity') prefix.level = SEVERITIES.indexOf(value)
  if (gives === 'priority' || gives === 'tag') {
    prefix.level = PRIORITIES[value]
    prefix.text = gives === 'tag' ? withoutPid(prefix.text) : tagged(prefix.text)
  }
}

/** Android takes what stands before the first colon for a tag, and pads it. */
const tagged = (text: string): string => {
  const colon = text.indexOf(' : ')
  const end = text.indexOf(':')
  if (end === 0) return text.slice(1).trimStart()
  return colon >= 0 && colon < end ? `${text.slice(0, colon).trimEnd()}: ${text.slice(colon + 3)}` : padded(text, end)
}
const padded = (text: string, colon: number): string =>
  colon > 0 && text[colon - 1] === ' '
    ? `${text.slice(0, colon).trimEnd()}: ${text.slice(colon + 1).trimStart()}`
    : text

/** `tag( 0): text` as `tag: text`. */
const withoutPid = (text: string): string => {
  const open = text.indexOf('(')
  const close = text.indexOf('): ')
  const tag = text.slice(0, open).trim()
  return tag === '' ? text.slice(close + 3) : `${tag}: ${text.slice(close + 3)}`
}
