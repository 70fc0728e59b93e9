// JSON schemas (draft 2020-12) of types of TypeScript, as JSON.stringify writes their values.
import ts from 'typescript'

/** A schema with the named types that it leads to as $defs. */
export const schemaOfType = (checker, type, title) => {
  const defs = new Map()
  const names = new Map()
  const schema = makeSchema({ checker, defs, names, open: new Set() }, type)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title,
    ...schema,
    $defs: Object.fromEntries([...defs].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  }
}

const is = (type, flag) => (type.flags & flag) !== 0
const MISSING = ts.TypeFlags.Undefined | ts.TypeFlags.Void | ts.TypeFlags.Never

const makeSchema = (into, type) => {
  if (is(type, ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.NonPrimitive)) return {}
  if (is(type, ts.TypeFlags.Null)) return { type: 'null' }
  if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value }
  if (is(type, ts.TypeFlags.BooleanLiteral)) return { const: type.intrinsicName === 'true' }
  if (is(type, ts.TypeFlags.StringLike)) return { type: 'string' }
  if (is(type, ts.TypeFlags.NumberLike)) return { type: 'number' }
  if (is(type, ts.TypeFlags.BigIntLike)) return { type: 'string', pattern: '^0x[0-9a-f]+$' }
  if (is(type, ts.TypeFlags.BooleanLike) && !type.isUnion()) return { type: 'boolean' }
  if (type.isUnion()) return named(into, type, () => ofUnion(into, type))
  // A branded number is a number.
  const primitive = type.isIntersection() ? type.types.find((one) => is(one, PRIMITIVE)) : undefined
  if (primitive !== undefined) return makeSchema(into, primitive)
  return named(into, type, () => ofObject(into, type))
}

const byName = (a, b) => (a < b ? -1 : 1)

const PRIMITIVE = ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BigIntLike | ts.TypeFlags.BooleanLike

const ofUnion = (into, type) => {
  const parts = type.types.filter((one) => !is(one, MISSING))
  const literals = parts.filter((one) => one.isStringLiteral() || one.isNumberLiteral())
  const booleans = parts.filter((one) => is(one, ts.TypeFlags.BooleanLiteral))
  const others = parts.filter((one) => !literals.includes(one) && !booleans.includes(one))
  const schemas = [
    ...(literals.length === 0
      ? []
      : [literals.length === 1 ? { const: literals[0].value } : { enum: literals.map(({ value }) => value) }]),
    ...(booleans.length === 2 ? [{ type: 'boolean' }] : booleans.map((one) => makeSchema(into, one))),
    ...others.map((one) => makeSchema(into, one)),
  ]
  const different = [...new Map(schemas.map((one) => [JSON.stringify(one), one])).values()]
  return different.length === 1 ? different[0] : { anyOf: different }
}

const ofObject = (into, type) => {
  const { checker } = into
  if (checker.isTupleType(type)) return ofTuple(into, type)
  if (checker.isArrayType(type)) return { type: 'array', items: makeSchema(into, checker.getTypeArguments(type)[0]) }
  const index = checker.getIndexTypeOfType(type, ts.IndexKind.String)
  const properties = {}
  const required = []
  for (const property of checker.getPropertiesOfType(type)) {
    const own = checker.getTypeOfSymbol(property)
    // Functions and what has a symbol for its name are not written.
    if (own.getCallSignatures().length > 0 || property.name.startsWith('__@')) continue
    const about = ts.displayPartsToString(property.getDocumentationComment(checker)).replaceAll(/\s+/g, ' ').trim()
    const schema = makeSchema(into, own)
    properties[property.name] = about === '' ? schema : { description: about, ...schema }
    const optional = (property.flags & ts.SymbolFlags.Optional) !== 0
    const mayMiss = own.isUnion()
      ? own.types.some((one) => is(one, MISSING))
      : is(own, MISSING | ts.TypeFlags.Any | ts.TypeFlags.Unknown)
    if (!optional && !mayMiss) required.push(property.name)
  }
  return {
    type: 'object',
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required: required.toSorted(byName) }),
    ...(index === undefined ? {} : { additionalProperties: makeSchema(into, index) }),
  }
}

const ofTuple = (into, type) => {
  const { elementFlags } = type.target
  const items = into.checker.getTypeArguments(type).map((one) => makeSchema(into, one))
  const rest = elementFlags.findIndex((flag) => (flag & ts.ElementFlags.Variable) !== 0)
  const least = elementFlags.filter((flag) => (flag & ts.ElementFlags.Required) !== 0).length
  const fixed = rest < 0 ? items : items.slice(0, rest)
  return {
    type: 'array',
    ...(fixed.length === 0 ? {} : { prefixItems: fixed }),
    minItems: least,
    ...(rest < 0 ? { maxItems: items.length } : { items: items[rest] }),
  }
}

/** A type with a name stands once, below $defs; so does one that leads back to itself. */
const named = (into, type, make) => {
  const known = into.names.get(type)
  if (known !== undefined) return { $ref: `#/$defs/${known}` }
  const symbol = type.aliasSymbol ?? type.symbol
  const isList = into.checker.isArrayType(type) || into.checker.isTupleType(type)
  const name = symbol === undefined || isList || symbol.name.startsWith('__') ? undefined : symbol.name
  if (name === undefined || LIBRARY.has(name)) {
    if (into.open.has(type)) return {}
    into.open.add(type)
    const schema = make()
    into.open.delete(type)
    return schema
  }
  let unique = name
  for (let n = 2; into.defs.has(unique); n += 1) unique = `${name}${n}`
  into.names.set(type, unique)
  into.defs.set(unique, {})
  into.defs.set(unique, make())
  return { $ref: `#/$defs/${unique}` }
}

/** Names that say nothing: a Pick of something, a Record. */
const LIBRARY = new Set([
  'Pick',
  'Omit',
  'Record',
  'Readonly',
  'Partial',
  'Required',
  'Extract',
  'Exclude',
  'NonNullable',
])
