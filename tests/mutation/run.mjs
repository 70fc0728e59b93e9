#!/usr/bin/env node
// npm run mutation (--help says what it takes): plants small faults in a room, one at a time, and sees whether a test notices.
// No source is touched.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOf, refuse } from '../../scripts/arguments.mjs'
import { COMMANDS } from '../../scripts/commands.mjs'
import { placeOf, placeOfBuilt, tryBuilt, tryFaults } from './plant.mjs'
import { builtTestsOf, ownOf, testsOf } from './tests-of-rooms.mjs'

const root = join(import.meta.dirname, '../..')
const { values } = argumentsOf(COMMANDS.mutation)
const { room, sample, seed, file = '' } = values
const rooms = readdirSync(join(root, 'packages'))
if (!rooms.includes(room))
  refuse(COMMANDS.mutation, `--room is one of ${rooms.join(', ')}${room === undefined ? '' : `, not '${room}'`}`)
const home = join(root, 'packages', room)

/** Vectors' adapters and generated tables are tests' and scripts' business. */
const isCode = (path) =>
  path.endsWith('.ts') &&
  !path.endsWith('.d.ts') &&
  !/(^|\/)(golden|generated|shared)\/|(^|\/)(index|golden)\.ts$/.test(path)
const filesIn = (name) =>
  existsSync(join(home, name))
    ? readdirSync(join(home, name), { recursive: true })
        .filter((path) => isCode(path) && `${name}/${path}`.includes(file))
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
if (built.length + sources.length === 0)
  refuse(COMMANDS.mutation, `no source of packages/${room} has '${file}' in its name`)
