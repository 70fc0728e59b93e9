// Finds the message of a text among all templates: a word that every text of a template holds leads to it, so the size of the catalogue
// does not count.
import { matchTemplate, parseTemplate, type Match, type Template } from './template.ts'

export interface Found<T> extends Match {
  readonly of: T
  readonly weight: number
}

/** Templates that a word of a text leads to; `T` as in the matcher. */
export interface Group<T> {
  readonly word: string
  /** It is one of the words that were asked for besides. */
  readonly isMark: boolean
  readonly templates: readonly { readonly template: Template; readonly of: T }[]
}

export interface Matcher<T> {
  /** What the words of a text lead to: of these templates one may match it, and no other. */
  groupsOf(text: string): readonly Group<T>[]
  /** The template of these groups that says most, and more than `above`; undefined: none matches. */
  match(text: string, groups: readonly Group<T>[], above?: number): Found<T> | undefined
}

/** `T` is what a template stands for; `marks`: words that are found beside those of templates. */
export const createMatcher = <T>(
  forms: readonly (readonly [text: string, of: T])[],
  marks: readonly string[] = [],
): Matcher<T> => {
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
  for (const mark of marks) if (!byWord.has(mark)) byWord.set(mark, [])
  const marked = new Set(marks)
  const byHash = new Map(
    [...byWord].map(([word, templates]): [number, Group<T>] => [
      hashOf(word),
      {
        word,
        templates: templates.toSorted((a, b) => b.template.weight - a.template.weight),
        isMark: marked.has(word),
      },
    ]),
  )
  if (byHash.size !== byWord.size) throw new Error('two words of the catalogue have one hash')
  const lengths = new Set([...byWord.keys()].map(({ length }) => length))
  const longest = Math.max(...lengths)
  const isLength = Array.from({ length: longest + 1 }, (_, length) => lengths.has(length))
  const none: readonly Group<T>[] = []
  let last: { readonly template: Template; readonly group: Group<T> } | undefined
  return {
    groupsOf: (text) => {
      let groups: Group<T>[] | undefined
      let hash = 0
      let start = 0
      const { length } = text
      for (let at = 0; at <= length; at += 1) {
        const code = at < length ? text.charCodeAt(at) : 0
        if (code < 128 && IS_WORD[code] === 1) {
          hash = Math.imul(hash + code, 31)
          continue
        }
        if (at > start && isLength[at - start] === true) {
          const known = byHash.get(hash)
          if (known !== undefined && text.startsWith(known.word, start) && groups?.includes(known) !== true)
            (groups ??= []).push(known)
        }
        hash = 0
        start = at + 1
      }
      return groups ?? none
    },
    match: (text, groups, above = -1) => {
      let best: Found<T> | undefined
      // In a flood it is the same again, and what says less is not tried.
      const hint = last !== undefined && last.template.weight > above && groups.includes(last.group) ? last : undefined
      const again = hint === undefined ? undefined : matchTemplate(hint.template, text)
      let weight = again === undefined || hint === undefined ? above : hint.template.weight - 1
      for (const group of groups)
        for (const { template, of } of group.templates) {
          // The rest of the group says less.
          if (template.weight <= weight) break
          const found = template === hint?.template ? again : matchTemplate(template, text)
          if (found === undefined) continue
          weight = template.weight
          best = { start: found.start, end: found.end, fields: found.fields, of, weight }
          last = { template, group }
        }
      return best
    },
  }
}

/** Letters, digits and underscores, as in wordsOf. */
const IS_WORD = Uint8Array.from({ length: 128 }, (_, code) => (/\w/.test(String.fromCharCode(code)) ? 1 : 0))

export const isWordAt = (text: string, at: number): boolean => IS_WORD[text.charCodeAt(at)] === 1

const hashOf = (word: string): number => {
  let hash = 0
  for (let at = 0; at < word.length; at += 1) hash = Math.imul(hash + word.charCodeAt(at), 31)
  return hash
}

/** Of words that are as rare as each other the longest. */
const rarest = (words: readonly string[], uses: ReadonlyMap<string, number>): string | undefined =>
  words.toSorted((a, b) => (uses.get(a) ?? 0) - (uses.get(b) ?? 0) || b.length - a.length)[0]
