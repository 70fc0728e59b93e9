// An exploration: every configuration searched, what was found made small and compared, one line a defect.
import {
  type Defect,
  EXPLORE_BOUND,
  type ExploreBound,
  type ExploreReport,
  InputError,
  type KernelSpec,
} from '@dmalab/api'
import {
  chooseKernel,
  composeKernel,
  kernelFacts,
  opTablesOf,
  type RunParts,
  standInSentences,
  withOptions,
} from '@dmalab/runner'
import { type Axis, axesOf, type Configuration, valueOf } from './axes.ts'
import { type BoardParts, type GivenBoard, partsOn } from './board-parts.ts'
import { configurationsOf } from './configurations.ts'
import { defectOf } from './defects.ts'
import { Merger } from './merge.ts'
import { Replayer } from './replay-steps.ts'
import type { Searched } from './search.ts'
import { groupsOf, Searcher } from './searcher.ts'
import { CALLS, type Ground, QUEUES } from './setup.ts'
import { staticDefects } from './static/static-checks.ts'

export interface ExploreRequest {
  readonly kernel: string
  /** null: machines made for the exploration. */
  readonly board: GivenBoard | null
  readonly seed: number
  readonly bound: ExploreBound
  /** `axis=value`: configurations in which these values alone are not plain; all when empty. */
  readonly only: readonly string[]
}

/** What an exploration is made of: the same in every worker. */
interface Plan {
  readonly ground: Ground
  readonly bound: ExploreBound
  readonly configurations: readonly Configuration[]
  /** What stands in for a release that is not modelled. */
  readonly notes: readonly string[]
}

export interface ExploreControl {
  /**
   * Searches the configurations with these numbers, in any order, on any number of workers; `done` gets what each came to. One searcher
   * for all of a group: some of them come to the same.
   */
  readonly searchAll?: (
    groups: readonly (readonly number[])[],
    done: (number: number, searched: Searched) => void,
  ) => Promise<void>
  /** What an earlier exploration with the same request came to, by number. */
  readonly known?: ReadonlyMap<number, Searched>
  /** Gets each result as it comes in. */
  readonly onSearched?: (number: number, searched: Searched) => void
  readonly timeUp?: () => boolean
}

export const EXPLORE_REQUEST: Omit<ExploreRequest, 'kernel'> = {
  board: null,
  seed: 1,
  bound: EXPLORE_BOUND,
  only: [],
}

/** @throws InputError for a kernel that is not there, and for a board that does not fit it */
export const planExploration = (parts: RunParts, request: ExploreRequest): Plan => {
  const chosen = chooseKernel(request.kernel, parts.registry)
  const { kernel } = chosen
  const { arch } = kernelFacts(kernel, parts.registry)
  const board = request.board === null ? null : partsOn(request.board, kernel.name, arch)
  const axes = axesOf(kernel, [CALLS, ...Object.keys(QUEUES)], board)
  checkOnly(axes, request.only)
  return {
    ground: { kernel, axes, seed: request.seed, board, rules: new Map() },
    bound: request.bound,
    notes: standInSentences(chosen),
    configurations: configurationsOf(axes, request.bound.configurations)
      .filter((one) => request.only.length === 0 || [...one].every((choice) => request.only.includes(choice.join('='))))
      .filter((one) => board === null || !hasOneDevice(axes, one)),
  }
}

/** Both parts by one device: that is what the exporter's axis alone gives as well. */
const hasOneDevice = (axes: readonly Axis[], configuration: Configuration): boolean =>
  configuration.has('exporter') &&
  configuration.has('importer') &&
  valueOf(configuration, axes, 'exporter') === valueOf(configuration, axes, 'importer')

/** @throws InputError for an axis or a value that is not there */
const checkOnly = (axes: readonly Axis[], only: readonly string[]): void => {
  for (const text of only) {
    const [name = '', value = ''] = split(text)
    const axis = axes.find((one) => one.name === name)
    if (axis === undefined)
      throw new InputError(`there is no property '${name}'`, {}, `there is ${axes.map((one) => one.name).join(', ')}`)
    if (!axis.values.includes(value))
      throw new InputError(`${name} is never '${value}'`, {}, `it is ${axis.values.join(', ')}`)
  }
}

const split = (text: string): readonly string[] => {
  const at = text.indexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}

