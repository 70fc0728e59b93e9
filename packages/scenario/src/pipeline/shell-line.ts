// What a pasted line has around its pipeline that is for a shell: prompts, commands before the launcher, pipes, redirections, `&`.
import type { Ignored } from '@dmalab/api'
import { shellWords } from './shell-words.ts'
import type { ShellProblem, Word } from './shell-words.ts'

export interface LauncherWords {
  /** The words after the launcher, or all words where the line has no launcher. */
  readonly words: readonly Word[]
  readonly launcher: boolean
  /** What was left out, as it was typed. */
  readonly ignored: readonly Ignored[]
}

/** A line that starts with a prompt and a space; `#` would begin a comment. */
const PROMPT = /^\s*(?:[\w.@:~/[\]() -]*[$#%❯➜>]\s+)+(?=\S*gst-launch|\S+=|sudo\b|env\b)/
const LAUNCHER = /^(?:[^=\s]*\/)?gst-launch(?:-1\.0)?(?:\.exe)?$/
/** A word that a shell keeps for itself, and what follows it. Only where it starts a word: a URI may have `&` and `|` inside. */
const OPERATOR = /^(?:&&?|\|\|?&?|;)$/
const REDIRECTION = /^(?:\d*|&)(?:>>?|<)(?:&\d+|&-)?/
const FOR_THE_SHELL = 'it is for the shell'

/** Does what a shell does before it starts gst-launch-1.0, as far as pasted lines need it. */
export const launcherWords = (line: string): LauncherWords | ShellProblem => {
  const prompt = PROMPT.exec(line)?.[0].length ?? 0
  const words = shellWords(' '.repeat(prompt) + line.slice(prompt))
  if ('problem' in words) return words
  const at = words.findIndex(({ text }) => LAUNCHER.test(text))
  const inside = at < 0 ? quotedLine(line, words) : undefined
  if (inside) return inside
  const start = Math.max(0, at + 1)
  const ignored: Ignored[] = []
  const leaveOut = (from: number, to: number): void => {
    const what = line.slice(from, to).trim()
    if (what !== '') ignored.push({ what, why: FOR_THE_SHELL })
  }
  leaveOut(0, at < 0 ? prompt : (words[at]?.at ?? 0))
  const kept = forThePipeline(line, words.slice(start), at >= 0, leaveOut)
  return { words: kept, launcher: at >= 0, ignored }
}

/** Words up to the first operator of the shell, without redirections. */
const forThePipeline = (
  line: string,
  words: readonly Word[],
  launcher: boolean,
  leaveOut: (from: number, to: number) => void,
): readonly Word[] => {
  const kept: Word[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (!word) break
    const end = endOf(word, words[i + 1], line)
    const bare = line.startsWith(word.text, word.at)
    // `;` stands between two structures of caps, too: only after a launcher is it the shell's.
    if (bare && OPERATOR.test(word.text) && (launcher || word.text === '&')) {
      leaveOut(word.at, line.length)
      break
    }
    const redirection = bare ? REDIRECTION.exec(word.text)?.[0] : undefined
    if (redirection !== undefined) {
      const whole = redirection.length < word.text.length || /&[\d-]+$/.test(redirection)
      const to = whole ? end : endOf(words[i + 1] ?? word, words[i + 2], line)
      leaveOut(word.at, to)
      if (!whole) i++
      continue
    }
    if (launcher && i === words.length - 1 && /[^\\]&$/.test(line.trimEnd()) && word.text.endsWith('&')) {
      leaveOut(end - 1, end)
      kept.push({ ...word, text: word.text.slice(0, -1), from: word.from.slice(0, -1) })
      continue
    }
    kept.push(word)
  }
  return kept
}

const endOf = (word: Word, next: Word | undefined, line: string): number =>
  next ? word.at + line.slice(word.at, next.at).trimEnd().length : line.trimEnd().length

/** `sh -c "gst-launch-1.0 ..."`: the line that the quoted word holds. */
const quotedLine = (line: string, words: readonly Word[]): LauncherWords | undefined => {
  const word = words.find(({ text }) => /^\s*(?:[^!]*\s)?(?:[^=\s]*\/)?gst-launch(?:-1\.0)?\s/.test(text))
  if (!word) return undefined
  const inner = launcherWords(word.text)
  if ('problem' in inner || !inner.launcher) return undefined
  const place = (at: number): number => word.from[at] ?? line.length
  return {
    launcher: true,
    words: inner.words.map(({ text, from, at }) => ({ text, from: from.map(place), at: place(at) })),
    ignored: [{ what: line.slice(0, word.at).trim(), why: FOR_THE_SHELL }, ...inner.ignored],
  }
}
