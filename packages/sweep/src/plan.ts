// A SweepSpec expanded: every point once, in a stable order, each with a RunSpec of its own.
import {
  type BoardSpec,
  InputError,
  likeliest,
  type KernelDef,
  type PluginSpec,
  RUN_DEFAULTS,
  runsKernelsOf,
  type RunSpec,
  type RunSpecOptions,
  SWEEP_AXES,
  SWEEP_WORDS,
  type SweepAxis,
  type SweepExclusion,
  type SweepGrid,
  type SweepPlace,
  type SweepPoint,
  type SweepReport,
  type SweepSpec,
  type WorkSpec,
} from '@dmalab/api'
import { chooseKernel, type Registry } from '@dmalab/runner'
import { machineOfSpec, parseInjections, parseKernelOptions, parsePipeline, parseSize } from '@dmalab/scenario'
import { optionsAt } from './point-options.ts'
import { digestOf, idOf } from './point-id.ts'

/** What a sweep asks of whoever knows files, and what is usual. */
export interface SweepHost {
  readonly registry: Registry
  /** @throws InputError for what is not a board */
  board(reference: string, memory: readonly string[]): BoardSpec
  /** A line as it is, or what a file holds, and the board that it names. @throws InputError for a file that cannot be read */
  work(reference: string): { readonly work: WorkSpec; readonly board?: string }
  /** What to try first on a board. */
  suggested(board: BoardSpec): { readonly line: string; readonly bind: Readonly<Record<string, string>> }
  plugin(path: string): PluginSpec
  /** A run of what was asked, with the usual answer to everything left out. */
  specOf(request: {
    readonly board?: BoardSpec
    readonly kernels?: readonly string[]
    readonly work?: WorkSpec
    readonly plugins: readonly PluginSpec[]
  }): RunSpec
}

export interface SweepPlan {
  readonly name: string
  /** Digest of what is asked for: axes, values, how many points. */
  digest(): Promise<string>
  readonly axes: SweepReport['axes']
  /** How many points there are. */
  readonly count: number
  readonly leftOut: SweepReport['leftOut']
  /** The points from the first to the last; the specs are made as they are asked for. */
  points(): AsyncIterable<SweepPoint>
}

type Place = { [Axis in SweepAxis]?: string }

/**
 * Expands a sweep. What is wrong with a value is said here, before anything runs.
 * @throws InputError for an unknown board, kernel or option, and for a line or file with a mistake
 */
export const planSweep = (spec: SweepSpec, host: SweepHost): SweepPlan => {
  const grids = spec.grids.map((grid) => withWords(grid, host.registry))
  for (const grid of grids) checkValues(grid)
  checkCount(grids)
  const makers = new Map<string, RunMaker>()
  const places: Place[] = []
  const seen = new Set<string>()
  const left = new Map<string, number>()
  const leave = (why: string): void => void left.set(why, (left.get(why) ?? 0) + 1)
  for (const [number, grid] of grids.entries())
    for (const at of placesOf(grid)) {
      const key = JSON.stringify(at)
      if (seen.has(key)) continue
      seen.add(key)
      if (spec.exclude.some((exclusion) => isExcluded(at, exclusion))) {
        leave('excluded')
        continue
      }
      const maker = makerFor(at, spec, host, makers)
      if (fits(at.kernel, maker.arch, host.registry, isNamed(at, spec.grids[number]))) places.push(at)
      // Of all kernels, those that fit were asked for.
      else if (spec.grids[number]?.kernel?.includes(SWEEP_WORDS.all) !== true)
        leave('the kernel is of another architecture than the board')
    }
  if (places.length === 0)
    throw new InputError(
      `no point is left of ${seen.size}: ${[...left.keys()].join('; ') || 'there is none'}`,
      {},
      'dmalab kernel list and board list tell which kernels are for which boards',
    )
  const axes = axesOf(places)
  return {
    name: spec.name,
    digest: () => digestOf(JSON.stringify([axes, places.length])),
    axes,
    count: places.length,
    leftOut: [...left].map(([why, count]) => ({ why, count })),
    points: async function* points() {
      for (const at of places) {
        const run = makerFor(at, spec, host, makers).make(at)
        yield { id: await idOf(run), at, spec: run }
      }
    },
  }
}

/** More than any sweep ends, and less than fills the memory: every combination is looked at before the first runs. */
const MOST_COMBINATIONS = 2_000_000

const checkCount = (grids: readonly SweepGrid[]): void => {
  const sizeOf = (grid: SweepGrid): number => SWEEP_AXES.reduce((all, axis) => all * (grid[axis]?.length ?? 1), 1)
  const count = grids.reduce((all, grid) => all + sizeOf(grid), 0)
  if (count > MOST_COMBINATIONS)
    throw new InputError(
      `${count} combinations, and at most ${MOST_COMBINATIONS} are looked at`,
      {},
      'take fewer values, or split the sweep into several files',
    )
}

/** Words that stand for several values become those. */
const withWords = (grid: SweepGrid, { boards, kernels }: Registry): SweepGrid => ({
  ...grid,
  ...(grid.board === undefined ? {} : { board: withAll(grid.board, () => boards.names().toSorted()) }),
  ...(grid.kernel === undefined ? {} : { kernel: withAll(grid.kernel, () => kernels.names()) }),
})

const withAll = (values: readonly string[], all: () => readonly string[]): readonly string[] =>
  values.flatMap((value) => (value === SWEEP_WORDS.all ? all() : [value]))

