// node bench/src/compare.mjs OLD.json NEW.json [LIMIT]: two results of one machine, calibrated; exit 1 above the limit.
import { readFileSync } from 'node:fs'
import { CALIBRATION } from './measure.mjs'

const [older, newer, limit = '1.25'] = process.argv.slice(2)
if (older === undefined || newer === undefined) {
  console.error('usage: compare.mjs OLD.json NEW.json [LIMIT]')
  process.exit(2)
}
const [a, b] = [older, newer].map((file) => JSON.parse(readFileSync(file, 'utf8')).tasks)
const ratio = (name) => b[name].p50Ms / a[name].p50Ms
const machine = ratio(CALIBRATION)
for (const name of Object.keys(a).filter((name) => name in b && name !== CALIBRATION)) {
  const slower = ratio(name) / machine
  const verdict = slower > Number(limit) ? 'SLOWER' : slower < 1 / Number(limit) ? 'faster' : 'same'
  if (verdict === 'SLOWER') process.exitCode = 1
  console.log(`${name.padEnd(28)} ${slower.toFixed(3)} ${verdict}`)
}
