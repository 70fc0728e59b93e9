// One configuration: a laboratory is opened for it, searched, and given back.
import { type ExploreBound, isInputError } from '@dmalab/api'
import { type LabParts, openTrial, opTablesOf } from '@dmalab/runner'
import type { Configuration } from './axes.ts'
import { Coverage } from './coverage.ts'
import { Search, type Searched } from './search.ts'
import { type Ground, labOptionsOf, setupOf } from './setup.ts'

export interface Counted {
  readonly searched: Searched
  /** By operation, as the axis of failing calls names it: the most calls of one boot. Empty unless they were counted. */
  readonly calls: ReadonlyMap<string, number>
}

/** `count`: calls of all operations that an axis lets fail are counted. */
export const searchConfiguration = (
  parts: LabParts,
  ground: Ground,
  configuration: Configuration,
  bound: ExploreBound,
  count: boolean,
): Counted => {
  const coverage = new Coverage()
  try {
    const setup = setupOf(parts, ground, configuration)
    const options = labOptionsOf(setup, ground.seed)
    const counted = count ? [...setup.failable] : []
    const inject = [...(options.inject ?? []), ...counted.map(([, what]) => ({ ...what, nth: Infinity }))]
    const trial = openTrial(parts, { ...options, inject }, (event) => coverage.see(event))
    const tables = new Map(opTablesOf(setup.kernel.base, parts.registry).map((table) => [table.name, table]))
    const search = new Search(trial, tables, setup, configuration, bound, ground.seed, coverage)
    const searched = search.run()
    // Its engine serves the next one.
    trial.lab.close()
    const calls = search.calls.slice(setup.inject.length)
    return { searched, calls: new Map(counted.map(([name], i) => [name, calls[i] ?? 0])) }
  } catch (e) {
    if (!isInputError(e)) throw e
    return { searched: { ...NOTHING, impossible: e.message }, calls: new Map() }
  }
}

const NOTHING: Searched = {
  suspects: [],
  states: 0,
  transitions: 0,
  exhausted: true,
  entered: [],
  neverFailed: false,
  impossible: null,
}
