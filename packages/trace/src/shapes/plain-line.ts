// What mail programs, terminals, web pages and loggers put around a line.
import { ownValue } from '@dmalab/api'

// eslint-disable-next-line no-control-regex -- colours begin with the control character ESC
const COLOUR = /\u001b\[[0-9;]{0,20}[A-Za-z]/g
const QUOTE = /^(?:\s{0,3}>\s?)+|^\|\s/
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', nbsp: ' ', '#39': "'" }

/** The line without colours, quote marks, entities and tabs. */
export const plainLine = (raw: string): string => {
  let text = raw.includes('\u001b') ? raw.replaceAll(COLOUR, '') : raw
  if (text.includes('\t')) text = text.replaceAll('\t', ' ')
  if (text.includes('&'))
    text = text.replaceAll(/&(#?\w{2,4});/g, (whole, name: string) => ownValue(ENTITIES, name) ?? whole)
  return text.replace(QUOTE, '')
}

/** Lines that are not events, and say something about the log: headers, gaps, the banner of a kernel. */
const TOLD = /(?:^|\]\s+|:\s)(#\s.*|\s*CPU:\d+ \[(?:LOST \d+ EVENTS|EVENTS DROPPED)\].*|Linux version \d.*)$/

/** Such a line without what a logger puts before it; undefined for all others. */
export const toldLine = (text: string): string | undefined => TOLD.exec(text.slice(0, 600))?.[1]
