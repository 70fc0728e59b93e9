// What was found, configuration after configuration: made small, held against other kernels and ordinary memory, one line a defect.
import { compareReleases, type KernelSpec } from '@dmalab/api'
import { composeKernel, type RunParts, withOptions } from '@dmalab/runner'
import { counts, isCertain, judge, type Judged, onBase } from './judge.ts'
import { Replayer } from './replay-steps.ts'
import type { Ground } from './setup.ts'
import { shrink } from './shrink.ts'
import { familyOf, isInstanceOf, placeOf, type Suspect, unusualIn } from './suspects.ts'

export class Merger {
  private readonly ground: Ground
  private readonly replayer: Replayer
  /** The kernel below the patch; null without one. */
  private readonly base: KernelSpec | null
  /** What a kernel as it is refuses is held against the release before. */
  private readonly before: KernelSpec | null
  private readonly known: Judged[] = []
  private readonly knownAt = new Map<string, Judged[]>()
  private readonly dismissedAt = new Map<string, Suspect[]>()

  constructor(parts: RunParts, ground: Ground, base: KernelSpec | null) {
    this.ground = ground
    this.replayer = new Replayer(parts, ground)
    this.base = base
    this.before = base === null ? releaseBefore(parts, ground.kernel) : null
  }

  /** Suspects of one configuration. What is met in its smallest configuration comes first, and stands for all that is the same. */
  take(suspects: readonly Suspect[]): void {
    for (const suspect of suspects) this.takeOne(suspect)
  }

  private takeOne(suspect: Suspect): void {
    const { base, replayer } = this
    if (this.isKnown(suspect, true)) return
    const there = onBase(replayer, base, suspect)
    const fresh = there !== null && !there.same
    if (this.isKnown(suspect, fresh && isCertain(there))) return
    const isRefused = suspect.symptom.code === 'refused'
    const keeps = (one: Suspect): boolean =>
      isRefused ? counts(this.judged(one), []) : !fresh || onBase(replayer, base, one)?.same !== true
    const small = shrink(replayer, suspect, keeps)
    if (small === undefined || this.isKnown(small, fresh && isCertain(there))) return
    const one = this.judged(small)
    if (counts(one, unusualIn(one))) {
      this.known.push(one)
      add(this.knownAt, one)
    } else add(this.dismissedAt, small)
  }

  /** What the base has as well does not stand for what the patch alone does. */
  private isKnown(suspect: Suspect, fresh: boolean): boolean {
    const place = placeOf(suspect)
    return (
      this.dismissedAt.get(place)?.some((one) => isInstanceOf(suspect, one)) === true ||
      this.knownAt.get(place)?.some((one) => !(fresh && one.base?.same === true) && isInstanceOf(suspect, one)) === true
    )
  }

  private judged(suspect: Suspect): Judged {
    const { base, before, replayer, ground } = this
    const one = judge(replayer, ground, suspect.symptom.code === 'refused' ? (base ?? before) : base, suspect)
    return base === null && one.base?.outcome !== 'works'
      ? { ...one, base: null }
      : base === null
        ? { ...one, base: { same: false, outcome: `works on ${before?.name ?? ''}`, stepWorks: true } }
        : one
  }

  defects(): readonly Judged[] {
    const { known } = this
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
}

const add = <T extends Suspect>(at: Map<string, T[]>, one: T): void => {
  const place = placeOf(one)
  const there = at.get(place)
  if (there === undefined) at.set(place, [one])
  else there.push(one)
}

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

/** What is found later may be found with less: it stands for both. */
const covers = (one: Judged, other: Judged): boolean => {
  if (!isInstanceOf(other, one)) return false
  const alike = (one.base?.same ?? false) === (other.base?.same ?? false)
  return alike ? !isInstanceOf(one, other) : one.base?.same === true && !isCertain(other.base)
}
