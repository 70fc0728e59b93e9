// Which configurations are explored: the plain one, each value alone and without the pool, each two values together, or all of them.
import type { ExploreBound } from '@dmalab/api'
import type { Axis, Configuration } from './axes.ts'

/**
 * Few values that are not plain come first, so that a defect is met in its smallest configuration. Pairs are made of plain values
 * otherwise: in a covering array of full rows one defect hides another.
 */
export const configurationsOf = (
  axes: readonly Axis[],
  which: ExploreBound['configurations'],
): readonly Configuration[] => {
  if (which === 'all') return product(axes).toSorted((a, b) => a.size - b.size)
  const restless = (made: readonly Configuration[]): readonly Configuration[] =>
    axes.some(({ name }) => name === 'caches') ? made.flatMap(unquiet) : []
  const alone = axes.flatMap((axis) => others(axis).map((choice) => new Map([choice])))
  const single = [...alone, ...restless(alone)]
  const pairs = axes.flatMap((one, i) =>
    axes
      .slice(i + 1)
      .filter((two) => one.with.includes(two.group) || two.with.includes(one.group))
      .flatMap((two) => others(one).flatMap((a) => others(two).map((b) => new Map([a, b])))),
  )
  if (which === 'single') return [new Map(), ...single, ...pairs.filter(isPoolless)]
  const devices = axes.filter(({ group }) => group === 'device').flatMap(others)
  return [new Map(), ...single, ...pairs, ...restless(pairs), ...pairs.flatMap((pair) => marked(pair, axes, devices))]
}

/** What a patch's attribute does to ordinary memory shows only where devices do not all see it alike. */
const marked = (pair: Configuration, axes: readonly Axis[], devices: readonly Choice[]): readonly Configuration[] => {
  const own = axes.find(({ name }) => name === 'attributes')?.own ?? []
  return isPoolless(pair) && own.includes(pair.get('attributes') ?? '')
    ? devices.map((choice) => new Map([...pair, choice]))
    : []
}

/** What is not synced shows only where lines are fetched in between: cached memory is tried with that as well. */
const unquiet = (pair: Configuration): readonly Configuration[] =>
  pair.get('memory') === 'user' && !pair.has('caches') ? [new Map([...pair, ['caches', 'adverse-1']])] : []

/** A kernel that stops at the first use of a pool shows the rest with ordinary memory only. */
const isPoolless = (pair: Configuration): boolean => pair.get('pool') === 'none'

type Choice = readonly [axis: string, value: string]

const others = ({ name, values }: Axis): readonly Choice[] => values.slice(1).map((value) => [name, value])

const product = (axes: readonly Axis[]): readonly Configuration[] =>
  axes.reduce<readonly Configuration[]>(
    (made, axis) => made.flatMap((before) => [before, ...others(axis).map((choice) => new Map([...before, choice]))]),
    [new Map()],
  )
