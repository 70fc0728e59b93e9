// A log that xz, zstd, bzip2 or lz4 compressed: opened by that program, in a stream.
import { spawn } from 'node:child_process'
import { pipeline, Readable } from 'node:stream'
import { InputError } from '@dmalab/api'

const PROGRAMS: readonly (readonly [magic: readonly number[], program: string])[] = [
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  [[0x42, 0x5a, 0x68], 'bzip2'],
  [[0x04, 0x22, 0x4d, 0x18], 'lz4'],
]

/** undefined: none of these. */
export const unpackerOf = (head: Uint8Array): string | undefined =>
  PROGRAMS.find(([magic]) => magic.every((byte, at) => head[at] === byte))?.[1]

/** @throws InputError where the program is not there, or cannot read it */
export async function* throughProgram(
  input: AsyncIterable<Uint8Array>,
  program: string,
  path: string,
): AsyncGenerator<Uint8Array> {
  const child = spawn(program, ['-d', '-c'], { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  }).catch(() => undefined)
  // What goes wrong with the input ends the program, too.
  pipeline(Readable.from(input), child.stdin, () => {})
  let isWhole = false
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>
    isWhole = true
  } finally {
    // Whoever reads may stop early.
    if (!isWhole) child.kill()
  }
  const status = await ended
  if (status === undefined)
    throw new InputError(`compressed with ${program}, which is not installed`, { file: path }, `${program} -d it first`)
  if (status !== 0) throw new InputError(`compressed with ${program}, and damaged or cut off`, { file: path })
}
