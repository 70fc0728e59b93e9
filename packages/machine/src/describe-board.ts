// A machine as a person wants to see it: what lies where in physical memory, and what each DMA master gets.
import {
  bitsNeeded,
  bytes,
  defaultLowmemEnd,
  hex,
  type BoardDescription,
  type DeviceFacts,
  type IommuRegion,
  type Machine,
  type MasterRow,
  type MemoryRow,
  type Range,
  type ReservedRegion,
} from '@dmalab/api'
import { kernelDriverOf } from './kernel-drivers/index.ts'
import { offersOf } from './kernel-drivers/words.ts'
import { boardRules } from './of/architectures.ts'

export function describeBoard(stated: Machine): BoardDescription {
  const lowmemEnd = assumedLowmemEnd(stated)
  const machine = lowmemEnd === undefined ? stated : { ...stated, layout: { ...stated.layout, lowmemEnd } }
  const { cpu } = machine
  const kind = `${cpu.aliasing ? 'aliasing ' : ''}data cache of ${cpu.lineSize}-byte lines`
  return {
    name: machine.name,
    title: machine.title,
    arch: machine.arch,
    cpu: [cpu.compatible, kind, cpu.outer && `outer cache ${cpu.outer.model.toUpperCase()}`].filter(Boolean).join(', '),
    memory: totalOf(machine.memory),
    map: memoryMap(machine),
    masters: machine.devices.map((device) => describeMaster(device, machine)),
    bindings: machine.bindings,
    disabled: machine.disabled ?? [],
    boot: null,
    assumed:
      lowmemEnd === undefined ? [] : [`layout.lowmemEnd: ${hex(lowmemEnd)}, where the kernel ends lowmem by default`],
  }
}

/** Where highmem begins on a board that has some and does not say. */
function assumedLowmemEnd({ arch, layout, memory }: Machine): number | undefined {
  if (layout.lowmemEnd !== undefined || !boardRules(arch).lowmem) return undefined
  const limit = defaultLowmemEnd(memory, layout)
  return memory.some((bank) => end(bank) > limit) ? limit : undefined
}

/** Memory and regions cut at every border, so that no two rows overlap; neighbours that are alike are joined. */
function memoryMap(machine: Machine): MemoryRow[] {
  const { memory, reserved, layout } = machine
  const ranges: readonly Range[] = [...memory, ...reserved]
  const borders = [
    ...ranges.flatMap((range) => [range.base, end(range)]),
    ...(layout.lowmemEnd === undefined ? [] : [layout.lowmemEnd]),
  ]
  const cuts = [...new Set(borders)].toSorted((a, b) => a - b)
  const rows: MemoryRow[] = []
  const coming = reserved.map((region, index) => ({ region, index })).toSorted((a, b) => a.region.base - b.region.base)
  let next = 0
  let here: typeof coming = []
  for (const [index, base] of cuts.slice(0, -1).entries()) {
    const piece = { base, len: (cuts[index + 1] ?? base) - base }
    const bank = memory.some((range) => contains(range, piece))
    here = here.filter(({ region }) => end(region) > base)
    for (let region = coming[next]; region !== undefined && region.region.base <= base; region = coming[++next])
      here.splice(here.findLastIndex(({ index }) => index < region.index) + 1, 0, region)
    const regions = here.map(({ region }) => region).filter((region) => contains(region, piece))
    if (!bank && regions.length === 0) continue
    const row = describePiece(piece, bank, regions, machine)
    const last = rows.at(-1)
    if (last !== undefined && end(last) === base && alike(last, row))
      rows[rows.length - 1] = { ...last, len: last.len + row.len }
    else rows.push(row)
  }
  return rows
}

function describePiece(
  piece: Range,
  bank: boolean,
  regions: readonly ReservedRegion[],
  { layout }: Machine,
): MemoryRow {
  const noMap = regions.some((region) => region.noMap)
  const stated = layout.pageArray?.covers?.some((range) => contains(range, piece))
  const high = layout.lowmemEnd !== undefined && piece.base >= layout.lowmemEnd
  const linearMap = noMap || !bank ? 'no' : high ? 'highmem' : 'yes'
  return {
    ...piece,
    what: regions.length === 0 ? 'memory' : some(regions, (region) => region.name),
    kind: regions.length === 0 ? 'RAM' : some(regions, kindOf),
    structPage: (stated ?? !noMap) && bank ? 'yes' : bank && noMap ? 'since 5.12' : 'no',
    linearMap,
    cpuMapping: linearMap === 'yes' ? 'cached' : linearMap === 'highmem' ? 'cached, when mapped' : poolMapping(regions),
  }
}

/** Of a pile of regions (a damaged tree may have thousands in one place) the first. */
function some(regions: readonly ReservedRegion[], nameOf: (region: ReservedRegion) => string): string {
  const names = regions.slice(0, 4).map(nameOf).join(' + ')
  return regions.length <= 4 ? names : `${names} + ${regions.length - 4} more`
}

function kindOf(region: ReservedRegion): string {
  if (region.compatible === 'restricted-dma-pool') return 'restricted pool (swiotlb)'
  if (region.compatible === 'shared-dma-pool') {
    if (region.reusable) return region.default === 'cma' ? 'CMA, default area' : 'CMA'
    return region.noMap ? 'coherent pool' : 'coherent pool, mapped'
  }
  return region.compatible ?? (region.noMap ? 'carve-out' : 'reserved')
}

const poolMapping = (regions: readonly ReservedRegion[]): string =>
  regions.some((region) => region.compatible === 'shared-dma-pool') ? 'write-combined, by the pool' : 'none'

