// An exploration: every configuration searched, what was found made small and compared, one line a defect.
import {
  type Defect,
  compareReleases,
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
import { counts, isCertain, judge, type Judged, onBase } from './judge.ts'
import { Replayer } from './replay-steps.ts'
import { type Searched, searchConfiguration } from './search.ts'
import { CALLS, type Ground, QUEUES } from './setup.ts'
import { staticDefects } from './static/static-checks.ts'
import { shrink } from './shrink.ts'
import { familyOf, isInstanceOf, type Suspect, unusualIn } from './suspects.ts'

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
  /** Searches the configurations with these numbers, in any order, on any number of workers; `done` gets what each came to. */
  readonly searchAll?: (numbers: readonly number[], done: (number: number, searched: Searched) => void) => Promise<void>
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
    ground: { kernel, axes, seed: request.seed, board },
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

export const searchNumber = (parts: RunParts, plan: Plan, number: number): Searched => {
  const configuration = plan.configurations[number]
  if (configuration === undefined) throw new Error(`configuration ${number} of ${plan.configurations.length}`)
  return searchConfiguration(parts, plan.ground, configuration, plan.bound)
}

/** @throws InputError for a kernel that is not there */
export const explore = async (
  parts: RunParts,
  request: ExploreRequest,
  control: ExploreControl = {},
): Promise<ExploreReport> => {
  const plan = planExploration(parts, request)
  const results = new Map<number, Searched>(control.known)
  const open = plan.configurations.map((_one, number) => number).filter((number) => !results.has(number))
  const done = (number: number, searched: Searched): void => {
    results.set(number, searched)
    control.onSearched?.(number, searched)
  }
  if (control.searchAll !== undefined) await control.searchAll(open, done)
  else
    for (const number of open) {
      if (control.timeUp?.() === true) break
      done(number, searchNumber(parts, plan, number))
    }
  return report(parts, request, plan, results)
}

const report = async (
  parts: RunParts,
  request: ExploreRequest,
  plan: Plan,
  results: ReadonlyMap<number, Searched>,
): Promise<ExploreReport> => {
  const { kernel } = plan.ground
  const base = baseOf(kernel)
  const inOrder = plan.configurations.flatMap((_one, number) => {
    const searched = results.get(number)
    return searched === undefined ? [] : [searched]
  })
  const judged = defectsAmong(
    parts,
    plan,
    base,
    inOrder.flatMap(({ suspects }) => suspects),
  )
  const replayer = new Replayer(parts, plan.ground)
  const defects: Defect[] = []
  const taken = new Set<string>()
  for (const one of judged) defects.push(await defectOf(parts, plan.ground, replayer, one, taken))
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

/** The modelled release before this one, of the same architecture; null for the oldest. */
const releaseBefore = (parts: RunParts, kernel: KernelSpec): KernelSpec | null => {
  const archOf = (name: string): string => name.split('@')[0] ?? ''
  const releaseOf = (name: string): string => name.split('@')[1] ?? ''
  const { name } = kernel.base
  const older = parts.registry.kernels
    .values()
    .filter((def) => archOf(def.name) === archOf(name) && compareReleases(releaseOf(def.name), releaseOf(name)) < 0)
    .toSorted((a, b) => compareReleases(releaseOf(b.name), releaseOf(a.name)))
  const [nearest] = older
  return nearest === undefined ? null : withOptions(composeKernel(nearest), kernel.options)
}

/** What is met in its smallest configuration comes first, and stands for all that is the same. */
const defectsAmong = (
  parts: RunParts,
  { ground }: Plan,
  base: KernelSpec | null,
  suspects: readonly Suspect[],
): readonly Judged[] => {
  const replayer = new Replayer(parts, ground)
  // What a kernel as it is refuses is held against the release before.
  const before = base === null ? releaseBefore(parts, ground.kernel) : null
  const judged = (suspect: Suspect): Judged => {
    const one = judge(replayer, ground, suspect.symptom.code === 'refused' ? (base ?? before) : base, suspect)
    return base === null && one.base?.outcome !== 'works'
      ? { ...one, base: null }
      : base === null
        ? { ...one, base: { same: false, outcome: `works on ${before?.name ?? ''}`, stepWorks: true } }
        : one
  }
  const known: Judged[] = []
  const dismissed: Suspect[] = []
  // What the base has as well does not stand for what the patch alone does.
  const isKnown = (suspect: Suspect, fresh: boolean): boolean =>
    [...dismissed, ...known.filter((one) => !(fresh && one.base?.same === true))].some((one) =>
      isInstanceOf(suspect, one),
    )
  for (const suspect of suspects) {
    if (isKnown(suspect, true)) continue
    const there = onBase(replayer, base, suspect)
    const fresh = there !== null && !there.same
    if (isKnown(suspect, fresh && isCertain(there))) continue
    const isRefused = suspect.symptom.code === 'refused'
    const keeps = (one: Suspect): boolean =>
      isRefused ? counts(judged(one), []) : !fresh || onBase(replayer, base, one)?.same !== true
    const small = shrink(replayer, suspect, keeps)
    if (small === undefined || isKnown(small, fresh && isCertain(there))) continue
    const one = judged(small)
    if (counts(one, unusualIn(one))) known.push(one)
    else dismissed.push(small)
  }
  const families = new Set<string>()
  const shown = new Set<string>()
  return known
    .filter((one) => !known.some((other) => other !== one && covers(other, one)))
    .filter((one) => {
      const family = familyOf(one)
      if (family === null) return true
      const named = `${family}|${one.base?.same ?? false}`
      if (families.has(named)) return false
      families.add(named)
      return true
    })
    .filter(({ symptom, steps, configuration, atEnd }) => {
      // What one step shows in several ways is one defect.
      if (symptom.code === 'refused') return true
      const how = JSON.stringify([steps, [...configuration], atEnd])
      if (shown.has(how)) return false
      shown.add(how)
      return true
    })
}

/** What is found later may be found with less: it stands for both. */
const covers = (one: Judged, other: Judged): boolean => {
  if (!isInstanceOf(other, one)) return false
  const alike = (one.base?.same ?? false) === (other.base?.same ?? false)
  return alike ? !isInstanceOf(one, other) : one.base?.same === true && !isCertain(other.base)
}

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
