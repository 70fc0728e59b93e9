// One scaling row in a process of its own: what each size costs, the least of a few tries.
import { openNative } from '@dmalab/bench-native'
import { clockOf, costOf } from './measure.mjs'

const TRIES = 3
/** Sizes that take longer than this, in milliseconds, are tried once. */
const LONG = 2000

const { missing, ...comparator } = await openNative()
const clock = clockOf(missing === undefined ? comparator : undefined)
const { scale } = await import(new URL(`scaling/${process.argv[2]}`, import.meta.url).href)
const warm = await scale.open(scale.sizes[0])
for (let i = 0; i < TRIES; i++) await costOf(warm, 1, clock)
const costs = []
for (const size of scale.sizes) {
  let least = Infinity
  for (let i = 0; i < TRIES && (i === 0 || least < LONG); i++)
    least = Math.min(least, await costOf(await scale.open(size), 1, clock))
  costs.push(least)
}
const { name, title, sizes } = scale
process.send({ name, title, sizes, costs })
