// Finds the message of a text among all templates: a word that every text of a template holds leads to it, so the size of the catalogue
// does not count.
import { matchTemplate, parseTemplate, wordsOf, type Match, type Template } from './template.ts'

export interface Found<T> extends Match {
  readonly of: T
  readonly weight: number
}

export interface Matcher<T> {
  /** The template that says most; undefined: none matches. */
  find(text: string): Found<T> | undefined
}

/** `T` is what a template stands for. */
export const createMatcher = <T>(forms: readonly (readonly [text: string, of: T])[]): Matcher<T> => {
  const parsed = forms.map(([text, of]) => ({ text, template: parseTemplate(text), of }))
  const uses = new Map<string, number>()
  for (const { template } of parsed)
    for (const word of new Set(template.words)) uses.set(word, (uses.get(word) ?? 0) + 1)
  const byWord = new Map<string, { readonly template: Template; readonly of: T }[]>()
  for (const one of parsed) {
    const anchor = rarest(one.template.words, uses)
    if (anchor === undefined) throw new Error(`a template without a word of its own: ${one.text}`)
    byWord.set(anchor, [...(byWord.get(anchor) ?? []), one])
  }
  return {
    find: (text) => {
      let best: Found<T> | undefined
      for (const word of new Set(wordsOf(text)))
        for (const { template, of } of byWord.get(word) ?? []) {
          if (best !== undefined && template.weight <= best.weight) continue
          const match = matchTemplate(template, text)
          if (match !== undefined) best = { ...match, of, weight: template.weight }
        }
      return best
    },
  }
}

/** Of words that are as rare as each other the longest. */
const rarest = (words: readonly string[], uses: ReadonlyMap<string, number>): string | undefined =>
  words.toSorted((a, b) => (uses.get(a) ?? 0) - (uses.get(b) ?? 0) || b.length - a.length)[0]