/** Searches configurations of the plan by their numbers. */
export const openSearcher = (parts: RunParts, plan: Plan): ((number: number) => Searched) => {
  const searcher = new Searcher(parts, plan.ground, plan.bound)
  return (number) => {
    const configuration = plan.configurations[number]
    if (configuration === undefined) throw new Error(`configuration ${number} of ${plan.configurations.length}`)
    return searcher.search(configuration)
  }
}

/** @throws InputError for a kernel that is not there */
export const explore = async (
  parts: RunParts,
  request: ExploreRequest,
  control: ExploreControl = {},
): Promise<ExploreReport> => {
  const plan = planExploration(parts, request)
  const merger = new Merger(parts, plan.ground, baseOf(plan.ground.kernel))
  const results = new Map<number, Searched>(control.known)
  const groups = groupsOf(plan.configurations, (number) => !results.has(number))
  let merged = 0
  /** In the order of the configurations, as far as they are there: what is met in its smallest configuration comes first. */
  const merge = (): void => {
    for (let one = results.get(merged); one !== undefined; one = results.get(merged)) {
      merger.take(one.suspects)
      merged++
    }
  }
  const done = (number: number, searched: Searched): void => {
    results.set(number, searched)
    control.onSearched?.(number, searched)
    merge()
  }
  if (control.searchAll !== undefined) await control.searchAll(groups, done)
  else {
    const search = openSearcher(parts, plan)
    for (const number of groups.flat()) {
      if (control.timeUp?.() === true) break
      done(number, search(number))
    }
  }
  // Some are missing when the time was up.
  for (; merged < plan.configurations.length; merged++) merger.take(results.get(merged)?.suspects ?? [])
  return report(parts, request, plan, results, merger)
}

const report = async (
  parts: RunParts,
  request: ExploreRequest,
  plan: Plan,
  results: ReadonlyMap<number, Searched>,
  merger: Merger,
): Promise<ExploreReport> => {
  const { kernel } = plan.ground
  const base = baseOf(kernel)
  const inOrder = plan.configurations.flatMap((_one, number) => {
    const searched = results.get(number)
    return searched === undefined ? [] : [searched]
  })
  const replayer = new Replayer(parts, plan.ground)
  const defects: Defect[] = []
  const taken = new Set<string>()
  for (const one of merger.defects()) defects.push(await defectOf(parts, plan.ground, replayer, one, taken))
  const entered = [...new Set(inOrder.flatMap((searched) => searched.entered))].toSorted()
  const impossible = [...new Set(inOrder.flatMap((searched) => searched.impossible ?? []))]
  return {
    schema: 1,
    kernel: kernel.name,
    base: base?.name ?? null,
    ...boardOf(plan.ground.board),
    seed: request.seed,
    bound: request.bound,
    coverage: {
      configurations: plan.configurations.length,
      explored: inOrder.length,
      states: sum(inOrder, ({ states }) => states),
      transitions: sum(inOrder, ({ transitions }) => transitions),
      exhausted: inOrder.filter(({ exhausted }) => exhausted).length,
      neverFailed: inOrder.filter(({ neverFailed }) => neverFailed).length,
      entered,
      notEntered: operationsOf(parts, kernel).filter((name) => !entered.includes(name)),
    },
    defects: [...staticDefects(parts, kernel, base), ...defects].toSorted(
      (a, b) => Number(a.base?.same ?? false) - Number(b.base?.same ?? false),
    ),
    notes: [...plan.notes, ...impossible.map((why) => `not explored: ${why}`)],
  }
}

const boardOf = (board: BoardParts | null): Pick<ExploreReport, 'board' | 'devices'> =>
  board === null
    ? { board: 'machines made for the exploration', devices: null }
    : {
        board: board.machine.name,
        devices: {
          exporters: board.exporters,
          importers: board.importers,
          second: board.second,
        },
      }

const sum = <T>(list: readonly T[], count: (one: T) => number): number =>
  list.reduce((total, one) => total + count(one), 0)

const baseOf = (kernel: KernelSpec): KernelSpec | null =>
  kernel.patches.length === 0
    ? null
    : withOptions(composeKernel(kernel.base, ...kernel.patches.slice(0, -1)), kernel.options)

const OPERATIONS = [
  'alloc',
  'free',
  'getSgtable',
  'mmap',
  'mapSg',
  'unmapSg',
  'syncSingleForCpu',
  'syncSingleForDevice',
  'syncSgForCpu',
  'syncSgForDevice',
] as const

const operationsOf = (parts: RunParts, { base }: KernelSpec): readonly string[] =>
  opTablesOf(base, parts.registry).flatMap(({ name }) => OPERATIONS.map((operation) => `${name}: ${operation}`))
