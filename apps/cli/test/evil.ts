// Texts that a terminal obeys, in every field of a format.

/** ESC, BEL, DEL and the one-byte CSI: what a terminal obeys. */
export const EVIL = '\u001B]0;PWN\u0007\u007F\u009B31m'
export const SENT = /[^\P{Cc}\n\t]/u
/** Lines that would be sent to a terminal as they are. */
export const sentIn = (...texts: readonly string[]): readonly string[] =>
  texts
    .join('\n')
    .split('\n')
    .filter((one) => SENT.test(one))
    .map((one) => JSON.stringify(one.slice(0, 300)))

/** A text with the evil one behind each of its words, one word at a time: every field of a format. */
export const fields = (text: string, most = 30): readonly string[] => {
  const words = [...text.matchAll(/[A-Za-z][A-Za-z0-9_.-]{2,}/g)]
  const step = Math.max(1, Math.floor(words.length / most))
  return words
    .filter((_word, i) => i % step === 0)
    .map(({ 0: word, index }) => `${text.slice(0, index + word.length)}${EVIL}${text.slice(index + word.length)}`)
}

/** In quotes, as YAML and JSON write it: what they take, reaches a report. */
export const escapedFields = (text: string, most?: number): readonly string[] =>
  fields(text, most).map((one) => one.replace(EVIL, String.raw`\u001b]0;PWN\u0007`))

/** One word in quotes after the other, in a module. */
export const quoted = (text: string): readonly string[] =>
  [...text.matchAll(/'([^']*)'/g)].map(
    ({ 0: word, index }) =>
      `${text.slice(0, index + word.length - 1)}${String.raw`\u001b]0;PWN\u0007\u009b31m`}${text.slice(index + word.length - 1)}`,
  )
