// Hazards of a board file: those of a device tree that a machine can still show. Masks are known here, so they are errors.
import { bytes, hex, type DeviceFacts, type Machine, type Range, type ReservedRegion } from '@dmalab/api'
import { boardRules } from '../of/architectures.ts'
import { toBanks } from '../import/physical-memory.ts'
import { SEVERITIES, type LintFinding, type Report } from './finding.ts'

export function lintMachine(machine: Machine): LintFinding[] {
  const findings: LintFinding[] = []
  const report: Report = (code, severity, node, message) => {
    findings.push({ code, severity, node, message })
  }
  const banks = toBanks(machine.memory.map(({ base, len }) => ({ base: BigInt(base), size: BigInt(len) })))
  for (const [index, region] of machine.reserved.entries()) {
    lintFlags(region, machine, report)
    lintPlace(region, banks, report)
    for (const other of machine.reserved.slice(index + 1))
      if (intersect(region, other)) report('region-overlap', 'error', region.name, `overlaps ${other.name}`)
  }
  for (const device of machine.devices) lintReach(device, machine, report)
  lintSharing(machine, report)
  return findings.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
}

function lintFlags(region: ReservedRegion, { arch, reserved }: Machine, report: Report): void {
  const { name, noMap, reusable } = region
  const say = (message: string): void => report('region-flags', 'error', name, message)
  const isCma = region.compatible === 'shared-dma-pool' && reusable && !noMap
  if (noMap && reusable) say('noMap and reusable: the kernel cannot use memory that it may not map')
  else if (region.compatible === 'restricted-dma-pool' && (noMap || reusable))
    say('a restricted pool takes neither noMap nor reusable')
  else if (boardRules(arch).poolsNeedNoMap && region.compatible === 'shared-dma-pool' && !noMap && !reusable)
    say('32-bit ARM takes no coherent pool that is mapped (no noMap)')
  if (region.default === 'cma' && !isCma)
    say('the default CMA area has to be a reusable shared-dma-pool that is mapped')
  const first = reserved.find((other) => other.default !== undefined && other.default === region.default)
  if (first !== undefined && first !== region)
    report('region-default-twice', 'warning', name, `${first.name} is the default area already`)
}

function lintPlace(region: ReservedRegion, banks: readonly Range[], report: Report): void {
  if (banks.some((bank) => contains(bank, region))) return
  const touched = banks.find((bank) => intersect(bank, region))
  if (touched !== undefined)
    report(
      'region-past-memory',
      'error',
      region.name,
      `runs past the bank at ${hex(touched.base)}, which ends at ${hex(end(touched))}`,
    )
  else if (region.noMap)
    report('region-outside-memory', 'info', region.name, `${hex(region.base)} is not memory of the board`)
  else
    report(
      'region-outside-memory',
      'error',
      region.name,
      `${hex(region.base)} is not memory, but the region is mapped as such`,
    )
}

function lintReach(device: DeviceFacts, machine: Machine, report: Report): void {
  if (machine.iommus.some((iommu) => iommu.name === device.iommu && iommu.enabled)) return
  for (const name of device.pools) {
    const pool = machine.reserved.find((region) => region.name === name)
    if (pool === undefined || !/^(shared|restricted)-dma-pool$/.test(pool.compatible ?? '')) continue
    const windows = device.dmaRanges ?? [{ cpu: 0, bus: 0, len: Infinity }]
    const window = windows.find(({ cpu, len }) => contains({ base: cpu, len }, pool))
    const last = window === undefined ? Infinity : end(pool) - 1 - window.cpu + window.bus
    if (window === undefined)
      report('pool-outside-window', 'error', device.name, `${name} at ${hex(pool.base)} lies outside its dmaRanges`)
    else if (last > Math.min(2 ** device.maskBits - 1, device.busLimit ?? Infinity))
      report(
        'pool-beyond-mask',
        'error',
        device.name,
        `${name} (${bytes(pool.len)}) ends at bus address ${hex(last)}: beyond its mask or bus limit`,
      )
  }
}

function lintSharing({ reserved, devices }: Machine, report: Report): void {
  for (const { name } of reserved) {
    const users = devices.filter((device) => device.pools.includes(name))
    const coherent = users.find((device) => device.coherent)
    const other = users.find((device) => !device.coherent)
    if (coherent !== undefined && other !== undefined)
      report(
        'pool-mixed-coherence',
        'warning',
        name,
        `shared by ${coherent.name}, which snoops the caches, and ${other.name}, which does not`,
      )
  }
}

const end = (range: Range): number => range.base + range.len
const contains = (outer: Range, inner: Range): boolean => outer.base <= inner.base && end(outer) >= end(inner)
const intersect = (a: Range, b: Range): boolean => a.base < end(b) && b.base < end(a)