const alike = (a: MemoryRow, b: MemoryRow): boolean =>
  a.what === b.what && a.kind === b.kind && a.structPage === b.structPage && a.linearMap === b.linearMap

function describeMaster(device: DeviceFacts, machine: Machine): MasterRow {
  const iommu = machine.iommus.find((each) => each.name === device.iommu)
  const memory = totalOf(machine.memory)
  const reach = machine.memory.reduce((sum, bank) => sum + reachIn(bank, device), 0)
  const windows = device.dmaRanges ?? []
  return {
    device: device.name,
    class: device.class,
    driver: describeDriver(device),
    maskBits: device.maskBits,
    ...(device.busLimit !== undefined && { busLimit: device.busLimit }),
    windows,
    ...(iommu !== undefined && { iommu: { name: iommu.name, enabled: iommu.enabled } }),
    coherent: device.coherent,
    pools: device.pools,
    reach,
    memory,
    means: [
      ...reachMeans(device, machine, reach, memory, iommu?.enabled === true),
      ...device.pools.flatMap((name) => poolMeans(name, device, machine)),
      device.coherent
        ? 'snoops the caches: no cache maintenance'
        : 'does not snoop: the kernel cleans and invalidates cache lines for every mapping',
    ],
  }
}

function describeDriver(device: DeviceFacts): MasterRow['driver'] {
  const driver = kernelDriverOf(device)
  if (driver === undefined) return null
  const { name, source, tree } = driver
  return { name, source: `${tree} ${source}`, offers: offersOf(driver) }
}

function reachMeans(
  device: DeviceFacts,
  { arch, memory: banks, assumed = [] }: Machine,
  reach: number,
  memory: number,
  translated: boolean,
): string[] {
  const means: string[] = []
  const offsets = (device.dmaRanges ?? []).filter((window) => window.cpu !== window.bus)
  for (const { cpu, bus, len } of offsets)
    means.push(`sees ${hex(cpu)} (${bytes(len)}) at bus address ${hex(bus)}: its addresses mean nothing to others`)
  if (translated) {
    means.push('behind an IOMMU: reaches all memory, and scattered pages look contiguous')
    means.push(...(device.iommuRegions ?? []).map(setAsideMeans))
    if (device.pci?.untrusted === true)
      means.push(
        'behind an external-facing port: what does not fill whole pages bounces, whatever the command line says',
      )
  }
  if (translated) return means
  const isGuess = assumed.some(({ fact, device: whose }) => fact === 'mask' && whose === device.name)
  const needed = isGuess ? bitsNeeded(device, banks) : 0
  if (needed > device.maskBits)
    means.push(
      `its mask is not known (${device.maskBits} bits is a guess): it needs at least ${needed} bits to reach all memory that its bus leads to`,
    )
  else if (reach === 0 && memory > 0) means.push('reaches no memory at all: every mapping fails')
  else if (reach < memory) {
    means.push(`cannot reach ${share(memory - reach, memory)} of memory: ${boardRules(arch).outOfReach}`)
  }
  return means
}

const setAsideMeans = ({ base, len, type }: IommuRegion): string => {
  const range = `${hex(base)} (${bytes(len)})`
  if (type === 'direct' || type === 'direct-relaxable')
    return `its IOMMU maps ${range} one to one before the driver starts`
  if (type === 'sw-msi') return `the kernel may map MSI doorbells at ${range}`
  return `its IOMMU never hands out ${range}`
}

function poolMeans(name: string, device: DeviceFacts, machine: Machine): string[] {
  const pool = machine.reserved.find((region) => region.name === name)
  if (pool === undefined || !isPool(pool)) return []
  const what = `${name} (${bytes(pool.len)})`
  const beyond =
    device.iommu === undefined && reachIn(pool, device) < pool.len ? [`cannot reach all of its pool ${what}`] : []
  if (pool.reusable) return [...beyond, `allocates from CMA area ${what}`]
  if (pool.compatible === 'restricted-dma-pool') return [...beyond, `bounces everything through ${what}`]
  const pages = pool.noMap
    ? 'no struct page before 5.12, no linear mapping ever: exporting its buffers hands importers page pointers that lead nowhere'
    : 'mapped twice, cached and write-combined: a dirty line of the cached alias may overwrite what the device wrote'
  return [...beyond, `allocates from pool ${what}: ${pages}`]
}

const isPool = (region: ReservedRegion): boolean =>
  region.compatible === 'shared-dma-pool' || region.compatible === 'restricted-dma-pool'

/** Bytes of a range that windows and mask let a device address. */
function reachIn(range: Range, { dmaRanges, maskBits, busLimit }: DeviceFacts): number {
  const limit = Math.min(2 ** maskBits, (busLimit ?? Infinity) + 1)
  const windows = dmaRanges ?? [{ cpu: 0, bus: 0, len: Infinity }]
  return windows.reduce((sum, { cpu, bus, len }) => {
    const top = Math.min(end(range), cpu + Math.min(len, limit - bus))
    return sum + Math.max(0, top - Math.max(range.base, cpu))
  }, 0)
}

/** `2.1 of 4 GiB`. */
function share(part: number, whole: number): string {
  const [unit, size] = whole >= 2 ** 30 ? ['GiB', 2 ** 30] : ['MiB', 2 ** 20]
  const round = (value: number): string => String(Math.round((value / size) * 10) / 10)
  return part / size < 0.05 ? `${bytes(part)} of ${round(whole)} ${unit}` : `${round(part)} of ${round(whole)} ${unit}`
}

const end = (range: Range): number => range.base + range.len
const contains = (outer: Range, inner: Range): boolean => outer.base <= inner.base && end(outer) >= end(inner)
const totalOf = (ranges: readonly Range[]): number => ranges.reduce((sum, range) => sum + range.len, 0)
