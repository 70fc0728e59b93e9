// Where a log comes from: a file, standard input, a compressed file, or a trace.dat that trace-cmd turns into text.
import { spawn } from 'node:child_process'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type BareListener, type Event, InputError, type ReadSummary } from '@dmalab/api'
import { openPieces, readStart, unreadable } from '@dmalab/api/node'
import type { TextOf } from '../read/latin1.ts'
import { type Unreadable, unreadableShape } from '../shapes/unreadable.ts'
import { createReader } from '../shapes/shaped-reader.ts'
import { unpackerOf, throughProgram } from './unpack.ts'

/** First bytes of a trace.dat. */
const TRACE_DAT = Buffer.from([0x17, 0x08, 0x44, ...Buffer.from('tracing')])
const GZIP = Buffer.from([0x1f, 0x8b])
const CHUNK = 2 ** 18

export interface OpenOptions {
  /** What stands for `-`. */
  readonly stdin?: AsyncIterable<Uint8Array>
  /** The program that reads trace.dat. */
  readonly traceCmd?: string
  /** As a reader's option `bare`. */
  readonly bare?: BareListener
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
  const reader = createReader({ onEvent, bare: options.bare, textOf: bufferText() })
  try {
    for await (const chunk of await chunksOf(path, options)) reader.push(chunk)
  } catch (error) {
    throw error instanceof Error && 'errno' in error ? unreadable(error, path) : error
  }
  return reader.end()
}

/** Buffer decodes a line in less than half the time. */
const bufferText = (): TextOf => {
  let view: Buffer = Buffer.alloc(0)
  let of: Uint8Array = view
  return (bytes, start, end) => {
    if (bytes !== of) {
      of = bytes
      view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    return view.toString('latin1', start, end)
  }
}

const chunksOf = async (path: string, options: OpenOptions): Promise<AsyncIterable<Uint8Array>> => {
  if (path === '-') return readable(uncompressed(options.stdin ?? process.stdin, path), path)
  const { kind, pieces } = openPieces(path, CHUNK)
  if (kind === 'file' && begins(readStart(path, TRACE_DAT.length), TRACE_DAT))
    return traceCmdReport(path, options.traceCmd ?? 'trace-cmd')
  return readable(uncompressed(pieces(), path), path)
}

/** Bytes that say what a file is. */
const HEAD = 2 ** 14

/** @throws InputError for what is no text, with what it is and the command that makes text of it */
async function* readable(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array()
  const text = createFinder(JSON_TEXT)
  let json: Unreadable | undefined
  for await (const chunk of chunks) {
    if (head === undefined) {
      if (json !== undefined) text.push(chunk)
      yield chunk
      continue
    }
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
    if (head.length < HEAD) continue
    json = jsonOf(head, path)
    text.push(head)
    yield head
    head = undefined
  }
  if (head !== undefined && head.length > 0) {
    json = jsonOf(head, path)
    text.push(head)
    yield head
  }
  if (json !== undefined && !text.found()) throw complaint(json, path)
}

/** Text of ftrace in JSON. */
const JSON_TEXT = '"systemTraceEvents"'

const createFinder = (words: string): { push(chunk: Uint8Array): void; found(): boolean } => {
  let found = false
  let last: Uint8Array = new Uint8Array()
  return {
    push: (chunk) => {
      found ||= Buffer.concat([last, chunk]).includes(words)
      last = chunk.subarray(-words.length)
    },
    found: () => found,
  }
}

/** @throws InputError for what cannot be read; JSON may hold what can be */
const jsonOf = (head: Uint8Array, path: string): Unreadable | undefined => {
  const shape = unreadableShape(head.subarray(0, HEAD))
  if (shape !== undefined && shape.isJson !== true) throw complaint(shape, path)
  return shape
}

const complaint = ({ what, hint }: Unreadable, path: string): InputError =>
  new InputError(`this is ${what}`, { file: path }, hint.replaceAll('FILE', path === '-' ? 'FILE' : path))

const begins = (head: Uint8Array, mark: Buffer): boolean => mark.equals(head.subarray(0, mark.length))

/** Text as it is, gzip unpacked. trace-cmd needs a file, so a trace.dat cannot come this way. */
async function* uncompressed(input: AsyncIterable<Uint8Array | string>, path: string): AsyncGenerator<Uint8Array> {
  const chunks = bytesOf(input)
  let head = new Uint8Array()
  for await (const chunk of chunks) {
    head = Buffer.concat([head, chunk])
    if (head.length >= TRACE_DAT.length) break
  }
  if (head.length > 0 && head.every((byte) => byte === 0))
    throw new InputError('this is not a log: it begins with zeros', { file: path })
  if (begins(head, TRACE_DAT))
    throw new InputError('a binary trace cannot come from standard input: name the file', { file: '-' })
  const whole = async function* (): AsyncGenerator<Uint8Array> {
    yield head
    yield* chunks
  }
  const program = unpackerOf(head)
  if (program !== undefined) return yield* throughProgram(whole(), program, path)
  if (!begins(head, GZIP)) return yield* whole()
  const unpacked = createGunzip({ chunkSize: CHUNK })
  // What goes wrong reaches whoever reads the unpacked side.
  pipeline(Readable.from(whole()), unpacked, () => {})
  yield* unpacked
}

/** Left open when its reader stops, so that another reader can go on. */
const bytesOf = (input: AsyncIterable<Uint8Array | string>): AsyncIterable<Uint8Array> => {
  const chunks = input[Symbol.asyncIterator]()
  return {
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<Uint8Array>> {
        const { done, value } = await chunks.next()
        if (done === true) return { done: true, value: undefined }
        return { done: false, value: typeof value === 'string' ? Buffer.from(value, 'latin1') : value }
      },
    }),
  }
}

async function* traceCmdReport(path: string, program: string): AsyncGenerator<Uint8Array> {
  const child = spawn(program, ['report', '-i', path], { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (text: Buffer) => {
    complaint = (complaint + text.toString()).slice(-400)
  })
  const ended = new Promise<string | undefined>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve(status === 0 ? '' : (signal ?? `exit code ${status}`)))
  }).catch(() => undefined)
  let printed = 0
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    printed += chunk.length
    yield chunk
  }
  const failure = await ended
  if (failure === undefined)
    throw new InputError(
      `this is a binary trace, and ${program} is not installed`,
      { file: path },
      `install trace-cmd, or write text where it is: trace-cmd report -i ${path} > out.trace`,
    )
  if (failure !== '')
    throw new InputError(`${program} could not read it: ${complaint.trim() || failure}`, { file: path })
  if (printed === 0)
    throw new InputError(`${program} printed nothing${complaint.trim() === '' ? '' : `: ${complaint.trim()}`}`, {
      file: path,
    })
}
