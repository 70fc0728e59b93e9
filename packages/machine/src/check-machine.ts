// What a schema cannot say: names that must exist, names that must differ, banks that must not overlap.
// Hazards (overlapping reserved regions, contradictory flags) are not errors: a broken board must be representable.
import { ALL_SNOOP } from './of/architectures.ts'
import { type ArchName, bytes, hex, type Machine, type Range } from '@dmalab/api'

/** One problem of a board and the path to it. */
export interface MachineProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** `arches` are what `arch:` may be. */
export function machineProblems(machine: Machine, arches: readonly ArchName[]): MachineProblem[] {
  return [
    ...unknownArch(machine, arches),
    ...overlappingBanks(machine.memory),
    ...repeatedNames('reserved', machine.reserved),
    ...repeatedNames('iommus', machine.iommus),
    ...repeatedNames('devices', machine.devices),
    ...danglingReferences(machine),
    ...impossibleLayout(machine),
    ...impossibleDevices(machine),
  ]
}

function unknownArch({ arch }: Machine, arches: readonly ArchName[]): MachineProblem[] {
  if (arches.includes(arch)) return []
  return [{ path: ['arch'], message: `expected one of ${arches.join(', ')}, or what a loaded plug-in brings` }]
}

function overlappingBanks(memory: readonly Range[]): MachineProblem[] {
  const problems: MachineProblem[] = []
  for (const [index, bank] of memory.entries()) {
    const before = memory.slice(0, index).find((other) => other.base < end(bank) && bank.base < end(other))
    if (before !== undefined)
      problems.push({
        path: ['memory', index],
        message: `bank at ${hex(bank.base)} (${bytes(bank.len)}) overlaps the bank at ${hex(before.base)} (${bytes(before.len)})`,
      })
  }
  return problems
}

function repeatedNames(list: string, items: readonly { readonly name: string }[]): MachineProblem[] {
  const seen = new Set<string>()
  const problems: MachineProblem[] = []
  for (const [index, { name }] of items.entries()) {
    if (seen.has(name)) problems.push({ path: [list, index, 'name'], message: `the name ${name} is taken` })
    seen.add(name)
  }
  return problems
}

function danglingReferences(machine: Machine): MachineProblem[] {
  const regions = new Set(machine.reserved.map((region) => region.name))
  const iommus = new Set(machine.iommus.map((iommu) => iommu.name))
  const devices = new Set(machine.devices.map((device) => device.name))
  const problems: MachineProblem[] = []
  for (const [index, device] of machine.devices.entries()) {
    for (const [at, pool] of device.pools.entries())
      if (!regions.has(pool))
        problems.push({
          path: ['devices', index, 'pools', at],
          message: `no reserved region is named ${pool}; there ${list([...regions])}`,
        })
    if (device.iommu !== undefined && !iommus.has(device.iommu))
      problems.push({
        path: ['devices', index, 'iommu'],
        message: `no IOMMU is named ${device.iommu}; there ${list([...iommus])}`,
      })
  }
  for (const [factory, target] of Object.entries(machine.bindings))
    if (!devices.has(target))
      problems.push({
        path: ['bindings', factory],
        message: `no device is named ${target}; there ${list([...devices])}`,
      })
  return problems
}

function impossibleLayout({ layout, memory }: Machine): MachineProblem[] {
  const problems: MachineProblem[] = []
  const first = Math.min(...memory.map((bank) => bank.base))
  if (layout.lowmemEnd !== undefined && layout.lowmemEnd <= first)
    problems.push({
      path: ['layout', 'lowmemEnd'],
      message: `expected an address above the first bank (${hex(first)}): without lowmem no kernel runs`,
    })
  if (layout.vmalloc !== undefined && layout.vmalloc.end <= layout.vmalloc.start)
    problems.push({ path: ['layout', 'vmalloc', 'end'], message: 'expected an end above the start' })
  return problems
}

function impossibleDevices({ arch, devices }: Machine): MachineProblem[] {
  if (!ALL_SNOOP.includes(arch)) return []
  return devices.flatMap(({ coherent }, index) =>
    coherent ? [] : [{ path: ['devices', index, 'coherent'], message: `on ${arch} every device snoops the caches` }],
  )
}

const end = (range: Range): number => range.base + range.len
const list = (names: readonly string[]): string =>
  names.length === 0 ? 'is none' : `${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
