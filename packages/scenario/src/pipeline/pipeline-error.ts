// What is wrong with a pipeline: GStreamer's class of error, and the place in the text as it was typed.
import { InputError, type WorkInstead } from '@dmalab/api'

/** The codes of GstParseError. */
export type PipelineErrorKind =
  | 'syntax'
  | 'no-such-element'
  | 'no-such-property'
  | 'link'
  | 'could-not-set-property'
  | 'empty-bin'
  | 'empty'

/** Bad pipeline text. The message ends with the line and a caret under the place. */
export class PipelineError extends InputError {
  readonly kind: PipelineErrorKind
  /** The message alone, without place and caret. */
  readonly reason: string

  constructor(
    kind: PipelineErrorKind,
    reason: string,
    text: string,
    offset: number,
    hint?: string,
    instead?: WorkInstead,
  ) {
    const { line, column } = placeOf(text, offset)
    super(`${reason}\n${caret(text, line, column)}`, { file: 'pipeline', line, column }, hint, instead)
    this.kind = kind
    this.reason = reason
  }
}

/** A line that is no mistake of its own, and that the board cannot run; with place and caret. */
export const refusedAt = (
  reason: string,
  text: string,
  offset: number | undefined,
  hint: string,
  instead?: WorkInstead,
): InputError => {
  if (offset === undefined) return new InputError(reason, {}, hint, instead)
  const { line, column } = placeOf(text, offset)
  return new InputError(`${reason}\n${caret(text, line, column)}`, { file: 'pipeline', line, column }, hint, instead)
}

/** 1-based line and column of an offset. */
const placeOf = (text: string, offset: number): { line: number; column: number } => {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

/** The line with a caret under the place; a long line is cut around it. */
const caret = (text: string, line: number, column: number): string => {
  const width = 100
  const whole = text.split('\n')[line - 1] ?? ''
  const start = whole.length <= width ? 0 : Math.max(0, Math.min(column - width / 2, whole.length - width))
  const shown = `${start > 0 ? '...' : ''}${whole.slice(start, start + width)}${start + width < whole.length ? '...' : ''}`
  const under = ' '.repeat(column - 1 - start + (start > 0 ? 3 : 0))
  const number = String(line)
  const margin = ' '.repeat(number.length)
  return `${margin} |\n${number} | ${shown.replaceAll('\t', ' ')}\n${margin} | ${under}^`
}
