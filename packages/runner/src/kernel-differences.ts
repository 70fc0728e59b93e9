// Why two kernels of a comparison differ: the records of their releases that made the difference, and the patches of one of them.
import {
  compareReleases,
  type KernelDifference,
  type KernelFacts,
  type KernelRun,
  type KernelSpec,
  type ReleaseFacts,
  type ReleaseRecord,
  type Touch,
} from '@dmalab/api'
import { type ChosenKernel, recordsFrom } from './choose-kernel.ts'
import { kernelFacts } from './compose-kernel.ts'
import type { Registry } from './registry.ts'
import { recordNote } from './stand-in.ts'
import { touching } from './touches.ts'

export interface TouchedRun {
  readonly chosen: ChosenKernel
  readonly touches: ReadonlySet<Touch>
  readonly run: KernelRun
}

/** Runs the same work on a kernel once more. */
export type RunAgain = (kernel: KernelSpec) => Promise<KernelRun>

/** Each kernel beside the one before it of its architecture, where what came of them differs. */
export const differencesOf = async (
  registry: Registry,
  runs: readonly TouchedRun[],
  again: RunAgain,
): Promise<readonly KernelDifference[]> => {
  const differences: KernelDifference[] = []
  for (const [i, to] of runs.entries()) {
    const from = runs.slice(0, i).findLast((one) => archOf(one) === archOf(to))
    if (from === undefined || sameOutcome(from.run, to.run)) continue
    const [older, newer] = [from, to].toSorted((a, b) => compareReleases(releaseOf(a), releaseOf(b)))
    if (older === undefined || newer === undefined) continue
    const met = touching(recordsFrom(archOf(to), releaseOf(from), releaseOf(to)), from.touches, to.touches)
    const made = await thatMadeIt(registry, met, { older, newer }, again)
    differences.push({
      from: from.run.kernel,
      to: to.run.kernel,
      records: made.map(recordNote),
      patches: patchesOfOne(from, to),
    })
  }
  return differences
}

interface Pair {
  readonly older: TouchedRun
  readonly newer: TouchedRun
}

/**
 * Of the records that the runs meet, those that alone change what comes of the older kernel, or of the newer one when they are taken back.
 * Where none does, they act together: all of them. What a record says without facts cannot be tried, and stays.
 */
const thatMadeIt = async (
  registry: Registry,
  met: readonly ReleaseRecord[],
  pair: Pair,
  again: RunAgain,
): Promise<readonly ReleaseRecord[]> => {
  if (met.length < 2) return met
  const made: ReleaseRecord[] = []
  for (const record of met) if (await changes(registry, record, pair, again)) made.push(record)
  return made.length === 0 ? met : made
}

const changes = async (
  registry: Registry,
  record: ReleaseRecord,
  { older, newer }: Pair,
  again: RunAgain,
): Promise<boolean> => {
  if (Object.keys(record.after).length === 0) return true
  const [before, after] = [older, newer].map(({ chosen }) => kernelFacts(chosen.kernel, registry))
  if (before === undefined || after === undefined) throw new Error('two kernels have facts')
  const run = async (of: TouchedRun, part: ReleaseRecord['after'], source: KernelFacts, own: KernelFacts) =>
    isAlready(own, part) ? of.run : await again(withFacts(of.chosen.kernel, part, source, own))
  // Both sides of the record itself: another record may decide the same fact.
  const differs = async (of: TouchedRun, source: KernelFacts, own: KernelFacts): Promise<boolean> =>
    !sameOutcome(await run(of, record.before, source, own), await run(of, record.after, source, own))
  return (await differs(older, after, before)) || (await differs(newer, before, after))
}

const isAlready = (facts: KernelFacts, { media = {}, ...part }: ReleaseRecord['after']): boolean =>
  isPartOf(part, facts) && isPartOf(media, facts.media)

const isPartOf = (part: object, whole: object): boolean =>
  Object.entries(part).every(
    ([name, value]) =>
      JSON.stringify(value) === JSON.stringify(Object.entries(whole).find(([own]) => own === name)?.[1]),
  )

/** The kernel with the facts of a record; `source` has what follows from them. */
const withFacts = (
  kernel: KernelSpec,
  { media, ...part }: ReleaseRecord['after'],
  source: KernelFacts,
  own: KernelFacts,
): KernelSpec => {
  const follows = Object.keys(part).some((name) => MAKE_BOUNCE_POOL.has(name)) ? { swiotlb: source.swiotlb } : {}
  const sharing = media === undefined ? {} : { media: { ...own.media, ...media } }
  const patch = { name: 'record', title: '', source: '', hunks: [], facts: { ...part, ...follows, ...sharing } }
  return { ...kernel, patches: [...kernel.patches, patch] }
}

/** Facts that decide what pool a kernel makes. */
const MAKE_BOUNCE_POOL: ReadonlySet<string> = new Set<keyof ReleaseFacts>([
  'bounceAreas',
  'bounceNoforce',
  'bouncesKmalloc',
  'kmallocPool',
])

const patchesOfOne = (from: TouchedRun, to: TouchedRun): readonly string[] => {
  const [ours = [], theirs = []] = [from, to].map(({ chosen }) => chosen.kernel.patches.map(({ name }) => name))
  return [...new Set([...ours, ...theirs])].filter((name) => ours.includes(name) !== theirs.includes(name))
}

const archOf = ({ chosen }: TouchedRun): string => chosen.kernel.base.name.split('@')[0] ?? ''

const releaseOf = ({ chosen }: TouchedRun): string => chosen.kernel.base.name.split('@')[1] ?? ''

const sameOutcome = (a: KernelRun, b: KernelRun): boolean => outcome(a) === outcome(b)

/** Console texts of a fault, and the addresses that memory happened to get, are not what came of a run. */
const outcome = ({ verdict, assuming, step, errno, why, steps, frames, elements, findings, oops }: KernelRun): string =>
  JSON.stringify({
    verdict: assuming ?? verdict,
    step,
    errno,
    why,
    steps,
    frames,
    elements,
    fault: oops?.reason,
    findings: findings.map(({ code, severity, device, message }) => [code, device, severity === 'info' ? '' : message]),
  }).replaceAll(/0x[0-9a-f_]+/g, '0x')
