// From a typed line to the text that GStreamer parses: shell words, the launcher and its options dropped, words joined again.
import type { Ignored } from '@dmalab/api'
import { PipelineError } from './pipeline-error.ts'
import { launcherWords } from './shell-line.ts'
import type { Word } from './shell-words.ts'

export interface LaunchText {
  /** What gst_parse_launch gets. */
  readonly text: string
  /** Offset in the typed line of each character of `text`, and of its end. */
  readonly from: readonly number[]
  /** What of the line is not for GStreamer. */
  readonly ignored: readonly Ignored[]
}

/** The longest line that is read, characters: more than people type, and read in a moment. */
const LONGEST_LINE = 2 ** 15

/** @throws PipelineError of kind `syntax` when the line is not shell words, or names an option the launcher does not have. */
export const launchText = (line: string): LaunchText => {
  if (line.length > LONGEST_LINE)
    throw new PipelineError(
      'syntax',
      `the line has ${line.length} characters; ${LONGEST_LINE} are read at most`,
      line,
      0,
    )
  const words = launcherWords(line)
  if ('problem' in words) throw new PipelineError('syntax', words.problem, line, words.at)
  const kept = words.launcher ? withoutOptions(line, words.words) : words.words
  return { ...joinWords(kept, line.length), ignored: words.ignored }
}

const FLAGS = new Set(
  (
    'tags toc verbose quiet messages no-fault no-sigusr-handler trace eos-on-shutdown no-position ' +
    'gst-fatal-warnings gst-debug-no-color gst-debug-disable gst-disable-segtrap gst-disable-registry-update gst-disable-registry-fork'
  )
    .split(' ')
    .map((name) => `--${name}`),
)
const SHORT_FLAGS = /^-[tcvqmfTep]+$/
const TAKES_VALUE = new Set([
  '-X',
  '--exclude',
  '--prog-name',
  '--gst-debug',
  '--gst-debug-level',
  '--gst-debug-color-mode',
  '--gst-plugin-spew',
  '--gst-plugin-path',
  '--gst-plugin-load',
])

/** Drops the options that gst-launch-1.0 takes, wherever they stand. */
const withoutOptions = (line: string, words: readonly Word[]): readonly Word[] => {
  const kept: Word[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (!word) break
    const { text } = word
    if (!text.startsWith('-') || text === '-') kept.push(word)
    else if (TAKES_VALUE.has(text)) i++
    else if (text === '--') return [...kept, ...words.slice(i + 1)]
    else if (!FLAGS.has(text) && !SHORT_FLAGS.test(text) && !TAKES_VALUE.has(text.replace(/=.*/s, '')))
      throw new PipelineError('syntax', `gst-launch-1.0 has no option "${text}"`, line, word.at)
  }
  return kept
}

/**
 * Words with spaces between them; a space inside a word gets a backslash, unless it stands in double quotes that are part of the word.
 *
 * Models: GStreamer 1.22 gst/gstparse.c: gst_parse_launchv, gst_parse_escape
 */
const joinWords = (words: readonly Word[], end: number): Omit<LaunchText, 'ignored'> => {
  const text: string[] = []
  const from: number[] = []
  for (const word of words) {
    let quoted = false
    for (const [i, at] of word.from.entries()) {
      const c = word.text.charAt(i)
      if (c === '"' && (!quoted || word.text.charAt(i - 1) !== '\\')) quoted = !quoted
      if (c === ' ' && !quoted) {
        text.push('\\')
        from.push(at)
      }
      text.push(c)
      from.push(at)
    }
    text.push(' ')
    from.push((word.from.at(-1) ?? word.at) + 1)
  }
  return { text: text.join(''), from: [...from, end] }
}
