// Measures every row, or those that --only names.
import { fork } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname } from 'node:path'
import { openNative } from '@dmalab/bench-native'
import { argumentsOf, refuse } from '../../scripts/arguments.mjs'
import { COMMANDS } from '../../scripts/commands.mjs'
import { checkRow } from './check.mjs'
import { calibrate, clockOf } from './measure.mjs'
import { meansOf, median, recordOf, slowdowns } from './results.mjs'
import { loadRows } from './rows.mjs'
import { exponentOf, LIMIT, scalingFiles, scalingText } from './scaling.mjs'
import { meansText, table } from './table.mjs'

const { values } = argumentsOf(COMMANDS.bench)
const refused = (problem) => refuse(COMMANDS.bench, problem)
/** An earlier result, read before anything is measured: a wrong name would cost minutes. */
const resultIn = (file) => {
  try {
    const { calibration, rows } = JSON.parse(readFileSync(file, 'utf8'))
    if (calibration > 0 && Array.isArray(rows)) return { calibration, rows }
  } catch {
    // said below
  }
  return refused(`${file} is no result of --json`)
}
if (values.json !== undefined && !existsSync(dirname(values.json))) refused(`no folder for ${values.json}`)
const before = values.compare === undefined ? undefined : resultIn(values.compare)
const { missing, ...comparator } = await openNative()
const native = missing === undefined ? comparator : undefined
const rows = values.scaling ? [] : await loadRows(values.only, native)
if (rows.length === 0 && !values.scaling) {
  refused(`no row is named like '${values.only}'`)
}
if (missing !== undefined) console.log(`native: no comparator in compiled code (${missing})`)

const complain = (complaints) => {
  if (complaints.length === 0) return
  console.error(complaints.join('\n'))
  process.exit(1)
}

/** One row after the other: there is one memory for compiled code. */
const check = async () => {
  for (const row of rows) complain(await checkRow(row))
  console.log(`${rows.length} rows: all versions agree`)
}

const inProcess = (program, file, ...words) =>
  new Promise((done, fail) => {
    const child = fork(new URL(program, import.meta.url), [file, ...words.map(String)])
    child.once('message', done)
    child.once('exit', (code) => fail(new Error(`${file} ended with ${code} and no result`)))
  })

const measure = async () => {
  const how = { rounds: values.rounds, time: values.time }
  const calibration = median(await calibrate({ ...how, clock: clockOf(native) }))
  const measured = []
  for (const row of rows) {
    const { rates, complaints } = await inProcess('row-process.mjs', row.file, how.rounds, how.time)
    complain(complaints)
    const both = row.addon && (await inProcess('row-process.mjs', row.file, how.rounds, how.time, 'addon'))
    complain(both?.complaints ?? [])
    measured.push(recordOf(row, rates, both?.rates))
    process.stderr.write('.')
  }
  process.stderr.write('\n')
  const clock = native === undefined ? 'process' : 'thread'
  const about = { schema: 5, node: process.version, cpu: cpus()[0]?.model ?? 'unknown', clock, ...how, calibration }
  return { ...about, ...meansOf(measured), rows: measured }
}

const report = (result) => {
  console.log(table(result.rows))
  if (result.geomeanNative !== null) console.log(meansText(result))
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 1)}\n`)
  if (before === undefined) return
  for (const { name, slower } of slowdowns(before, result)) {
    const verdict = slower > values.limit ? 'SLOWER' : slower < 1 / values.limit ? 'faster' : 'same'
    if (verdict === 'SLOWER') process.exitCode = 1
    console.log(`${name.padEnd(28)} ${slower.toFixed(3)} ${verdict}`)
  }
}

const scaling = async () => {
  const results = []
  for (const file of await scalingFiles(values.only)) {
    const result = await inProcess('scaling-process.mjs', file)
    console.log(scalingText(result))
    results.push({ ...result, exponent: exponentOf(result.sizes, result.costs) })
  }
  if (results.some(({ exponent }) => exponent > LIMIT)) process.exitCode = 1
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ schema: 1, rows: results }, null, 1)}\n`)
}

if (values.check) await check()
else if (values.scaling) await scaling()
else report(await measure())
