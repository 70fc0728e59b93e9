// A run, and what is looked at, as the fragment of an address; and any text small enough to lie in a page.
import { InputError, type RunSpec } from '@dmalab/api'

/** What is chosen in the page, by its place in the run. */
export interface Permalink {
  readonly spec: RunSpec
  readonly look: Readonly<Record<string, string>>
}

/** Characters of a fragment that are read. */
const MOST = 4_000_000
/** Bytes that a text may unfold to: a fragment is short whatever it holds. */
const MOST_BYTES = 64 * 2 ** 20

/** `run=...` of the spec, then what is chosen, as a query is written. */
export const fragmentOf = async ({ spec, look }: Permalink): Promise<string> => {
  const chosen = Object.entries(look).map(([key, value]) => `&${key}=${encodeURIComponent(value)}`)
  return `run=${await packed(JSON.stringify(spec))}${chosen.join('')}`
}

/** The spec is as it was written: whoever runs it checks it. @throws InputError for what is no fragment of a run */
export const readFragment = async (
  fragment: string,
): Promise<{ readonly spec: unknown; readonly look: Permalink['look'] }> => {
  const parts = new URLSearchParams(fragment.replace(/^#/, ''))
  const run = parts.get('run')
  if (run === null || fragment.length > MOST) throw new InputError('the address holds no run')
  const look = Object.fromEntries([...parts].filter(([key]) => key !== 'run'))
  try {
    return { spec: JSON.parse(await unpacked(run, MOST_BYTES)) as unknown, look }
  } catch (error) {
    throw new InputError(
      `the run in the address cannot be read: ${error instanceof Error ? error.message : 'it is damaged'}`,
    )
  }
}

/** Deflated, in base64 as addresses take it. */
export const packed = async (text: string): Promise<string> => {
  const bytes = await whole(new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw')), Infinity)
  let binary = ''
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** @throws Error for what `packed` did not make, or for more than `most` bytes */
export const unpacked = async (text: string, most: number = Infinity): Promise<string> => {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  // A page holds most of a megabyte of this: a plain loop takes a tenth of the time of Uint8Array.from.
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return new TextDecoder().decode(
    await whole(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')), most),
  )
}

const whole = async (stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = []
  let length = 0
  const reader = stream.getReader()
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    pieces.push(next.value)
    length += next.value.length
    if (length > most) throw new Error(`it unfolds to more than ${most} bytes`)
  }
  const all = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
