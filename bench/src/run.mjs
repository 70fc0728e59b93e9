// Measures every row, or those that --only names.
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { checkRow } from './check.mjs'
import { calibrate, measureRow } from './measure.mjs'
import { geomeanNative, median, recordOf, slowdowns } from './results.mjs'
import { loadRows } from './rows.mjs'
import { table } from './table.mjs'

const USAGE =
  'npm run bench [-- [--only PART] [--json FILE] [--compare OLD.json] [--limit 1.25] [--rounds 5] [--time 20] [--check]]'

const argumentsOf = (config) => {
  try {
    return parseArgs(config)
  } catch (error) {
    console.error(`error: ${error.message}\nhint: ${USAGE}`)
    return process.exit(2)
  }
}

const { values } = argumentsOf({
  options: {
    help: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'string' },
    compare: { type: 'string' },
    limit: { type: 'string', default: '1.25' },
    rounds: { type: 'string', default: '5' },
    time: { type: 'string', default: '20' },
  },
})
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
const rows = await loadRows(values.only)
if (rows.length === 0) {
  console.error(`no row is named like '${values.only}'`)
  process.exit(2)
}
const complaints = (await Promise.all(rows.map(checkRow))).flat()
if (complaints.length > 0) {
  console.error(complaints.join('\n'))
  process.exit(1)
}
if (values.check) console.log(`${rows.length} rows: all versions agree`)
else {
  const how = { rounds: Number(values.rounds), time: Number(values.time) }
  const calibration = median(calibrate(how))
  const measured = []
  for (const row of rows) {
    measured.push(recordOf(row, await measureRow(row, how)))
    process.stderr.write('.')
  }
  process.stderr.write('\n')
  const about = { schema: 2, node: process.version, cpu: cpus()[0]?.model ?? 'unknown', ...how, calibration }
  const result = { ...about, geomeanNative: geomeanNative(measured), rows: measured }
  console.log(table(measured))
  if (result.geomeanNative === null) console.log('native: no comparator in compiled code')
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 1)}\n`)
  if (values.compare !== undefined)
    for (const { name, slower } of slowdowns(JSON.parse(readFileSync(values.compare, 'utf8')), result)) {
      const limit = Number(values.limit)
      const verdict = slower > limit ? 'SLOWER' : slower < 1 / limit ? 'faster' : 'same'
      if (verdict === 'SLOWER') process.exitCode = 1
      console.log(`${name.padEnd(28)} ${slower.toFixed(3)} ${verdict}`)
    }
}
