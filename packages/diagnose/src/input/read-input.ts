// One input, whatever it is: opened, recognised by its content, read. Archives and compressed files are read through.
import { createKlogReader } from '@dmalab/klog'
import { type TreeFile, treeOfFiles } from '@dmalab/machine'
import type { Content } from './content.ts'
import { recognise, type Recognised } from './kind.ts'
import { DEPTH, HEAD, WHOLE } from './limits.ts'
import { createLogFacts } from './log-facts.ts'
import { readConfig, readContents, readFigures, readGroups, readMasks, readPipelines } from './small-texts.ts'
import { type Chunks, type Ending, gunzip, joined, peek } from './source.ts'
import { tarParts } from './tar.ts'
import { createTraceReading, holdsTrace } from './trace-facts.ts'
import { readBoardFile, readTree, wordsOf } from './tree.ts'

/** A file or folder of files as it was named, and its bytes. */
export interface Input {
  readonly file: string
  readonly chunks: Chunks
}

/** Compiles device tree source; undefined where nothing here can. */
export type CompileTree = (source: Uint8Array, file: string) => Uint8Array | undefined

export interface ReadOptions {
  readonly compileTree: CompileTree
  /** Memory where a tree states none and no log says: SIZE or SIZE@BASE. */
  readonly memory?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

export const readInput = async (input: Input, options: ReadOptions, depth = 0): Promise<readonly Content[]> => {
  options.signal?.throwIfAborted()
  const { file } = input
  const { head, all } = await peek(input.chunks, HEAD)
  const recognised = recognise(head, holdsTrace)
  switch (recognised.kind) {
    case 'gzip':
    case 'tar':
      return packed(file, recognised.kind, all, options, depth)
    case 'other':
      return [{ file, kind: 'other', why: recognised.why }]
    case 'log':
      return readLog(file, all)
    case 'trace':
      return readTrace(file, all)
    default: {
      const bytes = await whole(all)
      if (bytes === undefined)
        return [{ file, kind: 'other', why: `larger than ${WHOLE / 2 ** 20} MiB, which none of its kind is` }]
      return readWhole(file, recognised.kind, bytes, options)
    }
  }
}

const packed = async (
  file: string,
  kind: 'gzip' | 'tar',
  chunks: Chunks,
  options: ReadOptions,
  depth: number,
): Promise<readonly Content[]> => {
  if (depth >= DEPTH) return [{ file, kind: 'other', why: 'packed into what is packed itself: unpack it first' }]
  const ending: Ending = { why: undefined }
  if (kind === 'tar') return readArchive(file, chunks, ending, options, depth)
  const { head, all } = await peek(gunzip(chunks, ending), HEAD)
  if (recognise(head, holdsTrace).kind === 'tar') return readArchive(file, all, ending, options, depth)
  const inside = await readInput({ file, chunks: all }, options, depth + 1)
  return ending.why === undefined ? inside : [...inside, { file, kind: 'other', why: ending.why }]
}

const readArchive = async (
  file: string,
  chunks: Chunks,
  ending: Ending,
  options: ReadOptions,
  depth: number,
): Promise<readonly Content[]> => {
  const counts = { leftOut: 0 }
  const contents: Content[] = []
  const properties: TreeFile[] = []
  let parts = 0
  for await (const { name, bytes } of tarParts(chunks, counts, ending)) {
    parts += 1
    const inTree = /(?:^|\/)(?:devicetree\/base|device-tree)\/(.+)$/.exec(name)?.[1]
    const value = inTree === undefined ? undefined : await whole(bytes)
    if (inTree !== undefined && value !== undefined) properties.push({ path: inTree, isFolder: false, content: value })
    else
      contents.push(
        ...(await readInput(
          { file: `${file}:${name.replace(/^dmalab-record\//, '')}`, chunks: bytes },
          options,
          depth + 1,
        )),
      )
  }
  if (properties.length > 0) contents.push(treeOf(`${file}:devicetree/base`, properties))
  const said = [
    ...(ending.why === undefined ? [] : [ending.why]),
    ...(counts.leftOut === 0 ? [] : [`${counts.leftOut} links, devices and names that lead out of it were left out`]),
  ]
  return [{ file, kind: 'bundle', parts, why: said.length === 0 ? undefined : said.join('; ') }, ...contents]
}

/** The tree of a running kernel, a file for each property. */
const treeOf = (file: string, properties: readonly TreeFile[]): Content => {
  try {
    return readTree(file, treeOfFiles(properties, file))
  } catch (error) {
    return { file, kind: 'other', why: wordsOf(error, file) }
  }
}

/** undefined: more than is kept of one part. */
const whole = async (chunks: Chunks): Promise<Uint8Array | undefined> => {
  const held: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > WHOLE) return undefined
    held.push(chunk)
  }
  return joined(held, size)
}

