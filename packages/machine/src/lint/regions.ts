// Hazards of reserved memory by itself: where regions lie, what their flags say, what Linux makes of them.
import { bytes, type Range } from '@dmalab/api'
import type { TreeFacts, RegionNode } from '../facts/types.ts'
import { FreeMemory, roundUp, toBanks, toNumber, toPages } from '../import/physical-memory.ts'
import { TREE_RULES } from '../of/architectures.ts'
import type { Report } from './finding.ts'

export function lintRegions(facts: TreeFacts, report: Report): void {
  const { reserved_memory: reserved, overlaps, memory } = facts
  for (const { a, b, base, size } of overlaps)
    report('region-overlap', 'error', a, `overlaps ${b} at ${base}, ${bytes(toNumber(BigInt(size)))}`)
  const banks = memory
    .filter((node) => node.enabled)
    .flatMap((node) => node.regions.map((each) => ({ ...each, path: node.path })))
  lintBanks(banks, report)
  if (reserved === null) return
  if (!reserved.linux_usable && reserved.regions.some((region) => region.enabled))
    report(
      'reserved-memory-ignored',
      'error',
      '/reserved-memory',
      reserved.ranges === 'missing'
        ? 'has no ranges, so Linux ignores every region'
        : `#address-cells and #size-cells (${reserved.address_cells ?? 'none'}, ${reserved.size_cells ?? 'none'}) differ from those of the root, so Linux ignores every region`,
    )
  const pieces = toBanks(banks.map(big))
  for (const region of reserved.regions) {
    if (!region.enabled) continue
    lintResult(region, report)
    lintFlags(region, facts, report)
    lintPlace(region, facts, pieces, report)
  }
  lintDefaults(reserved.regions, report)
  lintFit(facts, pieces, report)
}

/** Each bank that begins inside another one. */
function lintBanks(
  banks: readonly { readonly path: string; readonly base: string; readonly size: string }[],
  report: Report,
): void {
  const sorted = banks
    .map((bank, index) => ({ ...big(bank), path: bank.path, index }))
    .toSorted((a, b) => (a.base < b.base ? -1 : a.base > b.base ? 1 : a.index - b.index))
  let [longest] = sorted
  for (const bank of sorted.slice(1)) {
    if (longest === undefined) return
    if (bank.base < longest.base + longest.size)
      report('memory-overlap', 'warning', bank.path, `0x${bank.base.toString(16)} is already part of ${longest.path}`)
    if (bank.base + bank.size > longest.base + longest.size) longest = bank
  }
}

function lintResult(region: RegionNode, report: Report): void {
  const cells = region.reg_leftover_cells
  const because: Partial<Record<RegionNode['linux_result'], string>> = {
    'rejected-reg-length': `reg is not a whole number of entries${cells === undefined ? '' : ` (${cells} cells left over)`}`,
    'rejected-size-length': `size takes ${region.size_bad_length ?? 0} bytes, not what #size-cells says`,
    'rejected-alignment-length': `alignment takes ${region.alignment_bad_length ?? 0} bytes, not what #address-cells says`,
    'rejected-alloc-ranges-length': 'alloc-ranges is not a whole number of entries',
    'skipped-no-reg-no-size': 'it has neither reg nor size',
    'nothing-zero-size': 'its size is zero',
  }
  const why = because[region.linux_result]
  if (why !== undefined)
    report(
      'region-refused',
      region.linux_result === 'nothing-zero-size' ? 'warning' : 'error',
      region.path,
      `Linux reserves nothing: ${why}`,
    )
  const { alignment } = region
  if (alignment !== null && !isPowerOfTwo(BigInt(alignment)))
    report('region-refused', 'warning', region.path, `alignment ${alignment} is not a power of two`)
}

function lintFlags(region: RegionNode, { arch }: TreeFacts, report: Report): void {
  const { path, no_map: noMap, reusable, linux_cma_default: cmaDefault, linux_dma_default: dmaDefault, kind } = region
  const say = (message: string): void => report('region-flags', 'error', path, message)
  const restricted = region.compatible.includes('restricted-dma-pool')
  if (noMap && reusable)
    say('no-map and reusable: the kernel cannot use memory that it may not map; Linux takes neither as a pool')
  else if (restricted && (noMap || reusable))
    say(`restricted-dma-pool with ${noMap ? 'no-map' : 'reusable'}: Linux refuses the pool`)
  if (noMap && cmaDefault) say('no-map and linux,cma-default: a CMA area has to be mapped')
  else if (cmaDefault && kind !== 'cma') say(`linux,cma-default on a region that is not a CMA area (${kind})`)
  if (dmaDefault && (reusable || restricted)) say('linux,dma-default on a region that is not a coherent pool')
  else if (dmaDefault && !region.compatible.includes('shared-dma-pool'))
    say('linux,dma-default without shared-dma-pool')
  if (kind === 'coherent-pool-refused-on-arm32')
    say('shared-dma-pool with neither reusable nor no-map: 32-bit ARM takes no coherent pool that is mapped')
  if (reusable && region.compatible.length === 0)
    report('region-flags', 'warning', path, 'reusable without compatible: nobody reuses it')
  const block = TREE_RULES[arch].cmaBlock
  for (const entry of kind === 'cma' ? (region.reg ?? []).slice(0, 1) : [])
    if (BigInt(entry.base) % BigInt(block) !== 0n || BigInt(entry.size) % BigInt(block) !== 0n)
      report(
        'region-alignment',
        'error',
        path,
        `CMA area ${entry.base}, ${entry.size}: not in whole page blocks of ${bytes(block)}`,
      )
}

