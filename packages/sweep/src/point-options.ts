// The options of a run as a point's values say them.
import { InputError, RUN_LIMITS, type RunSpecOptions, type SweepGrid, type SweepPlace } from '@dmalab/api'

type NumberAxis = 'frames' | 'buffers' | 'seed' | 'restart'

/**
 * The options that a point states. With a grid, every value of its numbers is looked at.
 * @throws InputError for a value that is none
 */
export const optionsAt = (at: SweepPlace, grid?: SweepGrid): Partial<RunSpecOptions> => {
  for (const axis of ['frames', 'buffers', 'seed', 'restart'] as const)
    for (const text of grid?.[axis] ?? []) numberOf(axis, text)
  for (const text of grid?.['adversarial-cache'] ?? []) flagOf(text)
  return {
    ...(at.size === undefined ? {} : { size: at.size }),
    ...(at.format === undefined ? {} : { format: at.format }),
    ...(at.frames === undefined ? {} : { frames: numberOf('frames', at.frames) }),
    ...(at.buffers === undefined ? {} : { buffers: numberOf('buffers', at.buffers) }),
    ...(at.seed === undefined ? {} : { seed: numberOf('seed', at.seed) }),
    ...(at.restart === undefined ? {} : { restart: numberOf('restart', at.restart) }),
    ...(at['adversarial-cache'] === undefined ? {} : { adversarialCache: flagOf(at['adversarial-cache']) }),
    ...(at.inject === undefined ? {} : { inject: at.inject.split(/\s+/).filter((word) => word !== '') }),
  }
}

const numberOf = (axis: NumberAxis, text: string): number => {
  const [low, high] = RUN_LIMITS[axis]
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < low || value > high)
    throw new InputError(`${axis} ${text} is no whole number from ${low} to ${high}`)
  return value
}

const flagOf = (text: string): boolean => {
  if (text !== 'true' && text !== 'false') throw new InputError(`adversarial-cache ${text} is neither true nor false`)
  return text === 'true'
}
