// An imported board as a board file: facts, with the places they came from as comments.
import type { AssumedFact, DeviceFacts, DisabledDevice, IommuFacts, Machine, Range, ReservedRegion } from '@dmalab/api'
import { formatAddress, formatLength } from '../quantity.ts'
import type { BoardSheet } from './board.ts'

/** YAML that readMachine reads back as the very same machine. */
export function boardYaml({ machine, paths, notes, origin }: BoardSheet): string {
  const lines = [
    `# ${text(machine.title)}: facts from ${text(origin)}.`,
    `name: ${scalar(machine.name)}`,
    `title: ${scalar(machine.title)}`,
    `arch: ${machine.arch}`,
    '',
    ...comments(notes.cpu),
    `cpu: ${flow(cpuEntries(machine))}`,
    '',
    ...comments(notes.memory),
    'memory:',
    ...machine.memory.map((bank) => `  - ${flow(rangeEntries(bank))}`),
    '',
    ...comments(notes.reserved),
    ...list('reserved', machine.reserved, (region) => [
      `  - ${flow(regionEntries(region))}${pathOf(paths, region.name)}`,
    ]),
    '',
    ...limitLines(machine),
    ...layoutLines(machine, notes.layout),
    ...list('iommus', machine.iommus, (iommu) => [`  - ${flow(iommuEntries(iommu))}${pathOf(paths, iommu.name)}`]),
    '',
    '# All that do DMA and are not disabled. A mask of 32 bits is what a driver gets that does not ask for more.',
    ...list('devices', machine.devices, (device) => deviceLines(device, machine)),
    '',
    ...disabledLines(machine),
    '# Elements by what their devices do: the first that fits.',
    Object.keys(machine.bindings).length === 0 ? 'bindings: {}' : 'bindings:',
    ...Object.entries(machine.bindings).map(([factory, name]) => `  ${scalar(factory)}: ${scalar(name)}`),
    ...assumedLines(machine),
  ]
  return `${lines.join('\n')}\n`
}

type Entries = readonly (readonly [key: string, value: string] | false | undefined)[]

const cpuEntries = ({ cpu }: Machine): Entries => [
  cpu.compatible !== undefined && ['compatible', scalar(cpu.compatible)],
  ['lineSize', String(cpu.lineSize)],
  ['aliasing', String(cpu.aliasing)],
  cpu.cacheOps !== undefined && ['cacheOps', cpu.cacheOps],
  cpu.svpbmt !== undefined && ['svpbmt', String(cpu.svpbmt)],
  cpu.outer && [
    'outer',
    flow([
      ['model', cpu.outer.model],
      ['lineSize', String(cpu.outer.lineSize)],
    ]),
  ],
]

const rangeEntries = ({ base, len }: Range): Entries => [
  ['base', formatAddress(base)],
  ['len', formatLength(len)],
]

const regionEntries = (region: ReservedRegion): Entries => [
  ['name', scalar(region.name)],
  ...rangeEntries(region),
  region.compatible !== undefined && ['compatible', scalar(region.compatible)],
  region.noMap && ['noMap', 'true'],
  region.reusable && ['reusable', 'true'],
  region.default !== undefined && ['default', region.default],
]

const iommuEntries = ({ name, model, enabled }: IommuFacts): Entries => [
  ['name', scalar(name)],
  ['model', scalar(model)],
  ['enabled', String(enabled)],
]

const limitLines = ({ dmaLimit }: Machine): string[] =>
  dmaLimit === undefined
    ? []
    : [
        '# Every bus with DMA windows reaches this far: the DMA zone ends here.',
        `dmaLimit: ${formatAddress(dmaLimit)}`,
        '',
      ]

function layoutLines({ layout }: Machine, notes: readonly string[]): string[] {
  const { pageOffset, lowmemEnd, vmalloc } = layout
  if (pageOffset === undefined && lowmemEnd === undefined && vmalloc === undefined) return []
  return [
    ...comments(notes),
    'layout:',
    ...(pageOffset === undefined ? [] : [`  pageOffset: ${formatAddress(pageOffset)}`]),
    ...(lowmemEnd === undefined ? [] : [`  lowmemEnd: ${formatAddress(lowmemEnd)}`]),
    ...(vmalloc === undefined
      ? []
      : [
          `  vmalloc: ${flow([
            ['start', formatAddress(vmalloc.start)],
            ['end', formatAddress(vmalloc.end)],
          ])}`,
        ]),
    '',
  ]
}

