// Faults in AssemblyScript: one at a time is planted in its file, which is built and tried, and put back. Stryker knows nothing of it.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mutantsOf, mutate, sampleOf } from './mutants.mjs'

const root = join(import.meta.dirname, '../..')
/** A test that takes so long runs in circles. */
const LIMIT_MS = 15 * 60_000

const vitest = (paths) =>
  spawnSync(join(root, 'node_modules/.bin/vitest'), ['run', '--bail=1', '--reporter=dot', ...paths], {
    cwd: root,
    encoding: 'utf8',
    timeout: LIMIT_MS,
  })

/** `tell` is given each fault with `noticed`. */
export const tryBuilt = ({ room, paths, own, others, sample, seed, tell }) => {
  const folder = join(root, 'packages', room)
  const build = () =>
    spawnSync(process.execPath, [join(folder, 'scripts/build.mjs')], { cwd: folder, encoding: 'utf8' })
  const all = paths.flatMap((file) => mutantsOf(file, readFileSync(file, 'utf8')))
  const chosen = sampleOf(all, sample, seed)
  const untouched = vitest([...own, ...others])
  if (untouched.status !== 0) throw new Error(`tests fail without a fault:\n${untouched.stdout.slice(-2000)}`)
  const noticed = (fault) => {
    const before = readFileSync(fault.file, 'utf8')
    try {
      writeFileSync(fault.file, mutate(before, fault))
      return build().status !== 0 || [own, others].some((tests) => vitest(tests).status !== 0)
    } finally {
      writeFileSync(fault.file, before)
    }
  }
  try {
    for (const fault of chosen) tell(fault, noticed(fault))
  } finally {
    build()
  }
}
