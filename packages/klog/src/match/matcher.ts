// Finds the message of a text among all templates: a word that every text of a template holds leads to it, so the size of the catalogue
// does not count.
import { matchTemplate, parseTemplate, type Match, type Template } from './template.ts'

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
  const byHash = new Map([...byWord].map(([word, templates]) => [hashOf(word), { word, templates }]))
  if (byHash.size !== byWord.size) throw new Error('two words of the catalogue have one hash')
  return {
    find: (text) => {
      let best: Found<T> | undefined
      let hash = 0
      let start = 0
      for (let at = 0; at <= text.length; at += 1) {
        const code = at < text.length ? text.charCodeAt(at) : 0
        if (isWord(code)) {
          hash = Math.imul(hash + code, 31)
          continue
        }
        const known = at > start ? byHash.get(hash) : undefined
        if (known !== undefined && text.startsWith(known.word, start) && known.word.length === at - start)
          for (const { template, of } of known.templates) {
            if (best !== undefined && template.weight <= best.weight) continue
            const match = matchTemplate(template, text)
            if (match !== undefined)
              best = { start: match.start, end: match.end, fields: match.fields, of, weight: template.weight }
          }
        hash = 0
        start = at + 1
      }
      return best
    },
  }
}

/** Letters, digits and underscores, as in wordsOf. */
const isWord = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95

const hashOf = (word: string): number => {
  let hash = 0
  for (let at = 0; at < word.length; at += 1) hash = Math.imul(hash + word.charCodeAt(at), 31)
  return hash
}

/** Of words that are as rare as each other the longest. */
const rarest = (words: readonly string[], uses: ReadonlyMap<string, number>): string | undefined =>
  words.toSorted((a, b) => (uses.get(a) ?? 0) - (uses.get(b) ?? 0) || b.length - a.length)[0]
