// Small faults, one at a time, in the code of a file: comments, texts and types stay as they are.

/** Blanks comments and texts; places stay where they are. */
const codeOf = (text) =>
  text.replaceAll(/\/\/[^\n]*|\/\*[^]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[^]|[^`\\])*`/g, (piece) =>
    piece.replaceAll(/[^\n]/g, ' '),
  )

/** What is looked for, and what takes its place. */
const CHANGES = [
  [/ === /g, () => ' !== '],
  [/ !== /g, () => ' === '],
  [/ == /g, () => ' != '],
  [/ != /g, () => ' == '],
  [/ <= /g, () => ' < '],
  [/ >= /g, () => ' > '],
  [/(?<=[\w)\]]) < (?=[\w(])/g, () => ' <= '],
  [/(?<=[\w)\]]) > (?=[\w(])/g, () => ' >= '],
  [/ && /g, () => ' || '],
  [/ \|\| /g, () => ' && '],
  [/(?<=[\w)\]]) \+ (?=[\w(])/g, () => ' - '],
  [/(?<=[\w)\]]) - (?=[\w(])/g, () => ' + '],
  [/(?<=[\w)\]]) \* (?=[\w(])/g, () => ' + '],
  [/ \+= /g, () => ' -= '],
  [/ -= /g, () => ' += '],
  [/\btrue\b(?! *[|;,)>]* *=>)/g, () => 'false'],
  [/\bfalse\b/g, () => 'true'],
  [/(?<=[ (])!(?=[\w(])/g, () => ''],
  [/(?<![\w.#x])\d[\d_]*(?![\w.])/g, (found) => String(Number(found.replaceAll('_', '')) + 1)],
  // A statement that is a call alone is left out.
  [/(?<=\n) +(?:this\.|[a-z]\w*[.(])[^\n;=?]*\)(?=\n)/g, (found) => found.replaceAll(/[^ ]/g, '').concat('void 0')],
]

/** Lines that say what types are, or only import. */
const IS_TYPE = /^\s*(?:import|export \{|export type|export interface|type|interface|readonly|declare)\b|^\s*\|/

/** Every fault of a file, in the order of the text. */
export const mutantsOf = (file, text) => {
  const code = codeOf(text)
  const all = CHANGES.flatMap(([pattern, change]) =>
    [...code.matchAll(pattern)].map(({ 0: found, index }) => ({ file, from: index, found, put: change(found) })),
  )
  return all
    .filter(({ from }) => !IS_TYPE.test(code.slice(code.lastIndexOf('\n', from - 1) + 1, code.indexOf('\n', from))))
    .map((one) => ({
      ...one,
      line: text.slice(0, one.from).split('\n').length,
      column: one.from - text.lastIndexOf('\n', one.from - 1),
    }))
    .toSorted((a, b) => a.from - b.from)
}

export const mutate = (text, { from, found, put }) => `${text.slice(0, from)}${put}${text.slice(from + found.length)}`

/** All of them, in an order that the seed chooses. */
export const shuffled = (all, seed) => {
  let state = (seed % (2 ** 31 - 2)) + 1
  const order = all.map((one) => {
    state = (state * 48_271) % (2 ** 31 - 1)
    return [state, one]
  })
  return order.toSorted(([a], [b]) => a - b).map(([, one]) => one)
}

/** `count` of them. */
export const sampleOf = (all, count, seed) => shuffled(all, seed).slice(0, count)
