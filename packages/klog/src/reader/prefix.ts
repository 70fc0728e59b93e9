// What stands before a kernel message: level, time, host, caller, in the forms of printk, dmesg, journald, syslog and Android.

export interface Prefix {
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

/** Takes the prefix off a line that `cleanLine` cleaned. */
export const readPrefix = (line: string): Prefix => {
  const prefix = {
    time: '',
    level: undefined as number | undefined,
    program: '',
    begins: false,
    text: line.trimStart(),
  }
  for (let found = true; found;) {
    found = false
    for (const one of RULES) {
      if (one.behind && !prefix.begins) continue
      if (!one.first.test(prefix.text)) continue
      const match = one.pattern.exec(prefix.text)
      if (match === null) continue
      take(one, match, prefix)
      found = true
      break
    }
  }
  return prefix.begins ? prefix : { ...prefix, text: line }
}

const take = (
  { gives }: Rule,
  match: RegExpExecArray,
  prefix: { -readonly [Key in keyof Prefix]: Prefix[Key] },
): void => {
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