/** What needs memory must lie in it. On-chip RAM for a device, never mapped by the kernel, may lie anywhere. */
function lintPlace(region: RegionNode, facts: TreeFacts, banks: readonly Range[], report: Report): void {
  const width = 32 * Math.min(2, facts.reserved_memory?.address_cells ?? 1)
  for (const entry of region.reg ?? []) {
    const { base, size } = big(entry)
    if (size === 0n) continue
    const end = base + size
    if (end > 2n ** BigInt(width)) {
      report(
        'region-wraps',
        'error',
        region.path,
        `${entry.base} and ${entry.size} pass the end of ${width}-bit addresses`,
      )
      continue
    }
    if (banks.length === 0) continue
    const inside = (bank: Range): boolean => base >= BigInt(bank.base) && end <= BigInt(bank.base + bank.len)
    if (banks.some(inside)) continue
    const touched = banks.find((bank) => intersect({ base, size }, { base: BigInt(bank.base), size: BigInt(bank.len) }))
    if (touched !== undefined)
      report(
        'region-past-memory',
        'error',
        region.path,
        `${entry.base}..0x${(end - 1n).toString(16)} runs past memory, which ends at 0x${(touched.base + touched.len).toString(16)}`,
      )
    else lintOutside(region, entry.base, base >= BigInt(lastOf(banks)), report)
  }
}

/**
 * A boot loader may know of more memory, above what is stated. On-chip RAM lies below it, on its own, and is a device's affair.
 */
function lintOutside(region: RegionNode, base: string, above: boolean, report: Report): void {
  const needsMemory =
    region.kind === 'cma' || region.kind === 'swiotlb-pool' || (region.kind === 'coherent-pool' && !region.no_map)
  const pastTheEnd = above && region.kind === 'coherent-pool' && !region.linux_dma_default
  if (needsMemory || pastTheEnd)
    report(
      'region-outside-memory',
      above ? 'warning' : 'error',
      region.path,
      `${region.kind} at ${base}: the device tree states no memory there${above ? ', and it needs a boot loader that adds some' : ''}`,
    )
  else report('region-outside-memory', 'info', region.path, `${base} is not memory that the device tree states`)
}

function lintDefaults(regions: readonly RegionNode[], report: Report): void {
  for (const flag of ['linux_cma_default', 'linux_dma_default'] as const) {
    const [first, ...others] = regions.filter((region) => region.enabled && region[flag])
    for (const other of others)
      report(
        'region-default-twice',
        'warning',
        other.path,
        `${flag.replace('_', ',').replace('_', '-')} is already claimed by ${first?.path ?? ''}`,
      )
  }
}

/** Places dynamic regions as Linux does: in their order, top down, inside alloc-ranges. */
function lintFit({ reserved_memory: reserved, memreserve }: TreeFacts, banks: readonly Range[], report: Report): void {
  if (banks.length === 0) return
  const taken = [
    ...(reserved?.regions ?? [])
      .filter((region) => region.linux_result === 'static')
      .flatMap((region) => region.reg ?? [])
      .map(big),
    ...memreserve.map(({ address, size }) => ({ base: BigInt(address), size: BigInt(size) })),
  ]
  const free = new FreeMemory(
    banks,
    taken.map(toPages).filter((range) => range !== undefined),
  )
  for (const region of reserved?.regions ?? []) {
    if (region.linux_result !== 'dynamic' || region.size === null) continue
    const len = roundUp(toNumber(BigInt(region.size)), 4096)
    const align = Math.max(4096, toNumber(BigInt(region.alignment ?? 0)))
    const windows = region.alloc_ranges?.map((entry) => toPages(big(entry))).filter((range) => range !== undefined)
    if (windows?.length === 0 || free.place(len, align, windows) === undefined)
      report(
        'region-does-not-fit',
        'error',
        region.path,
        `no free ${bytes(len)} in ${windows === undefined ? 'memory' : 'its alloc-ranges'}`,
      )
  }
}

const big = ({ base, size }: { readonly base: string; readonly size: string }) => ({
  base: BigInt(base),
  size: BigInt(size),
})
type Big = ReturnType<typeof big>
const intersect = (a: Big, b: Big): boolean => a.base < b.base + b.size && b.base < a.base + a.size
const lastOf = (banks: readonly Range[]): number => Math.max(...banks.map((bank) => bank.base + bank.len))
const isPowerOfTwo = (value: bigint): boolean => value > 0n && !value.toString(2).slice(1).includes('1')
