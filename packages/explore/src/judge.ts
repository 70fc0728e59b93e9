// What the same steps come to elsewhere: on the kernel below the patch, and with ordinary memory in the place of the pool.
import type { Elsewhere, KernelSpec } from '@dmalab/api'
import { type Configuration, valueOf } from './axes.ts'
import { goesOn, type Replayer } from './replay-steps.ts'
import type { Ground } from './setup.ts'
import { placeOf, type Suspect } from './suspects.ts'

export interface Judged extends Suspect {
  readonly base: There | null
  readonly ordinary: There | null
}

export interface There extends Elsewhere {
  /** The step that shows the defect here goes well there, whatever was wrong before it. */
  readonly stepWorks: boolean
}

export const judge = (replayer: Replayer, ground: Ground, base: KernelSpec | null, suspect: Suspect): Judged => ({
  ...suspect,
  base: onBase(replayer, base, suspect),
  ordinary: ordinaryOf(replayer, ground, suspect),
})

const ordinaryOf = (replayer: Replayer, { axes, board }: Ground, suspect: Suspect): There | null => {
  const { configuration } = suspect
  if (valueOf(configuration, axes, 'pool') === 'none') return null
  // What has no pool on the board is compared with nothing.
  if (board !== null && !replayer.setup(configuration).hasPool) return null
  const ordinary = new Map([...configuration, ['pool', 'none']])
  // Nobody can declare or release a pool that is not there: the other steps are done.
  const steps = suspect.steps.filter((step) => step.do !== 'declare-pool' && step.do !== 'release-pool')
  return elsewhere(replayer, { ...suspect, steps: steps.map(ownerOf) }, ordinary, null)
}

/** Without two pools there are no devices below the exporter. */
const ownerOf = <S extends Suspect['steps'][number]>(step: S): S =>
  'device' in step && step.device?.startsWith('exporter.') === true ? { ...step, device: 'exporter' } : step

/** What the same steps come to on the kernel below the patch; null without one. */
export const onBase = (replayer: Replayer, base: KernelSpec | null, suspect: Suspect): There | null =>
  base === null ? null : elsewhere(replayer, suspect, suspect.configuration, base)

const plain = <S extends Suspect['steps'][number]>(step: S): S => ('attrs' in step ? { ...step, attrs: [] } : step)
const without = (configuration: Configuration, axis: string): Configuration =>
  new Map([...configuration].filter(([name]) => name !== axis))

/** Nothing stopped the base on the way there: what it does not show, it does not have. */
export const isCertain = (there: There | null): boolean => there === null || there.same || there.outcome === 'works'

const elsewhere = (
  replayer: Replayer,
  suspect: Suspect,
  configuration: Configuration,
  kernel: KernelSpec | null,
): There => {
  const { steps, atEnd } = suspect
  const replayed = replayer.replay(configuration, steps, kernel, atEnd, true)
  if (replayed === null)
    // An attribute that only the patch knows: without it there may be the same.
    return configuration.has('attributes')
      ? elsewhere(replayer, { ...suspect, steps: steps.map(plain) }, without(configuration, 'attributes'), kernel)
      : { same: false, outcome: 'cannot be', stepWorks: false }
  if (replayed.at === null) return { same: false, outcome: 'works', stepWorks: true }
  const same =
    replayed.at === (atEnd ? steps.length : steps.length - 1) &&
    replayed.symptoms.some((symptom) => placeOf({ symptom, steps, atEnd }) === placeOf(suspect))
  const [symptom] = replayed.symptoms
  const where = steps[replayed.at]
  return {
    same,
    stepWorks: replayed.at < steps.length - 1 && replayed.symptoms.every(goesOn),
    outcome: `${symptom?.errno ?? symptom?.code ?? ''} at ${where === undefined ? 'the end' : where.do}`,
  }
}

/**
 * Does it count? A refusal where the base is not refused and nothing goes wrong with it there: to refuse what went wrong is a cure; without
 * a base, where ordinary memory is not refused. What ordinary memory shows as well, only where no unusual step had part in it: then it
 * is that step that is wrong.
 */
export const counts = ({ symptom, base, ordinary, steps }: Judged, unusual: readonly string[]): boolean => {
  if (symptom.code === 'refused')
    return base?.stepWorks === true || ((base === null || base.same) && ordinary?.outcome === 'works')
  const elsewhereToo = ordinary !== null && ordinary.same && (unusual.length > 0 || steps.length === 0)
  // What the base does not even come to is the steps' doing there as well.
  if (base !== null && !base.same) return !elsewhereToo || base.outcome === 'works'
  return !elsewhereToo
}
