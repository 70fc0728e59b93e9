// Texts on their way to a terminal. Names and messages come from files: a control character in them is shown, not sent.
import { printable } from '@dmalab/report'

/** Colours, which reports bring themselves where a terminal shows them. */
// eslint-disable-next-line no-control-regex -- colours begin with the control character ESC
const COLOUR = /(\u001B\[[0-9;]*m)/

const areColoursOn = (): boolean => process.env['NO_COLOR'] === undefined

/** Control characters as \xNN; line ends, tabs and, where there are colours, colours stay. */
export const shown = (text: string): string =>
  text
    .split('\t')
    .map((cell) =>
      areColoursOn()
        ? cell
            .split(COLOUR)
            .map((part) => (COLOUR.test(part) ? part : printable(part)))
            .join('')
        : printable(cell),
    )
    .join('\t')

/** JSON escapes the first 32 itself; DEL and what follows 127 it sends. */
export const jsonShown = (json: string): string =>
  json.replaceAll(/[\u007F-\u009F]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
