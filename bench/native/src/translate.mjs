// AssemblyScript to C++, statement by statement: what the engine's sources use of the language, and nothing else. Every file becomes
// a namespace; prelude.h has the built-in functions. A construct that is not known here stops the translation.
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'
import { codeOf, typeOf } from './code.mjs'

/** @returns one C++ source with everything in `folder`, and a line `EXPORT(namespace, function)` for each export of index.ts. */
export function translate(folder) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'))
  const files = new Map(names.map((name) => [posix.normalize(name), parse(folder, name)]))
  const index = files.get('index.ts')
  files.delete('index.ts')
  const modules = inOrder(new Map([...files].map(([name, source]) => [name, moduleOf(name, source)])))
  const source = [
    ...modules.map(({ space, aliases, heads }) => inSpace(space, [...aliases, ...heads])),
    ...modules.map(({ space, using, values }) => inSpace(space, [...using('values'), ...values])),
    ...modules.map(({ space, using, bodies }) => inSpace(space, [...using('heads'), ...bodies])),
  ]
  return { source: `${source.join('\n\n')}\n`, exports: `${exportsOf(index).join('\n')}\n` }
}

const parse = (folder, name) =>
  ts.createSourceFile(name, readFileSync(join(folder, name), 'utf8'), ts.ScriptTarget.ESNext, true)

const spaceOf = (name) => `as_${name.replace(/\.ts$/, '').replaceAll(/\W/g, '_')}`
const inSpace = (space, lines) => `namespace ${space} {\n${lines.join('\n')}\n}`
const resolved = (from, specifier) =>
  `${posix.join(posix.dirname(from), specifier.text.replace(/\.ts$/, '')).replace(/^\.\//, '')}.ts`

/** One file: what it imports, its function heads, its constants and variables, its function bodies. */
function moduleOf(name, source) {
  const module = {
    name,
    space: spaceOf(name),
    imports: [],
    aliases: [],
    heads: [],
    values: [],
    bodies: [],
    own: new Set(),
  }
  const spaces = new Set()
  for (const statement of source.statements.filter(ts.isImportDeclaration)) {
    const from = resolved(name, statement.moduleSpecifier)
    const bindings = statement.importClause.namedBindings
    if (ts.isNamespaceImport(bindings)) {
      spaces.add(bindings.name.text)
      module.imports.push({ from, names: [] })
      module.aliases.push(`namespace ${bindings.name.text} = ::${spaceOf(from)};`)
    } else module.imports.push({ from, names: bindings.elements.map((each) => each.name.text) })
  }
  for (const statement of source.statements) if (!ts.isImportDeclaration(statement)) add(module, statement, spaces)
  return module
}

function add(module, statement, spaces) {
  if (ts.isFunctionDeclaration(statement)) {
    const named = statement.parameters.map((each) => `${typeOf(each.type)} ${each.name.text}`)
    // C++ wants what a parameter is without an argument where it first reads of the function, and nowhere else.
    const optional = statement.parameters.map(({ initializer }, i) =>
      initializer === undefined ? named[i] : `${named[i]} = ${codeOf(initializer, spaces)}`,
    )
    const head = (parameters) => `static ${typeOf(statement.type)} ${statement.name.text}(${parameters.join(', ')})`
    const host = `${head(named)} { return host::${statement.name.text}(); }`
    module.heads.push(statement.body === undefined ? host : `${head(optional)};`)
    if (statement.body !== undefined) module.bodies.push(`${head(named)} ${codeOf(statement.body, spaces)}`)
  } else if (ts.isVariableStatement(statement)) {
    const [declaration] = statement.declarationList.declarations
    module.own.add(declaration.name.text)
    module.values.push(`static ${codeOf(statement, spaces)}`)
  } else throw new Error(`${module.name}: ${statement.getText().slice(0, 80)}`)
}

/** A file behind those that it imports, so that constants are there before they are used; gives each its `using` lines. */
function inOrder(modules) {
  const order = new Set()
  const visited = new Set()
  const visit = (module) => {
    if (visited.has(module)) return
    visited.add(module)
    for (const { from } of module.imports) visit(modules.get(from))
    order.add(module)
  }
  for (const module of modules.values()) visit(module)
  for (const module of order)
    module.using = (what) =>
      module.imports.flatMap(({ from, names }) => {
        const { own, space } = modules.get(from)
        const wanted = what === 'values' ? names.filter((each) => own.has(each)) : names
        return wanted.map((each) => `using ::${space}::${each};`)
      })
  return [...order]
}

const exportsOf = (index) =>
  index.statements.flatMap((statement) =>
    statement.exportClause.elements.map(
      (each) => `EXPORT(${spaceOf(resolved('index.ts', statement.moduleSpecifier))}, ${each.name.text})`,
    ),
  )
