// The correctness part: all versions of a row, at one size, must come to the same result.
import { isDeepStrictEqual } from 'node:util'

/** Returns one complaint per version that differs from the row's first one. */
export async function checkRow({ name, versions }) {
  const results = []
  for (const [version, { check, open }] of Object.entries(versions)) {
    const { before, run, result, work } = await open(check)
    for (let i = 0; i < 3; i++) {
      before?.()
      run()
    }
    results.push({ version, came: { work, result: result() } })
  }
  const [first, ...others] = results
  return others
    .filter(({ came }) => !isDeepStrictEqual(came, first.came))
    .map(({ version, came }) => `${name}: ${version} gave ${show(came)}, ${first.version} gave ${show(first.came)}`)
}

const show = (came) => JSON.stringify(came).slice(0, 200)