/** Nothing where the tree switches nothing off. */
function disabledLines({ disabled = [] }: Machine): string[] {
  if (disabled.length === 0) return []
  const lineOf = ({ name, title, compatible, class: kind, by }: DisabledDevice): string =>
    `  - ${flow([
      ['name', scalar(name)],
      ['title', scalar(title)],
      compatible !== undefined && ['compatible', scalar(compatible)],
      ['class', kind],
      by !== undefined && ['by', scalar(by)],
    ])}`
  return ['# There, and switched off by a status.', 'disabled:', ...disabled.map(lineOf), '']
}

/** Guesses that the file writes down; a mask that is one is left out, and so is a guess again. */
function assumedLines({ assumed = [] }: Machine): string[] {
  const written = assumed.filter(({ fact }) => fact !== 'mask')
  if (written.length === 0) return []
  const lineOf = ({ fact, why }: AssumedFact): string =>
    `  - ${flow([
      ['fact', fact],
      ['why', JSON.stringify(why)],
    ])}`
  return ['', '# Guesses: take a line away once its fact is known.', 'assumed:', ...written.map(lineOf)]
}

const isMaskAssumed = ({ assumed = [] }: Machine, { name }: DeviceFacts): boolean =>
  assumed.some(({ fact, device }) => fact === 'mask' && device === name)

function deviceLines(device: DeviceFacts, machine: Machine): string[] {
  const entries: Entries = [
    ['name', scalar(device.name)],
    device.title !== undefined && ['title', scalar(device.title)],
    device.compatible !== undefined && ['compatible', scalar(device.compatible)],
    ['class', scalar(device.class)],
    device.coherent && ['coherent', 'true'],
    !isMaskAssumed(machine, device) && ['maskBits', String(device.maskBits)],
    device.coherentMaskBits !== undefined && ['coherentMaskBits', String(device.coherentMaskBits)],
    device.busLimit !== undefined && ['busLimit', formatAddress(device.busLimit)],
    device.iommu !== undefined && ['iommu', scalar(device.iommu)],
    device.pools.length > 0 && ['pools', `[${device.pools.map(scalar).join(', ')}]`],
    device.driver !== undefined && ['driver', scalar(device.driver)],
    device.driverName !== undefined && ['driverName', scalar(device.driverName)],
    device.minAlignMask !== undefined && ['minAlignMask', formatAddress(device.minAlignMask)],
    device.maxSegmentSize !== undefined && ['maxSegmentSize', formatAddress(device.maxSegmentSize)],
  ]
  return [
    ...present(entries).map(([key, value], index) => `${index === 0 ? '  - ' : '    '}${key}: ${value}`),
    ...(device.dmaRanges === undefined ? [] : ['    dmaRanges:']),
    ...(device.dmaRanges ?? []).map(
      ({ cpu, bus, len }) =>
        `      - ${flow([
          ['cpu', formatAddress(cpu)],
          ['bus', formatAddress(bus)],
          ['len', formatLength(len)],
        ])}`,
    ),
    ...(device.iommuRegions === undefined ? [] : ['    iommuRegions:']),
    ...(device.iommuRegions ?? []).map((region) => `      - ${flow([...rangeEntries(region), ['type', region.type]])}`),
    ...pciLines(device),
  ]
}

function pciLines({ pci }: DeviceFacts): string[] {
  if (pci === undefined) return []
  return [
    '    pci:',
    `      untrusted: ${pci.untrusted}`,
    ...(pci.windows.length === 0 ? [] : ['      windows:']),
    ...pci.windows.map((window) => `        - ${flow(rangeEntries(window))}`),
  ]
}

function list<T>(key: string, items: readonly T[], lines: (item: T) => readonly string[]): string[] {
  return items.length === 0 ? [`${key}: []`] : [`${key}:`, ...items.flatMap(lines)]
}

const present = (entries: Entries) =>
  entries.filter((entry): entry is readonly [string, string] => entry !== false && entry !== undefined)
const flow = (entries: Entries): string =>
  `{ ${present(entries)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')} }`
const comments = (notes: readonly string[]): string[] => notes.map((note) => `# ${text(note)}`)
const pathOf = (paths: ReadonlyMap<string, string>, name: string): string => {
  const path = paths.get(name)
  return path === undefined ? '' : ` # ${text(path)}`
}

/** A scalar that YAML reads as the same string: plain where nothing in it can be taken for anything else. */
function scalar(value: string): string {
  const number = /^[-+]?(0x[\da-f_]+|0o[0-7_]+|[\d_]*\.?[\d_]*(e[-+]?\d+)?)$/i
  const word = /^(true|false|null|yes|no|on|off|y|n)$/i
  return /^[\w/][\w./@+#-]*$/.test(value) && !number.test(value) && !word.test(value) ? value : JSON.stringify(value)
}

/** Text of a blob may hold anything; in a comment only what prints. */
const text = (value: string): string => value.replaceAll(/[^\x20-\x7e\xa0-\xff]/g, '?')
