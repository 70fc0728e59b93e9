// The id of a point: the same run has the same one, on every computer.
import type { RunSpec } from '@dmalab/api'

/** The first 16 hexadecimal digits of the SHA-256 digest of the spec; the order of its members makes no difference. */
export const idOf = async (spec: RunSpec): Promise<string> => digestOf(JSON.stringify(spec, inOrder))

/** As idOf, of a text. */
export const digestOf = async (text: string): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const inOrder = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value
