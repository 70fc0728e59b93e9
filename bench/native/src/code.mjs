// The code of one statement in C++: the same text, with casts, literals, declarations and namespaces rewritten.
import ts from 'typescript'

const VECTORS = new Set(['v128', 'i64x2', 'i32x4', 'i8x16', 'i16x8'])
/** Names of vector operations that C++ keeps for itself. */
const RENAMED = new Set(['or', 'and', 'xor', 'not'])
const LARGEST = { u64: '0xffffffffffffffffULL', u32: '0xffffffffu', i32: '0x7fffffff' }
const SHIFTS = new Set([ts.SyntaxKind.LessThanLessThanToken, ts.SyntaxKind.GreaterThanGreaterThanToken])

export const typeOf = (type) => (type === undefined ? 'auto' : type.getText().replace('boolean', 'bool'))

const isWide = (type) => type !== undefined && /^[iu]64$/.test(type.getText())

/** @param spaces names under which the file imports whole other files */
export function codeOf(node, spaces) {
  const text = node.getSourceFile().text
  /** Replaces text[from, to). */
  const edits = []
  const replace = (from, to, by) => edits.push({ from, to, by })

  /** `wide`: literals here are of 64 bits. */
  const visit = (at, wide) => {
    if (ts.isNumericLiteral(at)) replace(at.getStart(), at.getEnd(), literal(at, wide))
    else if (ts.isTypeAssertionExpression(at)) {
      replace(at.getStart(), at.expression.getStart(), `(${typeOf(at.type)})`)
      visit(at.expression, isWide(at.type))
    } else if (ts.isPropertyAccessExpression(at) && ts.isIdentifier(at.expression)) member(at)
    else if (ts.isVariableDeclarationList(at)) declarations(at)
    else ts.forEachChild(at, (child) => visit(child, keepsWidth(at, child) && wide))
    const ends =
      ts.isVariableStatement(at) ||
      ts.isExpressionStatement(at) ||
      ts.isReturnStatement(at) ||
      ts.isBreakStatement(at) ||
      ts.isContinueStatement(at) ||
      ts.isDoStatement(at)
    if (ends && text[at.getEnd() - 1] !== ';') replace(at.getEnd(), at.getEnd(), ';')
  }

  const member = ({ expression, name }) => {
    const { text: owner } = expression
    if (name.text === 'MAX_VALUE') replace(expression.getStart(), name.getEnd(), LARGEST[owner])
    else if (spaces.has(owner) || VECTORS.has(owner)) {
      replace(expression.getEnd(), name.getStart(), '::')
      if (VECTORS.has(owner) && RENAMED.has(name.text)) replace(name.getEnd(), name.getEnd(), '_')
    } else if (owner !== 'memory') throw new Error(`member ${owner}.${name.text}`)
  }

  const declarations = (list) =>
    list.declarations.forEach((each, i) => {
      const from = i === 0 ? list.getStart() : each.getStart()
      const constant = (list.flags & ts.NodeFlags.Const) === 0 ? '' : 'const '
      const head = `${i === 0 ? `${constant}${typeOf(each.type)} ` : ''}${each.name.text}`
      const { initializer } = each
      replace(from, initializer?.getStart() ?? each.getEnd(), initializer === undefined ? head : `${head} = `)
      if (initializer !== undefined) visit(initializer, isWide(each.type))
    })

  // `export` and comments in front of a statement are left out: `static` is the caller's.
  const start = ts.isVariableStatement(node) ? node.declarationList.getStart() : node.getStart()
  visit(node, false)
  let code = ''
  let done = start
  for (const { from, to, by } of edits.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from < done) throw new Error(`edits overlap at ${text.slice(from, to)}`)
    code += text.slice(done, from) + by
    done = to
  }
  return code + text.slice(done, node.getEnd())
}

function literal(node, wide) {
  const digits = node.getText().replaceAll('_', '')
  return wide || BigInt(digits) > 0xffff_ffffn ? `${digits}ULL` : digits
}

/** Has a part of an expression the width of the whole? The count of a shift has not. */
const keepsWidth = (node, child) =>
  ts.isParenthesizedExpression(node) ||
  ts.isPrefixUnaryExpression(node) ||
  ts.isConditionalExpression(node) ||
  (ts.isBinaryExpression(node) && (!SHIFTS.has(node.operatorToken.kind) || child === node.left))