/** A log may hold a dump of the ring buffer, and pipelines that people typed. */
const readLog = async (file: string, chunks: Chunks): Promise<readonly Content[]> => {
  const facts = createLogFacts()
  const log = createKlogReader((text, line) => facts.line(text, line))
  const trace = createTraceReading(file)
  let dumped = false
  const text = new TextDecoder('latin1')
  for await (const chunk of chunks) {
    log.push(chunk)
    dumped ||= DUMP.test(text.decode(chunk))
    if (dumped) trace.push(chunk)
  }
  const report = log.end()
  const read = facts.end()
  const dump = dumped ? trace.end() : undefined
  const events = Object.keys(dump?.check.read.events ?? {}).length
  const lines = read.pipelines.flatMap(({ text, line }) =>
    readPipelines(file, text).map((one) => ({ ...one, at: line })),
  )
  if (
    report.messages.length + report.notUnderstood.length + read.kernelLines + lines.length === 0 &&
    read.release === undefined
  )
    return [
      {
        file,
        kind: 'other',
        why: `text of ${report.lines} lines in which nothing is known: no kernel log, trace, tree, configuration or pipeline`,
      },
    ]
  return [{ file, kind: 'log', report, facts: read, trace: events > 0 ? dump : undefined }, ...lines]
}

/** A dump of the ring buffer on the console, or events that were pasted behind a log. */
const DUMP = /Dumping ftrace buffer|: (?:dma|dma_buf|swiotlb|cma|vb2)_\w+: /

const readTrace = async (file: string, chunks: Chunks): Promise<readonly Content[]> => {
  const trace = createTraceReading(file)
  for await (const chunk of chunks) trace.push(chunk)
  return [{ file, kind: 'trace', ...trace.end() }]
}

const readWhole = (
  file: string,
  kind: Exclude<Recognised['kind'], 'gzip' | 'tar' | 'other' | 'log' | 'trace'>,
  bytes: Uint8Array,
  { compileTree }: ReadOptions,
): readonly Content[] => {
  const text = new TextDecoder().decode(bytes)
  switch (kind) {
    case 'tree': {
      const isBlob = bytes[0] === 0xd0
      const blob = isBlob ? bytes : compileTree(bytes, file)
      return blob === undefined
        ? [
            {
              file,
              kind: 'other',
              why: 'device tree source that does not compile here: dtc -I dts -O dtb -o board.dtb board.dts',
            },
          ]
        : [readTree(file, blob)]
    }
    case 'board':
      return [readBoardFile(file, bytes)]
    case 'scenario':
      return [{ file, kind, text }]
    case 'line': {
      const log = createKlogReader()
      log.push(text)
      const report = log.end()
      const said =
        report.messages.length === 0
          ? []
          : [{ file, kind: 'log' as const, report, facts: createLogFacts().end(), trace: undefined }]
      return [...readPipelines(file, text), ...said]
    }
    case 'config':
      return [readConfig(file, text)]
    case 'cmdline':
      return [{ file, kind, text: text.trim() }]
    case 'figures':
      return [readFigures(file, text)]
    case 'masks':
      return [readMasks(file, text)]
    case 'groups':
      return [readGroups(file, text)]
    case 'contents':
      return [readContents(file, text)]
  }
}
