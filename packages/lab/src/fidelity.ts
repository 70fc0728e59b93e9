// What proves a kernel's behaviour, operation by operation: counts of a conform run, and the page that is made of them (docs/fidelity.md).
import { compareReleases, RELEASE_RECORDS } from '@dmalab/api'
import type { VectorReport } from '@dmalab/golden'
import type { Registry } from '@dmalab/runner'
import type { RecordsOptions } from '@dmalab/runner/differential'

/** What a run of `conform` over vectors and records showed; kept beside the page (docs/fidelity.json). */
export interface FidelityCounts {
  /** Kernel -> operation -> steps that were equal, and steps. */
  readonly records: Readonly<Record<string, Readonly<Record<string, readonly [equal: number, steps: number]>>>>
  /** Topic -> cases that passed, cases, and what the vectors were made with. */
  readonly vectors: Readonly<
    Record<string, { readonly passed: number; readonly cases: number; readonly source: string }>
  >
}

interface Operation {
  readonly name: string
  /** First words of recorded commands. */
  readonly commands: readonly string[]
  readonly topics: readonly string[]
  /** The first release that has it. */
  readonly since?: string
}

/** Every step on a machine that translates counts here too. */
const IOMMU = 'behind an IOMMU: domains, IOVAs, page tables'
/** Names of such machines. */
const TRANSLATED = /smmu|iommu|vtd/
const VIDEO = 'video queues (V4L2, videobuf2)'

const OPERATIONS: readonly Operation[] = [
  { name: 'map and unmap of a page', commands: ['map', 'unmap', 'pages'], topics: ['dma-direct', 'arm-cache-ops'] },
  { name: 'scatterlists', commands: ['sgmap'], topics: ['sg-ops', 'sg-layout', 'sg-from-pages', 'arm-rfc'] },
  { name: 'sync', commands: ['sync'], topics: ['arm-v7-lines', 'arm-l2-lines'] },
  { name: 'coherent memory and pools', commands: ['calloc', 'free', 'pte'], topics: ['coherent-pool'] },
  { name: 'mmap and get_sgtable', commands: ['mmap', 'getsgt'], topics: [] },
  { name: 'bytes that device and CPU see', commands: ['dread', 'dwrite', 'cread', 'cwrite'], topics: [] },
  { name: 'masks and limits', commands: ['mask', 'cmask', 'info', 'DEV'], topics: [] },
  { name: 'bounce pool', commands: ['end:', 'pool', 'boot:'], topics: ['swiotlb'] },
  {
    name: IOMMU,
    commands: [],
    topics: [
      'dma-iommu-seq',
      'dma-iommu-sg',
      'iova',
      'iova-rcache',
      'io-pgtable-lpae',
      'io-pgtable-v7s',
      'smmu',
      'arm-dma-iommu-v4.11',
    ],
  },
  { name: 'resources', commands: ['res'], topics: [] },
  { name: 'dma_map_phys and its attributes', commands: ['mphys'], topics: [], since: '6.18' },
  {
    name: 'two-step IOVA calls',
    commands: ['ialloc', 'ilink', 'isync', 'iunlink', 'ifree'],
    topics: [],
    since: '6.16',
  },
  {
    name: 'dma-buf, udmabuf, heaps',
    commands: [
      'export',
      'udmabuf',
      'heap',
      'attach',
      'detach',
      'dmap',
      'dunmap',
      'bca',
      'eca',
      'xread',
      'xwrite',
      'put',
    ],
    topics: ['vb2-contiguous'],
  },
  { name: VIDEO, commands: [], topics: [] },
]

const OTHER = 'other'

/** Counts steps as they are compared. `kernelOf`: what a name of kernels.json means. */
export const countSteps = (kernelOf: (name: string) => string | undefined) => {
  const records: Record<string, Record<string, [number, number]>> = {}
  const onStep: NonNullable<RecordsOptions['onStep']> = ({ kernel: name, fields }, { what, agrees }) => {
    const kernel = kernelOf(name)
    if (kernel === undefined) return
    const [word = ''] = what.split(' ')
    const found = OPERATIONS.find(({ commands }) => commands.includes(word))?.name ?? OTHER
    const operation = fields['setup'] === undefined ? found : VIDEO
    const row = (records[kernel] ??= {})
    const [equal, steps] = row[operation] ?? [0, 0]
    row[operation] = [equal + (agrees ? 1 : 0), steps + 1]
    if (!TRANSLATED.test(String(fields['machine']))) return
    const [translated, all] = row[IOMMU] ?? [0, 0]
    row[IOMMU] = [translated + (agrees ? 1 : 0), all + 1]
  }
  return { records, onStep }
}

/** What a file of vectors says that they were made with. */
export const vectorSource = (text: string): string => {
  const { meta = {} } = JSON.parse(text) as { readonly meta?: Readonly<Record<string, unknown>> }
  const { source, kernel, oracle } = meta
  const made = [source, typeof kernel === 'string' ? `linux ${kernel}` : undefined, oracle].find(
    (text): text is string => typeof text === 'string',
  )
  return (made ?? '').split(';')[0] ?? ''
}

