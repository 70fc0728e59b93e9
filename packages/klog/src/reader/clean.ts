// What terminals, web pages and mail programs put around a line: colours, entities, tags, quote marks, typographic quotes. The result
// has no control characters, so it can be shown.

import { ownValue } from '@dmalab/api'
const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  '#39': "'",
  '#x27': "'",
  '#34': '"',
  '#x2F': '/',
  '#47': '/',
  '#91': '[',
  '#93': ']',
}
/** Tags around pasted logs; anything else in angle brackets is the kernel's own (`vmalloc=<size>`). */
const TAG = /<\/?(?:br|p|pre|code|span|div|b|i|em|tt|font|li|td|tr|blockquote)(?: [^<>]{0,200})?\/?>/gi
// eslint-disable-next-line no-control-regex -- colours begin with the control character ESC
const COLOUR = /(?:\u001b|\^\[)\[[0-9;?]{0,20}[A-Za-z]|\u001b\][^\u0007]{0,200}\u0007/g
const QUOTES: readonly (readonly [RegExp, string])[] = [
  [/[\u2018\u2019\u201a]/g, "'"],
  [/[\u201c\u201d\u201e]/g, '"'],
  [/[\u2010-\u2013]/g, '-'],
]
// eslint-disable-next-line no-control-regex -- what must not reach a terminal
const CONTROLS = /[\u0000-\u001f\u007f-\u00a0\u200b-\u200f\u2028-\u202f\u2060-\u2069\ufeff\ufffd]/g

/** What has none of this is clean already: printable ASCII, no entity, tag or colour, no quote mark at its begin. */
const ODD = /[^\x20-\x7e]|[&<^]|^ {0,8}[>|]/

/** A line as it would be on the console; blanks at its ends are kept for who joins wrapped lines. */
export const cleanLine = (raw: string): string => {
  if (!ODD.test(raw)) return raw
  let text = raw.replace(COLOUR, '')
  if (text.includes('&'))
    text = text.replace(
      /&(#?\w{2,5});/g,
      (whole, name: string) => ownValue(ENTITIES, name) ?? ownValue(ENTITIES, name.toLowerCase()) ?? whole,
    )
  if (text.includes('<')) text = text.replace(TAG, '')
  for (const [pattern, plain] of QUOTES) text = text.replace(pattern, plain)
  return withoutQuoteMarks(text.replace(CONTROLS, ' '))
}

/** `> > text` of a quoted mail; `|` of some trackers. */
const withoutQuoteMarks = (text: string): string => {
  let from = 0
  for (let at = 0; at < text.length && (text[at] === '>' || text[at] === ' ' || text[at] === '|'); at += 1)
    if (text[at] !== ' ') from = at + 1
  if (from === 0) return text
  return text[from] === ' ' ? text.slice(from + 1) : text.slice(from)
}
