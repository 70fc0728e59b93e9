// Messages in a driver's own words: no template fits, but the words leave no doubt.
import type { Phrase } from '../catalogue/entry.ts'
import { wordsOf } from './template.ts'

/** Words of which every phrase has one, as they may be written: most lines have none. */
export const firstWords = (phrases: readonly Phrase[]): readonly string[] => [
  ...new Set(
    phrases
      .flatMap((phrase) => phrase.words[0] ?? [])
      .flatMap((word) => [word, word.toUpperCase(), `${word.charAt(0).toUpperCase()}${word.slice(1)}`]),
  ),
]

/** Returns the id of the entry that the words of a text are about. */
export const createPhrases = (phrases: readonly Phrase[]): ((text: string) => string | undefined) => {
  const known = phrases.map(({ id, words, but }) => ({ id, groups: words.map(setOf), but: setOf(but) }))
  return (text) => {
    const words = wordsOf(text.toLowerCase().replaceAll("'", ''))
    const any = (group: ReadonlySet<string>): boolean => words.some((word) => group.has(word))
    return known.find(({ groups, but }) => groups.every(any) && !any(but))?.id
  }
}

const setOf = (words: readonly string[]): ReadonlySet<string> => new Set(words.map((word) => word.replaceAll("'", '')))
