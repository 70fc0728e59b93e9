// Makes the parser of the pipeline language from its grammar: an ES module and its types, for the sources and for dist.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import peggy from 'peggy'

const root = new URL('../', import.meta.url)
const grammar = new URL('src/pipeline/pipeline.peggy', root)
const options = { grammarSource: 'pipeline.peggy', output: 'source', format: 'es', cache: true }
const code = peggy.generate(readFileSync(grammar, 'utf8'), options)
const types = `import type { GraphNode } from '../pipeline/syntax.js'
export declare function parse(text: string): GraphNode
`

for (const folder of ['src/generated/', 'dist/generated/']) {
  mkdirSync(new URL(folder, root), { recursive: true })
  writeFileSync(new URL(`${folder}pipeline-parser.js`, root), code)
  writeFileSync(new URL(`${folder}pipeline-parser.d.ts`, root), types)
}
