#!/usr/bin/env node
// Writes docs/fidelity.md from the counts in docs/fidelity.json, after kernels or records of releases have changed; packages must be built.
// The counts themselves come from: dmalab conform tests/golden/*.json RECORDS... --page docs/fidelity.md
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openRegistry } from '../packages/lab/dist/index.js'
import { fidelityPage } from '../packages/lab/dist/golden.js'

const docs = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs')
const counts = JSON.parse(readFileSync(join(docs, 'fidelity.json'), 'utf8'))
writeFileSync(join(docs, 'fidelity.md'), fidelityPage(openRegistry(), counts))
