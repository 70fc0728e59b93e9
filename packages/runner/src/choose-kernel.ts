// The kernel of a run: the one that was asked for, or the modelled release that stands in for it.
import { type ArchName, compareReleases, type KernelSpec, RELEASE_RECORDS, type ReleaseRecord } from '@dmalab/api'
import { parseKernel } from './compose-kernel.ts'
import { isNumbered, releasesOf } from './nearest-kernels.ts'
import type { Registry } from './registry.ts'

/** A kernel to run, and how it stands to the one that was asked for. */
export interface ChosenKernel {
  readonly kernel: KernelSpec
  /** The release that is not modelled, `arm64@6.8`; null: the kernel is the one that was asked for. */
  readonly standsFor: string | null
  /** What lies between the two, oldest first. */
  readonly between: readonly ReleaseRecord[]
  /** False: one of the two lies outside of the releases whose differences are on record. */
  readonly recorded: boolean
}

/**
 * `arch@release+patch`, or the modelled release that has the fewest recorded differences from it.
 * @throws InputError where no release of the architecture is modelled, and for patches as parseKernel does
 */
export const chooseKernel = (text: string, registry: Registry): ChosenKernel => {
  const [base = '', ...patches] = text.split('+')
  const [arch = '', release = ''] = base.split('@')
  const known = releasesOf(arch, registry.kernels.names())
  if (registry.kernels.has(base) || !isNumbered(release) || known.length === 0)
    return asAsked(parseKernel(text, registry))
  const named = (one: string): KernelSpec => parseKernel([`${arch}@${one}`, ...patches].join('+'), registry)
  // A stable release is that release.
  const exact = known.find((one) => compareReleases(one, release) === 0)
  if (exact !== undefined) return asAsked(named(exact))
  const recorded = isOnRecord(arch, release, known)
  const differences = (one: string): number => (recorded ? recordsFrom(arch, one, release).length : 0)
  const [chosen] = known.toSorted(
    (a, b) => differences(a) - differences(b) || gap(a, release) - gap(b, release) || compareReleases(a, b),
  )
  if (chosen === undefined) throw new Error(`none of ${known.join(', ')} was chosen`)
  return { kernel: named(chosen), standsFor: base, between: recordsFrom(arch, chosen, release), recorded }
}

/** A kernel that stands for itself. */
export const asAsked = (kernel: KernelSpec): ChosenKernel => ({ kernel, standsFor: null, between: [], recorded: true })

/**
 * Two kernels of one question: a release alone is of the other one's architecture.
 * @throws InputError as chooseKernel does
 */
export const choosePair = (a: string, b: string, registry: Registry): readonly [ChosenKernel, ChosenKernel] => {
  const archIn = (text: string): string | undefined => /^([^@+]+)@/.exec(text)?.[1]
  const named = (text: string, other: string | undefined): ChosenKernel =>
    chooseKernel(other === undefined || !isNumbered(text) ? text : `${other}@${text.replace(/^v/, '')}`, registry)
  return [named(a, archIn(b)), named(b, archIn(a))]
}

/** A release alone, `6.12+patch`, is that of the machine's architecture. */
export const withArch = (kernel: string, arch: ArchName): string =>
  isNumbered(kernel) ? `${arch}@${kernel.replace(/^v/, '')}` : kernel

/** Differences are on record between the first release of RECORDED_SINCE and the newest modelled one. */
const isOnRecord = (arch: string, release: string, known: readonly string[]): boolean => {
  const first = RECORDED_SINCE[arch]
  const last = known.at(-1)
  if (first === undefined || last === undefined) return false
  return compareReleases(release, first) >= 0 && compareReleases(release, last) <= 0
}

/** The first release of each architecture from which on all differences are on record. */
const RECORDED_SINCE: Readonly<Record<string, string>> = {
  arm: '6.1',
  arm64: '5.10',
  riscv64: '6.6',
  x86_64: '6.12',
}

/** Records that two releases of an architecture differ by, oldest first; their order does not matter. */
export const recordsFrom = (arch: string, a: string, b: string): readonly ReleaseRecord[] =>
  allRecordsFrom(a, b).filter(({ arches }) => arches.some((one) => one === arch))

/** Those of every architecture. */
export const allRecordsFrom = (a: string, b: string): readonly ReleaseRecord[] => {
  const [from, to] = compareReleases(a, b) <= 0 ? [a, b] : [b, a]
  return RELEASE_RECORDS.filter(
    ({ since }) => compareReleases(since, from) > 0 && compareReleases(since, to) <= 0,
  ).toSorted((one, other) => compareReleases(one.since, other.since))
}

/** How far two releases lie apart, about: a major release had some twenty minor ones. */
const gap = (a: string, b: string): number => Math.abs(ordinal(a) - ordinal(b))

const ordinal = (release: string): number => {
  const [major = 0, minor = 0] = release.replace(/^v/, '').split('.').map(Number)
  return major * 20 + minor
}
