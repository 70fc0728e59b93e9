// Writes record/record.sh into a source file, so that the script is there where no file system is.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))))
mkdirSync('src/generated', { recursive: true })
const text = JSON.stringify(readFileSync('record/record.sh', 'utf8'))
writeFileSync('src/generated/record.ts', `/** record/record.sh. */\nexport const RECORD = ${text}\n`)
