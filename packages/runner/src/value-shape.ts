// What values of a plug-in's data may be, and the complaint about one that is something else.
import { InputError, type InputPlace } from '@dmalab/api'

/** Says what a fact may be; undefined when the value is that. */
export type FactShape = (value: unknown) => string | undefined

export const expected =
  (what: string, fits: (value: unknown) => boolean): FactShape =>
  (value) =>
    fits(value) ? undefined : what

export const YES_OR_NO = expected('true or false', (value) => typeof value === 'boolean')
export const COUNT = expected('a whole number from 0 on', (value) => Number.isSafeInteger(value) && Number(value) >= 0)
export const TEXT = expected('a text', (value) => typeof value === 'string')
export const RECORD = expected('an object', (value) => isRecord(value))
export const LIST = expected('a list', Array.isArray)
export const oneOf = (...values: readonly (string | number)[]): FactShape =>
  expected(`one of ${values.join(', ')}`, (value) => values.some((one) => one === value))
/** A list of some of the values. */
export const listOf = (...values: readonly string[]): FactShape =>
  expected(
    `a list of ${values.join(', ')}`,
    (value) => Array.isArray(value) && value.every((one) => values.some((each) => each === one)),
  )
export const orNull =
  (shape: FactShape): FactShape =>
  (value) => {
    const wrong = value === null ? undefined : shape(value)
    return wrong === undefined ? undefined : `${wrong}, or null`
  }

/** Bits by name. */
export const BITS = expected(
  'an object of whole numbers from 0 on',
  (value) => isRecord(value) && Object.values(value).every((bit) => COUNT(bit) === undefined),
)

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws InputError for an unknown name, with the known ones, and for a value that its shape refuses */
export const checkRecord = (
  stated: Readonly<Record<string, unknown>>,
  shapes: Readonly<Record<string, FactShape>>,
  kind: string,
  what: string,
  place: InputPlace,
): void => {
  for (const [name, value] of Object.entries(stated)) {
    const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined
    if (shape === undefined)
      throw new InputError(
        `${what} states an unknown ${kind} '${name}'`,
        place,
        `known: ${Object.keys(shapes).join(', ')}`,
      )
    const wanted = value === undefined ? undefined : shape(value)
    if (wanted !== undefined)
      throw new InputError(`${what}: ${kind} '${name}' is ${JSON.stringify(value)}; expected ${wanted}`, place)
  }
}
