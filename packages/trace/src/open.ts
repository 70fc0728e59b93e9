// Where a log comes from: a file, standard input, a compressed file, or a trace.dat that trace-cmd turns into text.
import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { open as openFile, stat } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { InputError, type Event } from '@dmalab/api'
import { createReader, type ReadSummary } from './read/reader.ts'

/** First bytes of a trace.dat. */
const TRACE_DAT = Buffer.from([0x17, 0x08, 0x44, ...Buffer.from('tracing')])
const GZIP = Buffer.from([0x1f, 0x8b])
const CHUNK = 1 << 18

export interface OpenOptions {
  /** What stands for `-`. */
  readonly stdin?: AsyncIterable<Uint8Array>
  /** The program that reads trace.dat. */
  readonly traceCmd?: string
}

/**
 * Reads a log to its end; `path` is a file, or `-` for standard input.
 * @throws InputError when there is no such file, or trace-cmd is needed and missing.
 */
export const readTrace = async (
  path: string,
  onEvent: (event: Event) => void,
  options: OpenOptions = {},
): Promise<ReadSummary> => {
  const reader = createReader({ onEvent })
  for await (const chunk of path === '-' ? (options.stdin ?? process.stdin) : await chunksOf(path, options))
    reader.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk)
  return reader.end()
}

const chunksOf = async (path: string, options: OpenOptions): Promise<AsyncIterable<Uint8Array>> => {
  const head = await firstBytes(path)
  if (head.subarray(0, TRACE_DAT.length).equals(TRACE_DAT)) return traceCmdReport(path, options.traceCmd ?? 'trace-cmd')
  const file = createReadStream(path, { highWaterMark: CHUNK })
  return head.subarray(0, 2).equals(GZIP) ? file.pipe(createGunzip({ chunkSize: CHUNK })) : file
}

const firstBytes = async (path: string): Promise<Buffer> => {
  const info = await stat(path).catch(() => undefined)
  if (info === undefined) throw new InputError('no such file', { file: path })
  if (info.isDirectory()) throw new InputError('this is a folder; a log is one file', { file: path })
  if (!info.isFile()) return Buffer.alloc(0)
  const file = await openFile(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

async function* traceCmdReport(path: string, program: string): AsyncGenerator<Uint8Array> {
  const child = spawn(program, ['report', '-i', path], { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (text: Buffer) => {
    complaint = (complaint + text.toString()).slice(-400)
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  }).catch(() => undefined)
  yield* child.stdout
  const status = await ended
  if (status === undefined)
    throw new InputError(
      `this is a binary trace, and ${program} is not installed`,
      { file: path },
      `install trace-cmd, or write text where it is: trace-cmd report -i ${path} > out.trace`,
    )
  if (status !== 0) throw new InputError(`${program} could not read it: ${complaint.trim()}`, { file: path })
}
