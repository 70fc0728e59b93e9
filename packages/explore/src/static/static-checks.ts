// What no walk finds: looked up in what a patch says of itself, and tried on one list.
import {
  ATTR,
  type Defect,
  type DmaOps,
  type ExploredCode,
  type Host,
  type KernelSpec,
  type PatchHunk,
} from '@dmalab/api'
import { kernelFacts, openLab, opTablesOf, type RunParts } from '@dmalab/runner'
import { plainMachine } from '../machine.ts'
import { scenarioOfList } from './list-scenario.ts'
import { listSizes } from './list-sizes.ts'
import { overflowingRanges, unsetLengths } from './probes.ts'
import { attributesPassedOn, growthElsewhere, tablesElsewhere } from './spread-checks.ts'

type Found = Pick<Defect, 'id' | 'message' | 'hunks' | 'symbols' | 'configuration'> & { readonly code: ExploredCode }

/** Checks of the last patch of a kernel; none of a kernel without patches. */
export const staticDefects = (parts: RunParts, kernel: KernelSpec, base: KernelSpec | null): readonly Defect[] => {
  if (base === null) return []
  const grown = listSizes(parts, kernel, base).map(({ configuration, message, before }): Defect => {
    const scenario = scenarioOfList(parts, kernel, configuration, before)
    const hunks = hunksAbout(kernel, 'struct scatterlist')
    const found = { id: scenario.name, message, hunks, symbols: ['sg_alloc_table'], configuration }
    return { ...defect({ ...found, code: 'list-grows' }), scenario }
  })
  const rest = [
    ...collisions(parts, kernel),
    ...buildFailures(kernel),
    ...keptFields(parts, kernel),
    ...firstEntryOnly(parts, kernel),
    ...attributesOnPages(parts, kernel),
    ...untaughtTables(parts, kernel),
    ...untaughtExporters(parts, kernel),
    ...[...unsetLengths(parts, kernel), ...overflowingRanges(parts, kernel)].map(
      ({ symbol, code, ...probed }): Found => ({
        ...probed,
        code,
        id: [code, symbol, ...Object.values(probed.configuration)]
          .join('-')
          .toLowerCase()
          .replaceAll(/[^a-z0-9]+/g, '-'),
        hunks: hunksAbout(kernel, symbol),
        symbols: [symbol],
      }),
    ),
    ...[...growthElsewhere(kernel, parts), ...tablesElsewhere(kernel, parts), ...attributesPassedOn(kernel, parts)].map(
      ({ hunk, ...spread }): Found => ({ ...spread, hunks: hunksAbout(kernel, hunk), configuration: {} }),
    ),
  ]
  return [...grown, ...rest.map(defect)]
}

const defect = (found: Found): Defect => ({
  ...found,
  step: null,
  base: { same: false, outcome: 'has no such change' },
  ordinary: null,
  scenario: null,
})

const hunksAbout = ({ patches }: KernelSpec, symbol: string): readonly PatchHunk[] =>
  patches.flatMap(({ hunks }) => hunks).filter((hunk) => hunk.symbol === symbol)

const top = ({ patches }: KernelSpec) => patches.at(-1)

const collisions = (parts: RunParts, kernel: KernelSpec): readonly Found[] =>
  Object.entries(top(kernel)?.attrs ?? {}).flatMap(([name, bit]) =>
    Object.entries(ATTR)
      .filter(([other, value]) => value === bit && other !== name)
      .map(([other]): Found => {
        const kernels = parts.registry.kernels
          .values()
          .map((def) => def.facts({ config: {}, cmdline: {} }))
          .filter(({ attrs }) => attrs[other] === bit)
          .map(({ release }) => release)
        const where = kernels.length === 0 ? 'releases after those it applies to' : [...new Set(kernels)].join(', ')
        return {
          code: 'attribute-collides',
          id: `attribute-collides-${name.toLowerCase().replaceAll('_', '-')}`,
          message: `bit ${Math.log2(bit)}, DMA_ATTR_${name}, is DMA_ATTR_${other} on ${where}`,
          hunks: hunksAbout(kernel, `DMA_ATTR_${name}`),
          symbols: [],
          configuration: {},
        }
      }),
  )

const buildFailures = (kernel: KernelSpec): readonly Found[] =>
  Object.entries(top(kernel)?.requires ?? {}).map(([option, why]) => ({
    code: 'does-not-build',
    id: `does-not-build-${option.toLowerCase().replaceAll('_', '-')}`,
    message: `without CONFIG_${option}: ${why}`,
    hunks: top(kernel)?.hunks.filter(({ symbol }) => why.includes(symbol)) ?? [],
    symbols: [],
    configuration: { config: `${option}=n` },
  }))

const labOf = (parts: RunParts, kernel: KernelSpec) => {
  const machine = plainMachine(kernelFacts(kernel, parts.registry).arch)
  return openLab(parts, { kernel, machine })
}

const fieldsOf = (kernel: KernelSpec): readonly string[] => Object.keys(top(kernel)?.sg?.cFields ?? {})

