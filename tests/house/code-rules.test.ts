// Rules that hold for every file of the products, each with its reason; a file is excused only where it is the owner of what the rule is about.
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesIn, products, reachedFrom, type SourceFile, sources } from './house.ts'

interface Rule {
  readonly rule: string
  /** What breaks it, in the text that `look` picks. */
  readonly pattern: RegExp
  /** `code` has its comments blanked, `bare` its quoted texts too. */
  readonly look: 'text' | 'code' | 'bare'
  /** Files that may, because it is their purpose. */
  readonly owners?: RegExp
}

const ARCH = 'arm|armhf|arm64|riscv64|x86_64'

/** Where an architecture, or a release, is described. */
const ARCH_OWNERS = /^packages\/arch-\w+\/src\/(arch|kernels)\b/
const RELEASE_OWNERS = /^packages\/(arch-\w+\/src\/kernels\b|api\/src\/releases\b)/
const RULES: readonly Rule[] = [
  {
    rule: 'a room exports names, never another room as a whole',
    pattern: /^export \* (as \w+ )?from '[^.]/m,
    look: 'code',
  },
  {
    rule: 'default exports are for commands, hooks, help, worker threads and plug-ins',
    pattern: /^export default\b/m,
    look: 'bare',
    owners:
      /^apps\/cli\/src\/(commands|hooks)\/|^apps\/cli\/src\/(sweep\/worker|help)\.ts$|^packages\/(arch-\w+|patches|drivers|vb2-[\w-]+)\/src\/index\.ts$/,
  },
  { rule: 'no `any`', pattern: /(:|<|\bas|\|) any\b|\bany\[\]/, look: 'bare' },
  { rule: 'what is left to do is an issue, not a remark', pattern: /\b(TODO|FIXME|XXX|HACK)\b/, look: 'text' },
  { rule: 'no state at module level', pattern: /^(export )?(let|var) /m, look: 'bare' },
  {
    rule: 'an architecture is asked through Arch, not by its name',
    pattern: new RegExp(`\\barch(itecture)?\\b[^=!<>\\n]{0,12}[!=]== '(${ARCH})'|^\\s*case '(${ARCH})':`, 'm'),
    look: 'code',
    owners: ARCH_OWNERS,
  },
  {
    rule: 'a release is facts, not a number that rooms compare',
    pattern: new RegExp(
      `[!=]== '[3-7]\\.\\d{1,2}'|'[3-7]\\.\\d{1,2}' [!=]==|startsWith\\('(${ARCH})@|\\? '[3-7]\\.\\d{1,2}'`,
    ),
    look: 'code',
    owners: RELEASE_OWNERS,
  },
  {
    rule: 'same input, same bytes out: no clock, no chance, no locale',
    pattern: /\b(Math\.random|Date\.now|new Date|performance\.now|Intl|toLocale\w+|localeCompare)\b/,
    look: 'bare',
    // Progress and waiting are not part of what comes out.
    owners:
      /^packages\/(sweep\/src\/node\/threads|sweep-queue\/src\/(queue-executor|serve-queue))\.ts$|^apps\/(cli\/src\/sweep\/run-plan|explorer\/src\/stopwatch)\.ts$/,
  },
  {
    rule: 'commands read and write files in one place each',
    pattern: /^import .*'(node:)?fs(\/promises)?'/m,
    look: 'code',
    // Rooms read through @dmalab/api/node; what a rule cannot tell apart is whether a folder or a file is there.
    owners: /^packages\/|^apps\/cli\/src\/(paths|write-file)\.ts$/,
  },
  {
    rule: 'a file is read up to a limit, and nothing waits for it',
    pattern: /\b(readFileSync|createReadStream)\(/,
    look: 'bare',
    owners: /^packages\/api\/src\/node\//,
  },
  {
    rule: 'a contract has no optional methods',
    pattern: /^ {2}\w+\?\(/m,
    look: 'bare',
  },
]

test.each(RULES)('$rule', ({ pattern, look, owners }) => {
  const breaking = sources.filter((file) => pattern.test(file[look])).map(({ path }) => path)
  expect(breaking.filter((path) => owners?.test(path) !== true)).toEqual([])
})

describe('main entries run in a browser', () => {
  const files = new Map(sources.map((file) => [file.path, file] as const))
  /** Rooms that only ever run in Node. */
  const NODE_ONLY = ['dmalab', 'sweep', 'sweep-queue', 'generate']
  const entries = products
    .filter(({ name }) => !NODE_ONLY.includes(name))
    .flatMap(({ folder, json: { exports = {} } }) =>
      Object.entries(exports)
        .filter(([entry]) => entry !== './node')
        .map(([, { 'dmalab-src': path }]) => `${folder}/${path.replace('./', '')}`),
    )
  const ofNode = ({ code, bare }: SourceFile): boolean =>
    /'node:/.test(code) || /\bBuffer\b|\bprocess\.|\b__dirname\b|\bimport\.meta\.(dirname|filename)\b/.test(bare)

  test.each(entries)('%s', (entry) => {
    const found = [...reachedFrom(entry, files)].filter((path) => {
      const file = files.get(path)
      return file !== undefined && ofNode(file)
    })
    expect(found).toEqual([])
  })
})

describe('files', () => {
  /** Longer than 300 lines, and why they stay whole. */
  const LONG: Readonly<Record<string, string>> = {
    'packages/dma-api/test/mapping-calls.test.ts':
      'one test for each function that drivers call, in the order of their file',
    'packages/iommu/test/domain-edges.test.ts': 'each edge of one domain, with one way to open it',
    'packages/machine/test/lint/lint.test.ts': 'one test for each code of board lint',
    'packages/scenario/src/scenario/step-schema.ts': 'one shape for each step, in the order of the page of scenarios',
    'packages/videobuf2/test/queue.test.ts': 'one test for each ioctl of a queue, in the order of their use',
    'tests/rfc/behaviour.ts': 'what each hunk of the RFC changes, in the order of its diff',
    'tests/sharing/v4l2-conformance.ts': 'the tests of v4l2-compliance, in its order',
  }
  const all = [...products.flatMap(({ folder }) => filesIn(folder)), ...filesIn('bench'), ...filesIn('tests')]
  const lines = ({ text }: SourceFile): number => text.trimEnd().split('\n').length

  test('past 300 lines a file is split by kernel concept, or listed with the reason why it stays whole', () => {
    const long = all.filter((file) => lines(file) > 300).map(({ path }) => path)
    expect(long.filter((path) => LONG[path] === undefined)).toEqual([])
    expect(Object.keys(LONG).filter((path) => !long.includes(path))).toEqual([])
  })

  test('past 400 lines the first comment of the file says so', () => {
    const silent = all.filter((file) => lines(file) > 400 && !/^\/\/[^\n]*\bwhole\b/.test(file.text))
    expect(silent.map(({ path }) => path)).toEqual([])
  })

  test('each begins with a sentence that says what it is for, unless its class says it', () => {
    const says = /^(#!.*\n)?\/[/*]|\bextends BaseCommand\b|static override summary/
    const named = sources.filter(({ path, text }) => basename(path) !== 'index.ts' && !says.test(text))
    expect(named.map(({ path }) => path)).toEqual([])
  })

  test('names are kebab-case, and imports by path name the file', () => {
    expect(
      all.map(({ path }) => basename(path)).filter((name) => !/^[a-z0-9]+([-.][a-z0-9]+)*\.tsx?$/.test(name)),
    ).toEqual([])
    const written = all.filter(({ path }) => !path.startsWith('packages/hot/assembly/')) // asc finds them without
    const bare = written.filter(({ code }) =>
      /(from|import) '\.{1,2}\/[^']*(?<!\.(ts|tsx|js|mjs|json|css))'/.test(code),
    )
    expect(bare.map(({ path }) => path)).toEqual([])
  })
})
