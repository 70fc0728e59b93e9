#!/usr/bin/env node
// Writes docs/drivers.md from the tables of packages/machine/src/kernel-drivers, which must be built.
// Usage: node scripts/driver-table.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { driversPage } from '../packages/machine/dist/index.js'

const target = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs', 'drivers.md')
const text = driversPage()
if (!process.argv.includes('--check')) writeFileSync(target, text)
else if (readFileSync(target, 'utf8') !== text) {
  console.error('docs/drivers.md differs from the tables: node scripts/driver-table.mjs')
  process.exitCode = 1
}