/** sg_set_page() on an entry that was marked: does the mark go? */
const keptFields = (parts: RunParts, kernel: KernelSpec): readonly Found[] => {
  const bits = Object.values(top(kernel)?.attrs ?? {})
  if (fieldsOf(kernel).length === 0 || bits.length === 0) return []
  const lab = labOf(parts, kernel)
  const page = lab.mem.allocPages(4096, { owner: 'page' })
  if (!page.ok) return []
  const table = lab.sgTable([{ page: { kind: 'page', pfn: page.value }, offset: 0, length: 4096 }])
  table.setAttrs(0, bits[0] ?? 0)
  table.setPage(0, { kind: 'page', pfn: page.value }, 4096, 0)
  if (table.entries()[0]?.attrs === 0) return []
  return fieldsOf(kernel).map((field) => ({
    code: 'field-kept',
    id: `field-kept-${field.replaceAll('_', '-')}`,
    message: `${field} is set and never cleared: sg_set_page() puts another page into the entry, and the mark stays`,
    hunks: hunksAbout(kernel, 'struct scatterlist'),
    symbols: ['sg_set_page'],
    configuration: {},
  }))
}

/** A function that makes lists, given room for one entry more than it asks for: which of them does it mark? */
const firstEntryOnly = (parts: RunParts, kernel: KernelSpec): readonly Found[] => {
  const [bit] = Object.values(top(kernel)?.attrs ?? {})
  const [field] = fieldsOf(kernel)
  if (bit === undefined || field === undefined) return []
  const makers = new Set(opTablesOf(kernel.base, parts.registry).flatMap(({ symbols }) => symbols.getSgtable ?? []))
  return Object.entries(top(kernel)?.functions ?? {}).flatMap(([symbol, wrap]) => {
    if (!makers.has(symbol)) return []
    const lab = labOf(parts, kernel)
    const device = lab.device('exporter')
    const host = lab.host(device)
    const ops = lab.ops(device)
    const roomier: Host = Object.create(host, {
      sgAlloc: { value: (entries: number) => host.sgAlloc(entries + 1) },
    })
    const make = (wrap as (next: DmaOps['getSgtable'], host: Host) => DmaOps['getSgtable'])(
      (...given) => ops.getSgtable(...given),
      roomier,
    )
    const memory = lab.dma.allocAttrs(device, 4096, 0, 'frame')
    const list = memory.ok ? make(memory.value.cpuAddr, memory.value.handle, 4096, bit) : memory
    const marks = list.ok ? list.value.entries().map(({ attrs }) => attrs !== 0) : []
    if (!marks.includes(true) || !marks.includes(false)) return []
    return [
      {
        code: 'first-entry-only',
        id: `first-entry-only-${symbol.replaceAll('_', '-')}`,
        message: `${symbol} sets ${field} in the first entry of a list; in one of several entries the others have none`,
        hunks: top(kernel)?.hunks.filter((hunk) => hunk.symbol === symbol) ?? [],
        symbols: [symbol],
        configuration: {},
      },
    ]
  })
}

/** dma_get_sgtable() of ordinary memory with an attribute of its queue: does the entry keep it? */
const attributesOnPages = (parts: RunParts, kernel: KernelSpec): readonly Found[] => {
  const lab = labOf(parts, kernel)
  const bit = ATTR.WRITE_COMBINE
  const device = lab.device('exporter')
  const memory = lab.dma.allocAttrs(device, 4096, bit, 'frame')
  if (!memory.ok) return []
  const list = lab.dma.getSgtableAttrs(device, memory.value.cpuAddr, memory.value.handle, 4096, bit)
  if (!list.ok || list.value.entries().every(({ attrs }) => attrs === 0)) return []
  return [
    {
      code: 'attributes-on-pages',
      id: 'attributes-on-pages',
      message:
        'a list of ordinary pages carries WRITE_COMBINE of the allocation: every later test of the field sees it',
      hunks: top(kernel)?.hunks.filter(({ symbol }) => symbol in (top(kernel)?.functions ?? {})) ?? [],
      symbols: Object.keys(top(kernel)?.functions ?? {}),
      configuration: { attributes: 'WRITE_COMBINE' },
    },
  ]
}

/** Op tables that neither make nor read what the patch writes into lists. */
const untaughtTables = (parts: RunParts, kernel: KernelSpec): readonly Found[] => {
  const functions = new Set(top(kernel)?.hunks.map(({ symbol }) => symbol))
  if (fieldsOf(kernel).length === 0) return []
  return opTablesOf(kernel.base, parts.registry).flatMap(({ name, symbols }) => {
    const missing = (['getSgtable', 'mapSg', 'unmapSg', 'syncSgForCpu', 'syncSgForDevice'] as const).filter(
      (operation) => symbols[operation]?.every((symbol) => !functions.has(symbol)) === true,
    )
    if (missing.length === 0) return []
    const named = missing.map((operation) => symbols[operation]?.at(-1) ?? operation)
    return [
      {
        code: 'table-not-taught',
        id: `table-not-taught-${name}`,
        message: `${name}: ${named.join(', ')} ${named.length === 1 ? 'does' : 'do'} not know ${fieldsOf(kernel).join(', ')}`,
        hunks: [],
        symbols: named,
        configuration: {},
      },
    ]
  })
}

/** Exporters whose lists lack what another one writes. */
const untaughtExporters = (parts: RunParts, kernel: KernelSpec): readonly Found[] => {
  const taught = Object.keys({ ...top(kernel)?.allocators, ...top(kernel)?.exporters })
  if (fieldsOf(kernel).length === 0 || taught.length === 0) return []
  const others = [...parts.registry.allocators.names(), 'drm dumb buffers'].filter((name) => !taught.includes(name))
  return [
    {
      code: 'field-in-some-lists',
      id: 'field-in-some-lists',
      message: `${taught.join(', ')} marks its lists; ${others.join(', ')} do not`,
      hunks: hunksAbout(kernel, 'vb2_dc_alloc'),
      symbols: [],
      configuration: {},
    },
  ]
}
