// Measures every row, or those that --only names.
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { openNative } from '@dmalab/bench-native'
import { checkRow } from './check.mjs'
import { calibrate, clockOf, measureRow } from './measure.mjs'
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
const { missing, ...comparator } = await openNative()
const native = missing === undefined ? comparator : undefined
const rows = await loadRows(values.only, native)
if (rows.length === 0) {
  console.error(`no row is named like '${values.only}'`)
  process.exit(2)
}
// One after the other: there is one memory for compiled code.
const complaints = []
for (const row of rows) complaints.push(...(await checkRow(row)))
if (complaints.length > 0) {
  console.error(complaints.join('\n'))
  process.exit(1)
}
if (missing !== undefined) console.log(`native: no comparator in compiled code (${missing})`)
if (values.check) console.log(`${rows.length} rows: all versions agree`)
else {
  const how = { rounds: Number(values.rounds), time: Number(values.time), clock: clockOf(native) }
  const calibration = median(calibrate(how))
  const measured = []
  for (const row of rows) {
    measured.push(recordOf(row, await measureRow(row, how)))
    process.stderr.write('.')
  }
  process.stderr.write('\n')
  const { rounds, time } = how
  const clock = native === undefined ? 'process' : 'thread'
  const about = {
    schema: 3,
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    clock,
    rounds,
    time,
    calibration,
  }
  const result = { ...about, geomeanNative: geomeanNative(measured), rows: measured }
  console.log(table(measured))
  const cores = measured.filter(({ core }) => core).length
  if (result.geomeanNative !== null)
    console.log(`engine: ${result.geomeanNative.toFixed(2)} of compiled code (geometric mean of ${cores} core rows)`)
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 1)}\n`)
  if (values.compare !== undefined)
    for (const { name, slower } of slowdowns(JSON.parse(readFileSync(values.compare, 'utf8')), result)) {
      const limit = Number(values.limit)
      const verdict = slower > limit ? 'SLOWER' : slower < 1 / limit ? 'faster' : 'same'
      if (verdict === 'SLOWER') process.exitCode = 1
      console.log(`${name.padEnd(28)} ${slower.toFixed(3)} ${verdict}`)
    }
}
