// Writes docs/found.md: what explorations find in kernels as they are, and in kernels with a fix. Each scenario is run, and has to come to what
// it states. Run it after a build: node scripts/found.mjs
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const { explainDefect, explore, listKernels, newDefects, openLaboratory, runSpec, specOfDefect } = {
  ...(await import(join(root, 'packages/api/dist/index.js'))),
  ...(await import(join(root, 'packages/explore/dist/index.js'))),
  ...(await import(join(root, 'packages/lab/dist/index.js'))),
}

const FIXED = [
  'arm@4.11+pfn-valid',
  'arm@6.12+fix-v7s-split',
  'arm@6.12+fix-v7s-supersection',
  'arm@6.12+fix-pgtable-overwrite',
  'arm64@6.12+fix-pgtable-overwrite',
  'arm64@6.12+fix-dma-segment-limit',
  'arm64@6.12+fix-dma-unmap-at-top',
  'arm64@6.12+fix-sg-split',
]
/** Each value alone, and with those that show what no value shows alone. */
const BOUND = { configurations: 'single', states: 24, walks: 1 }
const PAIRS = [
  ['exporter=iommu', 'attributes=NO_KERNEL_MAPPING', 'exporter=coherent-iommu', 'size=65536'],
  ['memory=user', 'importer=aligned-restricted', 'importer=restricted', 'memory=large-udmabuf'],
]
/** Codes that records of real kernels show, and which. */
const RECORDS = {
  'page-less-export': 'arm 6.12, arm64 6.12 and 7.2: dma_get_sgtable() of a no-map pool gives 0 and a made-up page',
  'iommu-memory-as-page-array': 'arm 6.12 behind an IOMMU',
  'iommu-pages-from-stack': 'arm 6.12 behind an IOMMU',
  'bounce-sync-refused': 'arm64 6.1, and none of 5.10, 6.12, 7.2',
  'unmap-attrs-leak': 'arm64 7.2',
  'bounce-too-long': 'arm64 7.2; 6.12 maps the same udmabuf page by page',
}
/** Where the kernel does what is found, more closely than the code says; the first that fits. */
const SOURCES = [
  [
    ({ configuration }) => configuration.memory?.includes('udmabuf') && configuration.importer === undefined,
    'drivers/dma-buf/udmabuf.c: get_sg_table of 6.1.176, 6.12.107 and 7.2.13 maps with DMA_ATTR_SKIP_CPU_SYNC: lines that were dirty since the pages were cleared are written back over what the device wrote, unless DMA_BUF_IOCTL_SYNC comes first',
  ],
  [
    ({ code, configuration }) => code === 'iommu-fault' && configuration.exporter?.includes('iommu'),
    'kernel/dma/mapping.c: dma_alloc_attrs asks the pool of the device before its op table: the bus address is no IOVA',
  ],
  [
    ({ code, symbols }) => code === 'device-address-cut' && symbols.some((name) => name.endsWith('_alloc')),
    'kernel/dma/coherent.c: __dma_alloc_from_coherent compares nothing with the coherent mask',
  ],
  [
    ({ scenario }) => scenario?.steps.some((step) => step.do === 'release-pool'),
    'kernel/dma/coherent.c: _dma_release_coherent_memory unmaps the pool and frees its bitmap, whatever is still allocated',
  ],
  [
    ({ symbols, configuration }) => symbols.includes('memcpy') || configuration.importer?.includes('restricted'),
    'kernel/dma/swiotlb.c: swiotlb_bounce copies through the linear mapping; a no-map region has none',
  ],
]
/** Functions of assembler and headers, which the model does not imitate as such. */
const FILES = [
  [/^get_page$/, 'include/linux/mm.h'],
  [/^(__|__pi_)?memcpy(_generic)?$/, 'the architecture’s memcpy'],
  [/^dcache_/, 'arch/arm64/mm/cache.S'],
  [/^v7_dma_/, 'arch/arm/mm/cache-v7.S'],
  [/^sg_copy_buffer$/, 'lib/scatterlist.c'],
  [/^vm_insert_page$/, 'mm/memory.c'],
  [/^arch_dma_cache_/, 'arch/riscv/mm/dma-noncoherent.c'],
]
const MODELS = JSON.parse(readFileSync(join(root, 'docs/sources.json'), 'utf8'))
const versionOf = (kernel) => `v${kernel.split(/[@+]/)[1]}`
/** The file of a function, best of the release and of the architecture. */
const fileOf = (symbol, kernel) => {
  const [arch] = kernel.split('@')
  const files = MODELS.filter(({ functions }) => functions.some((text) => text.split(/[ .(]/)[0] === symbol))
    .filter(
      ({ file }) =>
        !file.startsWith('arch/') ||
        file.startsWith(`arch/${arch === 'x86_64' ? 'x86' : arch.replace('riscv64', 'riscv')}/`),
    )
    .toSorted((a, b) => Number(b.version === versionOf(kernel)) - Number(a.version === versionOf(kernel)))
  return files[0]?.file ?? FILES.find(([pattern]) => pattern.test(symbol))?.[1]
}
const placesOf = ({ symbols }, kernel) => {
  const places = symbols.flatMap((symbol) => {
    const file = fileOf(symbol, kernel)
    return file === undefined ? [] : [`${file}: ${symbol}`]
  })
  return places.length === 0 ? null : places.slice(0, 2).join('; ')
}
const GENERIC = /^the function/
const sourceOf = (defect, kernel) => {
  const told = SOURCES.find(([fits]) => fits(defect))?.[1]
  const explained = explainDefect(defect.code)?.source ?? ''
  return told ?? (GENERIC.test(explained) ? null : explained) ?? placesOf(defect, kernel) ?? explained
}
const SYNC_FAULT = /arch_sync_dma_for_(cpu|device)/

/** What `dmalab run` does with the scenario's file. */
const isAsStated = async ({ scenario }, kernel) => {
  if (scenario === null) return true
  const { runs } = await runSpec(laboratory, specOfDefect(kernel, scenario))
  return runs[0].expectations.every(({ met }) => met)
}

const laboratory = await openLaboratory()
const KERNELS = listKernels(laboratory.registry).kernels.map(({ name }) => name)
const found = new Map()
for (const kernel of KERNELS) {
  const works = [
    { kernel, bound: BOUND },
    ...PAIRS.map((only) => ({ kernel, bound: { ...BOUND, configurations: 'pairwise', states: 200 }, only })),
  ]
  for (const work of works) {
    const { defects } = await explore(work, { laboratory })
    for (const defect of defects) {
      const place = [
        defect.code,
        defect.step,
        defect.symbols.filter((name) => !/^v7_|^dcache_|^arch_sync/.test(name))[0] ?? '',
        Object.keys(defect.configuration).join(),
        defect.code === 'refused' ? defect.message.replaceAll(/0x[\da-f]+|\d+/g, '') : '',
      ].join('|')
      if (!(await isAsStated(defect, kernel)))
        throw new Error(`${kernel}: ${defect.id} does not come to what it states`)
      const entry = found.get(place) ?? { defect, kernel, kernels: new Set() }
      entry.kernels.add(kernel)
      found.set(place, entry)
    }
  }
  process.stderr.write(`${kernel}: ${found.size} so far\n`)
}

const stepText = (step) =>
  Object.entries(step)
    .filter(([key]) => !(key === 'size' && step.size === 4096))
    .map(([, value]) => (typeof value === 'object' ? JSON.stringify(value) : String(value)))
    .join(' ')

const sectionOf = ({ defect, kernel, kernels }) => {
  const { code, message, symbols, configuration, scenario, ordinary, base } = defect
  const needs = Object.entries(configuration).map(([axis, value]) => `${axis} ${value}`)
  const records =
    RECORDS[code] ??
    (code === 'memory-lost' && message.includes('bounce slots') ? RECORDS['unmap-attrs-leak'] : undefined) ??
    (symbols.some((name) => SYNC_FAULT.test(name))
      ? 'arm 6.12: a sync of such a list stops the kernel'
      : code === 'kernel-oops' && configuration.importer === 'restricted'
        ? 'arm64 6.12 and 7.2: oops in memcpy below swiotlb_tbl_map_single'
        : null)
  return [
    `### ${code}${symbols.length === 0 ? '' : ` in ${symbols[0]}`}`,
    '',
    `${message.replaceAll(/\s+/g, ' ')}. On ${[...kernels].join(', ')}.`,
    '',
    ...(symbols.length === 0 ? [] : [`- path: ${symbols.map((name) => `\`${name}\``).join(' < ')}`]),
    ...(needs.length === 0 ? [] : [`- needs: ${needs.join(', ')}`]),
    ...(scenario === null
      ? []
      : [
          `- steps: ${scenario.steps
            .filter((step) => step.do !== 'expect')
            .map(stepText)
            .join('; ')}`,
        ]),
    ...(ordinary === null ? [] : [`- with ordinary memory: ${ordinary.outcome}`]),
    ...(base === null ? [] : [`- elsewhere: ${base.outcome}`]),
    `- kernel source: ${sourceOf(defect, kernel)}`,
    `- records of real kernels: ${records ?? 'none; read in the source only'}`,
    '',
  ].join('\n')
}

const fixLines = []
for (const kernel of FIXED) {
  const report = await explore({ kernel, bound: BOUND }, { laboratory })
  const fresh = newDefects(report)
  for (const defect of fresh)
    if (!(await isAsStated(defect, kernel))) throw new Error(`${kernel}: ${defect.id} does not come to what it states`)
  const { explored, transitions } = report.coverage
  fixLines.push(
    `- ${kernel}: ${explored} configurations, ${transitions} transitions; ${
      fresh.length === 0
        ? 'nothing that the kernel below it has not'
        : `new: ${fresh.map(({ id, message }) => `\`${id}\` (${message.replaceAll(/\s+/g, ' ')})`).join('; ')}`
    }`,
  )
  process.stderr.write(`${kernel}: ${fresh.length} new\n`)
}

const sections = [...found.values()].map(sectionOf)
writeFileSync(
  join(root, 'docs/found.md'),
  `# What explorations find in kernels as they are

Written by \`node scripts/found.mjs\`: explorations of ${KERNELS.join(', ')}, each property of the machine alone and a few of them in
pairs. ${sections.length} entries, one a defect; the scenario of each comes with \`dmalab explore --kernel K --out FOLDER\`. Not everything here is
a bug of the kernel: some of it only says what a machine must not be like. [explore.md](explore.md) has what is tried.

## Kernels with a fix

Explored to the same bound and held against the kernel without it. What the kernel did wrong before is no longer compared where a fix
refuses: see [explore.md](explore.md).

${fixLines.join('\n')}

## Kernels as they are

${sections.join('\n')}`,
)
