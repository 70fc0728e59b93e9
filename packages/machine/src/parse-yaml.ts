// A YAML text as a document, in time that its length is worth: the parser's own search for keys that are there twice compares each
// with all before it, and thirty thousand of them take it half a minute. The parser calls itself for each level of nesting, and at the
// end of the stack V8 may end the process: texts of more levels than a file has are refused before.
import { Composer, type CST, Document, isScalar, type LineCounter, Parser, visit, YAMLParseError } from 'yaml'

/** Levels of lists and mappings. */
export const DEEPEST = 100

/** `errors` of the document are in the order of the text, keys that are there twice among them. */
export const parseYaml = (
  text: string,
  lineCounter: LineCounter,
  { intAsBigInt = false }: { readonly intAsBigInt?: boolean } = {},
): Document => {
  const tokens = [...new Parser(lineCounter.addNewLine).parse(text)]
  const deep = tooDeepAt(tokens)
  const doc = deep === undefined ? composed(tokens, text.length, intAsBigInt) : new Document()
  if (deep !== undefined) doc.errors.push(new YAMLParseError([deep, deep + 1], 'RESOURCE_EXHAUSTION', ''))
  visit(doc, {
    Map(_key, { items }) {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        if (seen.has(key.value))
          doc.errors.push(new YAMLParseError(key.range ? [key.range[0], key.range[1]] : [0, 0], 'DUPLICATE_KEY', ''))
        seen.add(key.value)
      }
    },
  })
  doc.errors.sort((a, b) => a.pos[0] - b.pos[0])
  return doc
}

const composed = (tokens: readonly CST.Token[], length: number, intAsBigInt: boolean): Document => {
  const options = { intAsBigInt, logLevel: 'error', uniqueKeys: false } as const
  const [doc = new Document(), second] = new Composer(options).compose(tokens, true, length)
  if (second !== undefined) doc.errors.push(new YAMLParseError([second.range[0], second.range[1]], 'MULTIPLE_DOCS', ''))
  return doc
}

/** Where a list or mapping begins that is one level too deep. */
const tooDeepAt = (tokens: readonly CST.Token[]): number | undefined => {
  const left: (readonly [CST.Token, number])[] = tokens.map((token) => [token, 0])
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [token, depth] = next
    if (depth > DEEPEST) return token.offset
    if (token.type === 'document') {
      if (token.value !== undefined) left.push([token.value, depth])
    } else if ('items' in token)
      for (const { key, value } of token.items) {
        if (key) left.push([key, depth + 1])
        if (value) left.push([value, depth + 1])
      }
  }
  return undefined
}
