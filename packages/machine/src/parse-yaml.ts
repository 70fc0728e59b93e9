// A YAML text as a document, in time that its length is worth: the parser's own search for keys that are there twice compares each
// with all before it, and thirty thousand of them take it half a minute.
import { type Document, isScalar, type LineCounter, parseDocument, visit, YAMLParseError } from 'yaml'

/** `errors` of the document are in the order of the text, keys that are there twice among them. */
export const parseYaml = (
  text: string,
  lineCounter: LineCounter,
  { intAsBigInt = false }: { readonly intAsBigInt?: boolean } = {},
): Document => {
  const doc = parseDocument(text, { lineCounter, intAsBigInt, logLevel: 'error', uniqueKeys: false })
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
