// What is compressed, opened: gzip here, the others by the program that made them.
import { spawnSync } from 'node:child_process'
import { gunzipSync } from 'node:zlib'
import { InputError } from '@dmalab/api'

/** More than any kernel image or device tree; a small file may claim to be terabytes. */
export const MOST_BYTES = 256 * 2 ** 20
const MOST_MS = 60_000

const PROGRAMS: readonly (readonly [magic: string, program: string])[] = [
  ['fd377a585a00', 'xz'],
  ['28b52ffd', 'zstd'],
  ['425a68', 'bzip2'],
  ['04224d18', 'lz4'],
  ['02214c18', 'lz4'],
]

const headOf = (content: Uint8Array): string =>
  Array.from(content.subarray(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join('')

/** undefined: not compressed. @throws InputError for what is damaged, too large, or needs a program that is not here */
export function unpacked(content: Uint8Array, file: string): Uint8Array | undefined {
  const head = headOf(content)
  if (head.startsWith('1f8b')) return gunzipped(content, file)
  const [, program] = PROGRAMS.find(([magic]) => head.startsWith(magic)) ?? []
  return program === undefined ? undefined : throughProgram(content, file, program)
}

function gunzipped(content: Uint8Array, file: string): Uint8Array {
  try {
    return gunzipSync(content, { maxOutputLength: MOST_BYTES })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    const why = code === 'ERR_BUFFER_TOO_LARGE' ? 'holds more than 256 MiB' : 'is damaged or cut off'
    throw new InputError(`compressed with gzip, and ${why}`, { file }, 'try gunzip on it')
  }
}

function throughProgram(content: Uint8Array, file: string, program: string): Uint8Array {
  const run = spawnSync(program, ['-d', '-c'], { input: content, maxBuffer: MOST_BYTES, timeout: MOST_MS })
  if (run.error === undefined && run.status === 0) return run.stdout
  const code = run.error !== undefined && 'code' in run.error ? String(run.error.code) : ''
  if (code === 'ENOENT')
    throw new InputError(`compressed with ${program}, which is not installed`, { file }, `${program} -d it first`)
  const why = code === 'ENOBUFS' ? 'holds more than 256 MiB' : 'cannot be unpacked: it is damaged or cut off'
  throw new InputError(`compressed with ${program}, and ${why}`, { file }, `try ${program} -d on it`)
}
