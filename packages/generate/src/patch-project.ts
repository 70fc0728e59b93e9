// A project from a real kernel diff: one entry a hunk, in the diff's order, and a place for the code of each function that can be changed.
import type { HunkReport } from './diff/touched.ts'
import { fromTemplate, type ProjectFile, projectFiles } from './project.ts'
import { readmeOf } from './readme.ts'

interface Told {
  readonly title: string | null
  readonly file: string
  readonly version: string
}

/** @throws InputError for a name that cannot be one */
export const patchProject = (name: string, hunks: readonly HunkReport[], told: Told): readonly ProjectFile[] =>
  projectFiles('patch', name, told.version).map(({ path, text }) => {
    if (path === 'src/index.ts') return { path, text: skeleton(name, hunks, told) }
    if (path.startsWith('test/')) return { path, text: fromTemplate('from-diff/test/my-thing.test.ts', name) }
    if (path === 'README.md') return { path, text: `${readmeOf('patch', name, { fromDiff: true })}\n${listing(hunks)}` }
    return { path, text }
  })

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const byOperation = (hunks: readonly HunkReport[]): ReadonlyMap<string, HunkReport & { operation: string }> =>
  new Map(
    hunks.flatMap((hunk) =>
      hunk.touches.by === 'functions' ? [[hunk.symbol, { ...hunk, operation: hunk.touches.operation }] as const] : [],
    ),
  )

const skeleton = (name: string, hunks: readonly HunkReport[], { title, file }: Told): string => {
  const functions = [...byOperation(hunks).values()]
  const camel = (symbol: string): string => symbol.replaceAll(/_+(\w)/g, (_all, letter: string) => letter.toUpperCase())
  const allocators = [
    ...new Set(
      hunks.flatMap(({ touches }) => (touches.by === 'allocators' && !touches.exporter ? [touches.allocator] : [])),
    ),
  ]
  const exporters = [
    ...new Set(
      hunks.flatMap(({ touches }) => (touches.by === 'allocators' && touches.exporter ? [touches.allocator] : [])),
    ),
  ]
  const changed = functions.length + allocators.length + exporters.length > 0
  const types = [
    ...(exporters.length > 0 ? ['DmaBufOps'] : []),
    ...(functions.length > 0 ? ['DmaOps', 'Host'] : []),
    'Patch',
    'PluginFactory',
    ...(allocators.length > 0 ? ['Vb2MemOps'] : []),
  ]
  return `// ${oneLine(title ?? name)}
// Written from ${oneLine(file)}, one entry a hunk. What each hunk does is yours to say and to write.
import type { ${types.join(', ')} } from '@dmalab/api'
${functions
  .map(
    ({ symbol, operation, number, file: path }) => `
/** Hunk ${number}, ${path}: as the kernel has it, until you change it. */
const ${camel(symbol)} =
  (next: DmaOps['${operation}'], _host: Host): DmaOps['${operation}'] =>
  (...args) =>
    next(...args)
`,
  )
  .join('')}${allocators
    .map(
      (allocator) => `
/** ${hunksOf(hunks, allocator)}: members of struct vb2_mem_ops that the patch changes come behind \`...next\`. */
const ${camel(allocator.replaceAll('-', '_'))} = (next: Vb2MemOps): Vb2MemOps => ({ ...next })
`,
    )
    .join('')}${exporters
    .map(
      (exporter) => `
/** The dma_buf_ops of ${exporter}: members that the patch changes come behind \`...next\`. */
const ${camel(exporter.replaceAll('-', '_'))}Exporter = (next: DmaBufOps): DmaBufOps => ({ ...next })
`,
    )
    .join('')}
const patch: Patch = {
  name: ${quoted(name)},
  title: ${quoted(oneLine(title ?? name))},
  source: ${quoted(oneLine(file))},
  hunks: [
${hunks
  .map(
    ({ file: path, symbol, added, removed, touches }) =>
      `    // ${remark(touches)}
    { file: ${quoted(path)}, symbol: ${quoted(symbol)}, what: 'to be said (+${added} -${removed})' },`,
  )
  .join('\n')}
  ],${
    functions.length === 0
      ? ''
      : `
  functions: { ${functions.map(({ symbol }) => `${symbol}: ${camel(symbol)}`).join(', ')} },`
  }${
    allocators.length === 0
      ? ''
      : `
  allocators: { ${allocators.map((one) => `'${one}': ${camel(one.replaceAll('-', '_'))}`).join(', ')} },`
  }${
    exporters.length === 0
      ? ''
      : `
  exporters: { ${exporters.map((one) => `'${one}': ${camel(one.replaceAll('-', '_'))}Exporter`).join(', ')} },`
  }
}
${changed ? '' : '\n// No function of this diff is one that a patch can change: see docs/plugin-api.md for `facts`, `sg`, `exporters` and `exports`.\n'}
const plugin: PluginFactory = () => ({ name: ${quoted(name)}, patches: [patch] })
export default plugin
`
}

const oneLine = (text: string): string =>
  text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll('*/', '* /')
    .trim()

const hunksOf = (hunks: readonly HunkReport[], allocator: string): string => {
  const own = hunks.filter(
    ({ touches }) => touches.by === 'allocators' && !touches.exporter && touches.allocator === allocator,
  )
  return own.map(({ number, symbol }) => `hunk ${number}, ${symbol}`).join('; ')
}

/** How a patch changes such a thing. */
export const remark = (touches: HunkReport['touches']): string => {
  switch (touches.by) {
    case 'functions':
      return `functions: ${touches.operation} of ${touches.tables.join(', ')}${/Sg/.test(touches.operation) ? '; what is inside its loop is data (sg.skip)' : ''}`
    case 'allocators':
      return `${touches.exporter ? 'exporters' : 'allocators'}: ${touches.allocator}`
    case 'sg':
      return 'sg.cFields: a member with its C type and its bytes'
    case 'attrs':
      return `attrs: { ${touches.what}: its bit }`
    case 'model':
      return `modelled (${touches.file}), and no function that a patch can change by name: facts, exports or exporters`
    case 'nothing':
      return 'not modelled by this name; a function that others call can be one of exports'
    default:
      return touches satisfies never
  }
}

const listing = (hunks: readonly HunkReport[]): string => `## The hunks of the diff

${hunks
  .map(
    ({ number, file, symbol, added, removed, touches }) =>
      `${number}. ${file}: \`${symbol}\` (+${added} -${removed}): ${remark(touches)}`,
  )
  .join('\n')}
`
