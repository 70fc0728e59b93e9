// Writes boards/*.yaml into a source file, so that the shipped boards are there where no file system is.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))))
mkdirSync('src/generated', { recursive: true })

const SUFFIX = '.yaml'
const names = readdirSync('boards')
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length))
  .toSorted()
const entries = names.map(
  (name) => `  ${JSON.stringify(name)}: ${JSON.stringify(readFileSync(`boards/${name}${SUFFIX}`, 'utf8'))},\n`,
)
writeFileSync(
  'src/generated/boards.ts',
  `/** The YAML of each shipped board, by name, in order of names. */\nexport const BOARDS: Readonly<Record<string, string>> = {\n${entries.join('')}}\n`,
)
