// Functions at the level of a module that V8 reads no further than it must. It parses the body of an arrow function there as if it were
// called at once; of a function expression it only looks for the end, until a call comes.
import { parseAst } from 'rolldown/parseAst'

/** The code of a module with function expressions where arrow functions stood outside of any function. */
export const withLazyFunctions = (code) => {
  const pieces = []
  let from = 0
  for (const arrow of arrowsOf(parseAst(code))) {
    pieces.push(code.slice(from, arrow.start), asFunction(code, arrow))
    from = arrow.end
  }
  return [...pieces, code.slice(from)].join('')
}

/** In order of place. What stands in classes is left: there `this` is another. */
const arrowsOf = (node) => {
  if (node.type === 'ArrowFunctionExpression') return usesItsSurroundings(node) ? [] : [node]
  return OPENS_THIS.test(node.type) || node.type === 'ClassBody' ? [] : childrenOf(node).flatMap(arrowsOf)
}

const OPENS_THIS = /^Function/
const SURROUNDINGS = /^(ThisExpression|Super|MetaProperty)$/

const usesItsSurroundings = (node) =>
  SURROUNDINGS.test(node.type) ||
  (node.type === 'Identifier' && node.name === 'arguments') ||
  (!OPENS_THIS.test(node.type) && childrenOf(node).some(usesItsSurroundings))

const childrenOf = (node) =>
  Object.values(node)
    .flat()
    .filter((value) => typeof value?.type === 'string')

const asFunction = (code, { start, end, body, async, expression }) => {
  const sign = code.lastIndexOf('=>', body.start)
  const head = code
    .slice(start, sign)
    .trim()
    .slice(async ? 'async'.length : 0)
    .trim()
  const words = head.startsWith('(') ? head : `(${head})`
  const rest = code.slice(sign + '=>'.length, end).trim()
  return `${async ? 'async ' : ''}function ${words} ${expression ? `{ return ${rest}; }` : rest}`
}
