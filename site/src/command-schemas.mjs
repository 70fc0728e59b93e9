// What each command prints with --json, as a JSON schema: made from the type that its run() returns.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { schemaOfType } from './type-schema.mjs'

const CLI = join(import.meta.dirname, '../../apps/cli')

/** Bad input: exit code 2. */
const ERROR = {
  type: 'object',
  description: 'bad input or usage; exit code 2',
  properties: {
    error: {
      type: 'object',
      properties: {
        message: { type: 'string' },
        file: { type: 'string' },
        line: { type: 'number' },
        column: { type: 'number' },
        path: { type: 'string' },
        hint: { type: 'string' },
      },
      required: ['message'],
    },
  },
  required: ['error'],
}

/** The text of each schema by the name of its file: `board-list.schema.json`. */
export const commandSchemas = () => {
  const folder = join(CLI, 'src/commands')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .toSorted()
  const { config } = ts.readConfigFile(join(CLI, 'tsconfig.json'), (file) => ts.sys.readFile(file))
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, CLI)
  const program = ts.createProgram(
    files.map((file) => join(folder, file)),
    { ...options, noEmit: true, incremental: false, customConditions: ['dmalab-src'] },
  )
  const checker = program.getTypeChecker()
  return Object.fromEntries(
    files.flatMap((file) => {
      const id = file.replace(/\.ts$/, '').replaceAll('/', ' ')
      const schema = schemaOfType(checker, resultOf(program, checker, join(folder, file)), `dmalab ${id} --json`)
      const { $schema, title, $defs, ...result } = schema
      const whole = {
        $schema,
        title,
        anyOf: [result, { $ref: '#/$defs/BadInput' }],
        $defs: { ...$defs, BadInput: ERROR },
      }
      return [[`${id.replaceAll(' ', '-')}.schema.json`, `${JSON.stringify(whole, null, 1)}\n`]]
    }),
  )
}

/** What the promise of run() gives. */
const resultOf = (program, checker, file) => {
  const module = checker.getSymbolAtLocation(program.getSourceFile(file))
  const command = checker.getExportsOfModule(module).find(({ name }) => name === 'default')
  const run = checker.getPropertyOfType(checker.getDeclaredTypeOfSymbol(command), 'run')
  const [signature] = checker.getTypeOfSymbol(run).getCallSignatures()
  return checker.getAwaitedType(signature.getReturnType())
}
