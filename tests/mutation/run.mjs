#!/usr/bin/env node
// npm run mutation -- --room R [--sample N] [--seed N] [--file PART] [--own] [--tests PATH]...: plants small faults in a room, one at a time,
// and sees whether a test notices; with --own, whether one of the room itself does, with --file, only in sources with PART in their names.
// No source is touched.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { placeOf, placeOfBuilt, tryBuilt, tryFaults } from './plant.mjs'
import { builtTestsOf, ownOf, testsOf } from './tests-of-rooms.mjs'

const root = join(import.meta.dirname, '../..')
const { values } = parseArgs({
  options: {
    room: { type: 'string' },
    sample: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    file: { type: 'string', default: '' },
    own: { type: 'boolean', default: false },
    tests: { type: 'string', multiple: true },
  },
})
const { room = '' } = values
const home = join(root, 'packages', room)
const [sample, seed] = [Number(values.sample), Number(values.seed)]
if (room === '' || !existsSync(join(home, 'src')) || !(sample > 0) || !(seed >= 0)) {
  console.error(
    'usage: npm run mutation -- --room ROOM [--sample 40] [--seed 1] [--file PART] [--own] [--tests PATH]...',
  )
  process.exit(2)
}

/** Vectors' adapters and generated tables are tests' and scripts' business. */
const isCode = (path) =>
  path.endsWith('.ts') &&
  !path.endsWith('.d.ts') &&
  !/(^|\/)(golden|generated|shared)\/|(^|\/)(index|golden)\.ts$/.test(path)
const filesIn = (name) =>
  existsSync(join(home, name))
    ? readdirSync(join(home, name), { recursive: true })
        .filter((path) => isCode(path) && `${name}/${path}`.includes(values.file))
        .toSorted((a, b) => (a < b ? -1 : 1))
        .map((path) => join(home, name, path))
    : []

const score = (what, noticed, of) =>
  console.log(`${what}: ${noticed} of ${of} faults were noticed (${Math.round((100 * noticed) / of)} %), seed ${seed}`)

const own = `packages/${room}/test/`
const folder = join(root, 'node_modules/.dmalab/mutation', `${room}-${process.pid}`)
const built = filesIn('assembly')
if (built.length > 0) {
  const tests = builtTestsOf(room).filter((path) => !values.own || path.startsWith('packages/'))
  const { chosen, survivors } = await tryBuilt({ home, paths: built, tests, sample, seed, folder })
  for (const fault of survivors) console.log(`survived ${placeOfBuilt(fault)}`)
  score(`${room}/assembly`, chosen.length - survivors.length, chosen.length)
}
const sources = filesIn('src')
if (sources.length > 0) {
  const tests = [...testsOf(room).filter((path) => !values.own || path.startsWith(own)), ...(values.tests ?? [])]
  const plan = { paths: sources, tests, own: ownOf(room), sample, seed, folder }
  const { chosen, survivors } = await tryFaults(plan)
  for (const fault of survivors) console.log(`survived ${placeOf(fault)}`)
  score(`${room}/src`, chosen.length - survivors.length, chosen.length)
}
if (built.length + sources.length === 0) {
  console.error(`no source of packages/${room} has ${values.file} in its name`)
  process.exit(2)
}
