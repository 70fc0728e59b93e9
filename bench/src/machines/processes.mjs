// Whole processes: what they cost is their own CPU time, all threads of it.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const HOOK = fileURLToPath(new URL('cpu-at-exit.cjs', import.meta.url))
export const CLI = fileURLToPath(new URL('../../../apps/cli/bin/run.js', import.meta.url))

/** A version that starts `node ...words`; `read` takes what came of it out of its output. `toFirstLine`: what it costs until it prints. */
export const processVersion = (words, { read = () => 'ended', toFirstLine = false } = {}) => ({
  bench: 1,
  check: 1,
  open() {
    let cost = 0
    let came
    return {
      work: 1,
      run() {
        const { status, stdout, stderr, output } = spawnSync(process.execPath, ['--require', HOOK, ...words], {
          stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
          encoding: 'utf8',
          env: toFirstLine ? { ...process.env, FIRST_LINE: '1' } : process.env,
        })
        if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${stderr}`)
        cost = Number(output[3]) / 1000
        came = read(stdout)
      },
      costs: () => cost,
      result: () => came,
    }
  },
})
