// Searches configurations one after the other. A call that never comes cannot fail: of configurations that differ in the failing call alone,
// those whose call does not come to its number are one, and searched once.
import type { ExploreBound } from '@dmalab/api'
import type { LabParts } from '@dmalab/runner'
import type { Configuration } from './axes.ts'
import type { Searched } from './search.ts'
import { type Counted, searchConfiguration } from './search-configuration.ts'
import type { Ground } from './setup.ts'

const FAILING = 'failing call'

export class Searcher {
  private readonly parts: LabParts
  private readonly ground: Ground
  private readonly bound: ExploreBound
  /** By what the configurations have in common: one in which no call failed, and how many calls of each operation a boot had at most. */
  private readonly unfailed = new Map<string, Counted>()

  constructor(parts: LabParts, ground: Ground, bound: ExploreBound) {
    this.parts = parts
    this.ground = ground
    this.bound = bound
  }

  search(configuration: Configuration): Searched {
    const failing = configuration.get(FAILING)
    if (failing === undefined)
      return searchConfiguration(this.parts, this.ground, configuration, this.bound, false).searched
    const group = groupOf(configuration)
    const known = this.unfailed.get(group)
    if (known !== undefined && !comes(known.calls, failing)) return sameAs(known.searched, configuration)
    const counted = searchConfiguration(this.parts, this.ground, configuration, this.bound, known === undefined)
    if (counted.searched.neverFailed) this.unfailed.set(group, counted)
    return counted.searched
  }
}

/** Numbers of configurations that are to be searched, those that one searcher takes together. */
export const groupsOf = (
  configurations: readonly Configuration[],
  isOpen: (number: number) => boolean,
): readonly (readonly number[])[] => {
  const groups = new Map<string, number[]>()
  for (const [number, configuration] of configurations.entries()) {
    if (!isOpen(number)) continue
    const key = configuration.has(FAILING) ? groupOf(configuration) : `${number}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [number])
    else group.push(number)
  }
  return [...groups.values()]
}

const groupOf = (configuration: Configuration): string =>
  JSON.stringify([...configuration].filter(([axis]) => axis !== FAILING))

const comes = (calls: ReadonlyMap<string, number>, failing: string): boolean => {
  const [call = '', nth] = failing.split(':')
  return (calls.get(call) ?? Infinity) >= Number(nth)
}

const sameAs = (searched: Searched, configuration: Configuration): Searched => ({
  ...searched,
  suspects: searched.suspects.map((suspect) => ({ ...suspect, configuration })),
})