const checkValues = (grid: SweepGrid): void => {
  for (const size of grid.size ?? []) parseSize(size)
  for (const text of grid.inject ?? []) parseInjections(wordsOf(text))
  for (const config of grid.config ?? ['']) parseKernelOptions(wordsOf(config), '')
  for (const cmdline of grid.cmdline ?? []) parseKernelOptions([], cmdline)
  optionsAt({}, grid)
}

const wordsOf = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '')

/** Every combination; the last axis changes first. */
function* placesOf(grid: SweepGrid, axes: readonly SweepAxis[] = SWEEP_AXES, at: Place = {}): Generator<Place> {
  const [axis, ...others] = axes
  if (axis === undefined) {
    yield at
    return
  }
  const values = grid[axis]
  if (values === undefined) yield* placesOf(grid, others, at)
  else for (const value of new Set(values)) yield* placesOf(grid, others, { ...at, [axis]: value })
}

const isExcluded = (at: Place, exclusion: SweepExclusion): boolean =>
  SWEEP_AXES.every((axis) => exclusion[axis] === undefined || exclusion[axis].some((text) => matches(at[axis], text)))

const matches = (value: string | undefined, pattern: string): boolean => {
  if (value === undefined) return false
  const parts = pattern.split('*')
  const [first = '', ...rest] = parts
  const last = rest.pop()
  if (last === undefined) return value === pattern
  if (!value.startsWith(first)) return false
  let from = first.length
  for (const part of rest) {
    const found = value.indexOf(part, from)
    if (found < 0) return false
    from = found + part.length
  }
  return value.length - last.length >= from && value.endsWith(last)
}

/** Makes the runs of one board and work. */
interface RunMaker {
  /** What board files call the architecture. */
  readonly arch: string
  make(at: SweepPlace): RunSpec
}

const makerFor = (at: Place, spec: SweepSpec, host: SweepHost, makers: Map<string, RunMaker>): RunMaker => {
  const key = JSON.stringify([at.board, at.work])
  const known = makers.get(key)
  if (known !== undefined) return known
  const made = makeMaker(at, spec, host)
  makers.set(key, made)
  return made
}

const makeMaker = ({ board: boardText, work: workText }: Place, spec: SweepSpec, host: SweepHost): RunMaker => {
  const asked = workText === undefined || Object.values<string>(SWEEP_WORDS).includes(workText) ? undefined : workText
  const line = asked === undefined ? undefined : Object.hasOwn(spec.lines, asked) ? spec.lines[asked] : asked
  if (asked !== undefined && line === asked) checkWord(asked, Object.keys(spec.lines))
  const told = line === undefined ? undefined : host.work(line)
  if (told !== undefined && 'line' in told.work) parsePipeline(told.work.line)
  const reference = boardText ?? told?.board
  const board = reference === undefined ? undefined : host.board(reference, spec.memory)
  const plugins = spec.plugins.map((path) => host.plugin(path))
  const base = host.specOf({
    ...(board === undefined ? {} : { board }),
    ...(told === undefined ? {} : { work: told.work }),
    plugins,
  })
  const suggested = workText === SWEEP_WORDS.suggested ? host.suggested(base.board) : undefined
  const run: RunSpec = suggested === undefined ? base : { ...base, work: { line: suggested.line } }
  const fixed: Partial<RunSpecOptions> = {
    bind: { ...suggested?.bind, ...spec.bind },
    assume: spec.assume,
  }
  const { arch } = machineOfSpec(run.board, host.registry)
  return {
    arch,
    make: (at) => ({
      ...run,
      kernels: at.kernel === undefined ? run.kernels : [ofBoard(at.kernel, arch)],
      config: at.config === undefined ? run.config : wordsOf(at.config),
      cmdline: at.cmdline === undefined || at.cmdline === '' ? run.cmdline : at.cmdline,
      options: { ...RUN_DEFAULTS, ...fixed, ...optionsAt(at) },
    }),
  }
}

/** @throws InputError for a word that is nearly one of those that stand for a line */
const checkWord = (word: string, lines: readonly string[]): void => {
  const near = likeliest(word, [SWEEP_WORDS.founding, SWEEP_WORDS.suggested, ...lines])
  if (near !== undefined && /^[\w-]+$/.test(word)) throw new InputError(`there is no line ${word}`, {}, near)
}

/** A release alone is that of the board's architecture. */
const ofBoard = (kernel: string, arch: string): string =>
  /^v?\d/.test(kernel) ? `${arch}@${kernel.replace(/^v/, '')}` : kernel

/** Not by `all`: board and kernel were asked for as they are. */
const isNamed = ({ board, kernel }: Place, asked: SweepGrid | undefined): boolean =>
  (board === undefined || asked?.board?.includes(board) === true) &&
  kernel !== undefined &&
  asked?.kernel?.includes(kernel) === true

/** A board runs kernels of a smaller architecture where both were named. @throws InputError for a kernel that is not there */
const fits = (kernel: string | undefined, arch: string, registry: Registry, named: boolean): boolean => {
  if (kernel === undefined || /^v?\d/.test(kernel)) return true
  const own = boardArchOf(chooseKernel(kernel, registry).kernel.base, registry)
  return named ? runsKernelsOf(arch, own) : own === arch
}

const boardArchOf = ({ arch }: KernelDef, registry: Registry): string => registry.arches.get(arch).board

/** The values that are in use, by axis. */
const axesOf = (places: readonly Place[]): SweepReport['axes'] =>
  SWEEP_AXES.flatMap((name) => {
    const values = [...new Set(places.flatMap((at) => (at[name] === undefined ? [] : [at[name]])))]
    return values.length === 0 ? [] : [{ name, values }]
  })
