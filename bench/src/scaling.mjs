// Scaling rows: what work costs as one thing grows, and the exponent of that. One file each in scaling/, found by being there; it exports
// `scale = { name, title, sizes, open(size) => { run, costs? } }`, see measure.mjs. None may be above LIMIT.
import { readdir } from 'node:fs/promises'

/** A little above linear: what a cache that runs over costs. */
export const LIMIT = 1.1

/** Files of scaling rows whose name contains `only`. */
export const scalingFiles = async (only = '') =>
  (await readdir(new URL('scaling/', import.meta.url)))
    .filter((file) => file.endsWith('.mjs') && file.includes(only))
    .toSorted()

/**
 * The exponent between the upper sizes: the slope of log(cost) over log(size), by least squares. Small sizes say what starting costs, so
 * that the lower half is left out as far as two are left.
 */
export const exponentOf = (sizes, costs) => {
  const from = Math.min(sizes.length - 2, Math.floor(sizes.length / 2) - 1)
  const points = sizes.map((size, i) => [Math.log(size), Math.log(costs[i])]).slice(Math.max(0, from))
  const mean = (of) => points.reduce((sum, point) => sum + point[of], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0)
  return over / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
}

export const scalingText = ({ name, sizes, costs }) => {
  const exponent = exponentOf(sizes, costs)
  const each = sizes.map((size, i) => `${size}: ${costs[i].toPrecision(3)} ms`).join('   ')
  return `${name.padEnd(16)} ${exponent.toFixed(2)} ${exponent > LIMIT ? 'ABOVE' : 'ok   '}   ${each}`
}