export const countVectors = (
  reports: readonly { readonly report: VectorReport; readonly source: string }[],
): FidelityCounts['vectors'] =>
  Object.fromEntries(reports.map(({ report: { topic, passed, cases }, source }) => [topic, { passed, cases, source }]))

/** docs/fidelity.md: every kernel that runs, and every operation. */
export const fidelityPage = ({ kernels }: Registry, counts: FidelityCounts): string =>
  [
    '# What is proved',
    'Made by `dmalab conform --page docs/fidelity.md` from golden vectors (inputs and outputs of the kernel’s own code, compiled and run) and differential records (programs that real kernels ran, step by step). What this page does not show is not claimed.',
    '- **N of M steps**: of the recorded steps of that kernel, so many gave the same answer.\n- **N vectors**: cases of the kernel’s own functions of that release, all passed unless it says otherwise.\n- **source**: modelled by reading that release; no record or vector of it is at hand.\n- **-**: that release does not have it.',
    ...kernels.values().map((kernel) => kernelSection(kernel.name, kernel.source, counts)),
    '## Not modelled',
    'Changes between releases that no run shows, by their records (`dmalab kernel diff`); what single functions leave out stands beside them in the code, in the lines `Leaves out`.',
    RELEASE_RECORDS.filter(({ touches }) => touches.length === 0)
      .map(({ id, since, source, seen }) => `- \`${id}\` (v${since}, ${source}): ${seen}`)
      .join('\n'),
    '## Vectors',
    table(
      ['topic', 'made with', 'cases', 'passed'],
      Object.entries(counts.vectors).map(([topic, { source, cases, passed }]) => [
        topic,
        source,
        String(cases),
        String(passed),
      ]),
    ),
  ].join('\n\n') + '\n'

const kernelSection = (name: string, source: string, counts: FidelityCounts): string => {
  const rows = counts.records[name] ?? {}
  const release = name.split('@')[1] ?? ''
  const once = Object.entries(rows).flatMap(([operation, row]) => (operation === IOMMU ? [] : [row]))
  const sum = once.reduce(([a, b], [equal, steps]) => [a + equal, b + steps], [0, 0])
  const [equal, steps] = sum
  const told = steps === 0 ? 'no records of this kernel' : `${count(equal)} of ${count(steps)} recorded steps are equal`
  const lines = OPERATIONS.map((operation) => [operation.name, proofOf(operation, name, release, rows, counts)])
  return `## ${name}\n\n${source}; ${told}.\n\n${table(['operation', 'proof'], lines)}`
}

const proofOf = (
  { name: operation, topics, since }: Operation,
  kernel: string,
  release: string,
  rows: Readonly<Record<string, readonly [number, number]>>,
  { vectors }: FidelityCounts,
): string => {
  const recorded = rows[operation]
  if (since !== undefined && compareReleases(release, since) < 0)
    return recorded === undefined ? '-' : `- (${count(recorded[0])} of ${count(recorded[1])} steps)`
  const cases = topics.flatMap((topic) => {
    const found = vectors[topic]
    return found === undefined || !isOf(topic, found.source, kernel) ? [] : [found]
  })
  const [passed, all] = cases.reduce(([a, b], one) => [a + one.passed, b + one.cases], [0, 0])
  const proofs = [
    ...(recorded === undefined ? [] : [`${count(recorded[0])} of ${count(recorded[1])} steps`]),
    ...(all === 0 ? [] : [passed === all ? `${count(all)} vectors` : `${count(passed)} of ${count(all)} vectors`]),
  ]
  return proofs.length === 0 ? 'source' : proofs.join(', ')
}

/** Vectors of one release say nothing of another; what is not about 32-bit ARM says nothing of its tables. */
const isOf = (topic: string, source: string, kernel: string): boolean => {
  const [, release = ''] = kernel.split('@')
  if (ONE_ARCH.some(([stem, arch]) => topic.startsWith(stem) && !kernel.startsWith(`${arch}@`))) return false
  if (MADE_FOR[topic] === kernel) return true
  return new RegExp(String.raw`(?<![\d.])v?${release.replace('.', String.raw`\.`)}(?!\d)`).test(source)
}

/** Topics, by how they begin, that are about one architecture. */
const ONE_ARCH = [
  ['smmu', 'arm64'],
  ['arm-', 'arm'],
] as const

/** Made of the functions that the RFC changes, as they were at its base. */
const MADE_FOR: Readonly<Record<string, string>> = {
  'arm-rfc': 'arm@4.11',
  'arm-cache-ops': 'arm@4.11',
  'arm-v7-lines': 'arm@4.11',
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '/')).join(' | ')} |`)
    .join('\n')

/** `12,345`. */
const count = (n: number): string => String(n).replaceAll(/\B(?=(\d{3})+$)/g, ',')
