// One input, whatever it is: opened, recognised by its content, read. Archives and compressed files are read through.
import { createKlogReader } from '@dmalab/klog'
import { unreadableShape } from '@dmalab/trace'
import type { Content } from './content.ts'
import { readImage, treeInside } from './image.ts'
import type { Input, ReadOptions } from './input.ts'
import { recognise, type Recognised } from './kind.ts'
import { HEAD, IMAGE, WHOLE } from './limits.ts'
import { createLogFacts } from './log-facts.ts'
import { readPacked } from './packed.ts'
import { readConfig, readContents, readFigures, readGroups, readMasks, readPipelines } from './small-texts.ts'
import { type Chunks, peek, whole } from './source.ts'
import { createTraceReading, holdsTrace } from './trace-facts.ts'
import { readBoardFile, readTree, wordsOf } from './tree.ts'

/** `depth`: how many archives and compressed files it lies in. */
export const readInput = async (input: Input, options: ReadOptions, depth = 0): Promise<readonly Content[]> => {
  options.signal?.throwIfAborted()
  const { file } = input
  const { head, all } = await peek(input.chunks, HEAD)
  const recognised = recognise(head, holdsTrace)
  switch (recognised.kind) {
    case 'gzip':
    case 'tar':
    case 'compressed':
      return readPacked({ ...input, chunks: all }, recognised.kind, head, options, depth, readInput)
    case 'other':
      return [{ file, kind: 'other', why: recognised.why }]
    case 'image':
      return [(await readImage(input, all, options.tools)) ?? { file, kind: 'other', why: recognised.why }]
    case 'log':
      return readLog(file, all)
    case 'trace':
      return [withWhy(await readTrace(file, all), unreadableShape(head)?.hint)]
    default: {
      const isBlob = recognised.kind === 'tree' && head[0] === BLOB
      const most = isBlob ? IMAGE : WHOLE
      const bytes = await whole(all, most)
      if (bytes === undefined)
        return [{ file, kind: 'other', why: `larger than ${most / 2 ** 20} MiB, which none of its kind is` }]
      // A FIT image is a blob that holds others.
      if (isBlob) return [treeInside(bytes, input, options.tools) ?? readTree(file, bytes)]
      return readWhole(file, recognised.kind, bytes, options)
    }
  }
}

/** The first byte of a blob, which no text begins with. */
const BLOB = 0xd0

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

/** JSON without a text of ftrace in it. */
const withWhy = (content: TraceContent, hint: string | undefined): Content =>
  hint === undefined || content.check.read.lines > 0
    ? content
    : { file: content.file, kind: 'other', why: `a trace as JSON, for viewers: ${hint}` }

type TraceContent = Extract<Content, { readonly kind: 'trace' }>

const readTrace = async (file: string, chunks: Chunks): Promise<TraceContent> => {
  const trace = createTraceReading(file)
  for await (const chunk of chunks) trace.push(chunk)
  return { file, kind: 'trace', ...trace.end() }
}

const readWhole = (
  file: string,
  kind: Exclude<Recognised['kind'], 'gzip' | 'tar' | 'compressed' | 'image' | 'other' | 'log' | 'trace'>,
  bytes: Uint8Array,
  { tools }: ReadOptions,
): readonly Content[] => {
  const text = new TextDecoder().decode(bytes)
  switch (kind) {
    case 'tree':
      try {
        return [readTree(file, tools.compileTree(bytes, file))]
      } catch (error) {
        return [{ file, kind: 'other', why: wordsOf(error, file) }]
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
    case 'functions':
      return [{ file, kind, text }]
    case 'masks':
      return [readMasks(file, text)]
    case 'groups':
      return [readGroups(file, text)]
    case 'contents':
      return [readContents(file, text)]
  }
}
