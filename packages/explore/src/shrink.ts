// The smallest of a suspect: fewer steps, fewer values that are not plain, as long as the same thing goes wrong at the same place.
import type { ScenarioStep } from '@dmalab/api'
import type { Configuration } from './axes.ts'
import type { Replayer } from './replay-steps.ts'
import { placeOf, type Suspect } from './suspects.ts'

/** `keeps` is what else must stay true. undefined when the suspect does not show again: a step between, of another branch of the search, had part in it. */
export const shrink = (
  replayer: Replayer,
  suspect: Suspect,
  keeps: (smaller: Suspect) => boolean,
): Suspect | undefined => {
  const place = placeOf(suspect)
  const shows = (configuration: Configuration, steps: readonly ScenarioStep[]): boolean =>
    replayer.shows(configuration, steps, place, suspect.atEnd) && keeps({ ...suspect, configuration, steps })
  let { steps, configuration } = suspect
  if (!shows(configuration, steps)) return undefined
  steps = fewer(steps, suspect.atEnd, (some) => shows(configuration, some))
  for (const axis of suspect.configuration.keys()) {
    const without = new Map([...configuration].filter(([name]) => name !== axis))
    if (shows(without, steps)) configuration = without
  }
  return { ...suspect, steps: fewer(steps, suspect.atEnd, (some) => shows(configuration, some)), configuration }
}

/** One step after the other is left out, the last ones first, until none can be. The one that shows it stays. */
const fewer = (
  steps: readonly ScenarioStep[],
  atEnd: boolean,
  shows: (steps: readonly ScenarioStep[]) => boolean,
): readonly ScenarioStep[] => {
  let kept = steps
  for (let changed = true; changed;) {
    changed = false
    for (let at = kept.length - (atEnd ? 1 : 2); at >= 0; at--) {
      const without = kept.filter((_step, i) => i !== at)
      if (without.length > 0 && shows(without)) {
        kept = without
        changed = true
      }
    }
  }
  return kept
}
