// The correctness part: all versions of a row, at one size, must come to the same result.
import { isDeepStrictEqual } from 'node:util'

/** Returns one complaint per version that differs from the row's first one. */
export async function checkRow({ name, versions }) {
  const results = []
  for (const [version, { check, open }] of Object.entries(versions)) {
    const { before, run, result, work, memory, costs } = await open(check)
    // Processes and threads are dear, and the same each time.
    const times = costs === undefined ? 3 : 1
    for (let i = 0; i < times; i++) {
      before?.()
      await run()
    }
    results.push({ version, came: { work, result: result() }, memory: memory?.() })
  }
  const engines = results.filter(({ memory }) => memory !== undefined)
  return [...differences(name, results, 'came'), ...differences(name, engines, 'memory')]
}

const differences = (name, [first, ...others], what) =>
  others
    .filter((other) => !isDeepStrictEqual(other[what], first[what]))
    .map((other) => `${name}: ${other.version} gave ${show(other[what])}, ${first.version} gave ${show(first[what])}`)

const show = (came) => JSON.stringify(came).slice(0, 200)
