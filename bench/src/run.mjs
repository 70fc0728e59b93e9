// npm run bench [-- [OUT.json] [--check] [--only PART] [--rounds 5] [--time 60]]
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checkRow } from './check.mjs'
import { measure } from './measure.mjs'
import { loadRows } from './rows.mjs'
import { table } from './table.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    time: { type: 'string', default: '60' },
  },
})
const rows = await loadRows(values.only)
const complaints = (await Promise.all(rows.map(checkRow))).flat()
if (complaints.length > 0) {
  console.error(complaints.join('\n'))
  process.exit(1)
}
if (values.check) console.log(`${rows.length} rows: all versions agree`)
else {
  const [rounds, time] = [Number(values.rounds), Number(values.time)]
  const tasks = await measure(rows, { rounds, time })
  const out = resolve(positionals[0] ?? fileURLToPath(new URL('../results/latest.json', import.meta.url)))
  await mkdir(dirname(out), { recursive: true })
  const about = { schema: 1, node: process.version, cpu: cpus()[0]?.model ?? 'unknown', rounds, time }
  await writeFile(out, `${JSON.stringify({ ...about, tasks }, null, 1)}\n`)
  console.log(table(rows, tasks))
}
