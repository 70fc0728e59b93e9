// What a schema says of names in a file that it does not know: with the known ones that may have been meant.
import { orMeant } from '@dmalab/api'
import { z } from 'zod'

/** For `safeParse(value, { error: toldNames })`. Of unknown keys it says which are known: unknownKey() makes a sentence for each. */
export const toldNames: z.core.$ZodErrorMap = (issue) => {
  const { input } = issue
  if (issue.code === 'unrecognized_keys')
    return issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape).join(KEYS) : ''
  if (issue.code === 'invalid_value') return expected(input, issue.values.map(String))
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined && Array.isArray(issue['options']))
    return expected(Object(input)[issue.discriminator], issue['options'].map(String))
  return undefined
}

/** `told` is what toldNames said of all unknown keys of that object. */
export const unknownKey = (key: string, told: string): string => `unknown key ${key}${orMeant(key, told.split(KEYS))}`

const KEYS = ', '

const expected = (input: unknown, names: readonly string[]): string | undefined => {
  if (typeof input !== 'string' || names.length < 2) return undefined
  const list = names.length > MOST ? '' : `; expected one of ${names.join(', ')}`
  return `unknown ${JSON.stringify(input)}${orMeant(input, names)}${list}`
}

/** Names that a message may list. */
const MOST = 80
