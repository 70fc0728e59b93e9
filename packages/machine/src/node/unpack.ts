// What is compressed, opened: gzip here, the others by the program that made them.
import { spawn, spawnSync } from 'node:child_process'
import { Readable } from 'node:stream'
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

/**
 * The same as a stream, however much comes of it; undefined: none of these programs made it.
 * @throws InputError while it is read: for what is damaged, and for a program that is not here
 */
export function unpackedStream(
  head: Uint8Array,
  packed: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> | undefined {
  const first = headOf(head)
  const [, program] = PROGRAMS.find(([magic]) => first.startsWith(magic)) ?? []
  return program === undefined ? undefined : piped(program, packed)
}

async function* piped(program: string, packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const child = spawn(program, ['-d', '-c'], { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = new Promise<string | number | null>((resolve) => {
    child.once('error', (error) => resolve('code' in error ? String(error.code) : error.message))
    child.once('close', resolve)
  })
  const source = Readable.from(packed)
  // What goes wrong on the way shows in how the program ends.
  source.on('error', () => child.kill())
  child.stdin.on('error', () => source.destroy())
  source.pipe(child.stdin)
  try {
    for await (const piece of child.stdout) yield new Uint8Array(Buffer.from(piece))
    const code = await ended
    if (code === 'ENOENT')
      throw new InputError(`compressed with ${program}, which is not installed`, {}, `${program} -d it first`)
    if (code !== 0)
      throw new InputError(`compressed with ${program}, and damaged or cut off; what came before was read`)
  } finally {
    source.destroy()
    child.kill()
  }
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
