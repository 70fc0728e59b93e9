// What lies between two kernels: the records of the releases between them, and facts that differ and that no record explains.
import {
  type BuildFacts,
  compareReleases,
  type KernelFacts,
  type KernelSpec,
  RELEASE_RECORDS,
  type ReleaseRecord,
} from '@dmalab/api'
import { kernelFacts, parseKernel } from './compose-kernel.ts'
import type { Registry } from './registry.ts'

export interface KernelDiff {
  /** The older one first. */
  readonly from: string
  readonly to: string
  /** Differences between the two releases on that architecture, oldest first. */
  readonly records: readonly ReleaseRecord[]
  /** Further facts that differ, by name. */
  readonly facts: readonly { readonly name: string; readonly from: string; readonly to: string }[]
  /** Patches that one has and the other has not. */
  readonly patches: { readonly from: readonly string[]; readonly to: readonly string[] }
}

/** @throws InputError for a kernel that is not there */
export const diffKernels = (registry: Registry, a: string, b: string): KernelDiff => {
  const [one, two] = [a, b].map((name) => opened(registry, name)).toSorted(byRelease)
  if (one === undefined || two === undefined) throw new Error('two kernels were opened')
  const records = recordsBetween(one.facts, two.facts)
  return {
    from: one.spec.name,
    to: two.spec.name,
    records,
    facts: factsBetween(one.facts, two.facts, records),
    patches: { from: patchesBeyond(one.spec, two.spec), to: patchesBeyond(two.spec, one.spec) },
  }
}

interface OpenKernel {
  readonly spec: KernelSpec
  readonly facts: KernelFacts
}

const opened = (registry: Registry, name: string): OpenKernel => {
  const spec = parseKernel(name, registry)
  return { spec, facts: kernelFacts(spec, registry) }
}

const byRelease = (a: OpenKernel, b: OpenKernel): number => compareReleases(a.facts.release, b.facts.release)

/** Records begin with what v5.10 had: between an older release and any other one there are facts only. */
const recordsBetween = (from: KernelFacts, to: KernelFacts): readonly ReleaseRecord[] =>
  from.arch.board !== to.arch.board || compareReleases(from.release, FIRST_RECORDED) < 0
    ? []
    : RELEASE_RECORDS.filter(
        ({ since, arches }) =>
          arches.includes(to.arch.board) &&
          compareReleases(since, from.release) > 0 &&
          compareReleases(since, to.release) <= 0,
      ).toSorted((a, b) => compareReleases(a.since, b.since))

const FIRST_RECORDED = '5.10'

/** Facts that follow from the release alone say nothing new. */
const OF_EVERY_RELEASE: readonly string[] = ['release', 'arch']

const factsBetween = (from: KernelFacts, to: KernelFacts, records: readonly ReleaseRecord[]): KernelDiff['facts'] => {
  const explained = new Set<string>([
    ...OF_EVERY_RELEASE,
    ...records.flatMap(({ after: { media = {}, ...after } }) => [
      ...Object.keys(after),
      ...Object.keys(media).map((name) => `media.${name}`),
    ]),
  ])
  const names = (Object.keys(from) as (keyof BuildFacts)[]).filter((name) => !explained.has(name))
  const differing = names.flatMap((name) => membersBetween(name, from[name], to[name]))
  return differing.filter(({ name }) => !explained.has(name))
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
