// What lies between two kernels: the records of the releases between them, and facts that differ and that no record explains.
import { type BuildFacts, compareReleases, type KernelFacts, type KernelSpec, type ReleaseRecord } from '@dmalab/api'
import { allRecordsFrom, type ChosenKernel, choosePair, recordsFrom } from './choose-kernel.ts'
import { kernelFacts } from './compose-kernel.ts'
import type { Registry } from './registry.ts'
import { standInWords } from './stand-in.ts'

export interface KernelDiff {
  /** The older one first. */
  readonly from: string
  readonly to: string
  /** What stands in for a release that is not modelled. */
  readonly notes: readonly string[]
  /** Differences between the two releases on that architecture, oldest first. */
  readonly records: readonly ReleaseRecord[]
  /** Further facts that differ, by name. */
  readonly facts: readonly { readonly name: string; readonly from: string; readonly to: string }[]
  /** Patches that one has and the other has not. */
  readonly patches: { readonly from: readonly string[]; readonly to: readonly string[] }
}

/**
 * A release that is not modelled has records, too, and the facts of the one that stands in for it.
 * @throws InputError for a kernel that is not there
 */
export const diffKernels = (registry: Registry, a: string, b: string): KernelDiff => {
  const [one, two] = choosePair(a, b, registry)
    .map((chosen) => opened(registry, chosen))
    .toSorted(byRelease)
  if (one === undefined || two === undefined) throw new Error('two kernels were opened')
  const records = recordsBetween(one, two)
  // A fact of another architecture may stand in both, and mean nothing there.
  const explained = [...(records.length === 0 ? [] : allRecordsFrom(one.facts.release, two.facts.release)), ...records]
  return {
    from: one.name,
    to: two.name,
    notes: [one, two].flatMap(({ chosen }) => standInWords(chosen)),
    records,
    facts: factsBetween(one.facts, two.facts, explained),
    patches: { from: patchesBeyond(one.spec, two.spec), to: patchesBeyond(two.spec, one.spec) },
  }
}

interface OpenKernel {
  readonly chosen: ChosenKernel
  readonly spec: KernelSpec
  /** As it was asked for. */
  readonly name: string
  /** The release that records are looked up for. */
  readonly release: string
  /** Of the modelled one. */
  readonly facts: KernelFacts
}

const opened = (registry: Registry, chosen: ChosenKernel): OpenKernel => {
  const { kernel: spec, standsFor, recorded } = chosen
  const facts = kernelFacts(spec, registry)
  const name = [standsFor ?? spec.base.name, ...spec.patches.map((patch) => patch.name)].join('+')
  return { chosen, spec, name, release: recorded ? (standsFor?.split('@')[1] ?? facts.release) : facts.release, facts }
}

const byRelease = (a: OpenKernel, b: OpenKernel): number => compareReleases(a.release, b.release)

/** Records begin with what v5.10 had: between an older release and any other one there are facts only. */
const recordsBetween = (from: OpenKernel, to: OpenKernel): readonly ReleaseRecord[] => {
  const { board } = to.facts.arch
  return from.facts.arch.board !== board || compareReleases(from.release, FIRST_RECORDED) < 0
    ? []
    : recordsFrom(board, from.release, to.release)
}

const FIRST_RECORDED = '5.10'

/** Facts that follow from the release alone say nothing new. */
const OF_EVERY_RELEASE: readonly string[] = ['release', 'arch']

const factsBetween = (from: KernelFacts, to: KernelFacts, records: readonly ReleaseRecord[]): KernelDiff['facts'] => {
  const explained = new Set<string>([
    ...OF_EVERY_RELEASE,
    ...records.flatMap(({ after: { media = {}, ...after }, explains = [] }) => [
      ...Object.keys(after),
      ...Object.keys(media).map((name) => `media.${name}`),
      ...explains,
    ]),
  ])
  const names = (Object.keys(from) as (keyof BuildFacts)[]).filter((name) => !explained.has(name))
  const differing = names.flatMap((name) => membersBetween(name, from[name], to[name]))
  // A record of a fact explains its members.
  return differing.filter(({ name }) => ![...explained].some((one) => name === one || name.startsWith(`${one}.`)))
}

/** A fact with members differs member by member. */
const membersBetween = (name: string, from: unknown, to: unknown): KernelDiff['facts'] => {
  if (isObject(from) && isObject(to)) {
    const members = new Set([...Object.keys(from), ...Object.keys(to)])
    return [...members].flatMap((member) => membersBetween(`${name}.${member}`, from[member], to[member]))
  }
  const [before, now] = [from, to].map((value) => (value === undefined ? 'none' : JSON.stringify(value)))
  return before === undefined || now === undefined || before === now ? [] : [{ name, from: before, to: now }]
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const patchesBeyond = (of: KernelSpec, other: KernelSpec): readonly string[] =>
  of.patches.map(({ name }) => name).filter((name) => !other.patches.some((patch) => patch.name === name))
