// Memory of the board against what its devices reach, by class: what bounces, or fails, once memory is there.
import { bytes, isInputError, type DeviceFacts, type Range } from '@dmalab/api'
import { isMaskKnown } from '../assumed-mask.ts'
import type { TreeFacts } from '../facts/types.ts'
import type { FdtNode } from '../fdt/node.ts'
import { importDevices } from '../import/devices.ts'
import { importMemory, type MemoryOptions } from '../import/parts.ts'
import { TREE_RULES } from '../of/architectures.ts'
import type { DeviceTree } from '../of/tree.ts'
import type { Report } from './finding.ts'

/** Devices that a message names. */
const LISTED = 4

export function lintMemory(
  tree: DeviceTree,
  facts: TreeFacts,
  options: Omit<MemoryOptions, 'file'>,
  report: Report,
): void {
  const memory = banksOf(facts, options)
  if (memory === undefined) {
    report(
      'memory-not-stated',
      'info',
      facts.memory[0]?.path ?? '/memory',
      'the tree states no memory: --memory SIZE checks what its devices reach of it',
    )
    return
  }
  const total = memory.reduce((sum, { len }) => sum + len, 0)
  const { devices, iommus } = importDevices(tree, facts, new Map())
  const translated = new Set(iommus.flatMap(({ name, enabled }) => (enabled ? [name] : [])))
  const groups = new Map<string, { readonly reach: number; readonly devices: DeviceFacts[] }>()
  for (const device of devices) {
    if (device.iommu !== undefined && translated.has(device.iommu)) continue
    if (!mapsMemory(tree.byPath(device.title ?? ''))) continue
    const reach = memory.reduce((sum, bank) => sum + reachOf(bank, device), 0)
    if (reach >= total) continue
    const key = `${device.class} ${reach}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { reach, devices: [device] })
    else group.devices.push(device)
  }
  const severity = TREE_RULES[facts.arch].lowmem ? 'warning' : 'info'
  for (const { reach, devices: alike } of groups.values()) {
    const [first] = alike
    if (first === undefined) continue
    const guessed = alike.some((device) => !isMaskKnown(device))
    const names = alike.slice(0, LISTED).map(({ name }) => name)
    const more = alike.length > LISTED ? ` and ${alike.length - LISTED} more` : ''
    report(
      'ram-beyond-reach',
      severity,
      first.title ?? first.name,
      `${first.class}: ${names.join(', ')}${more}: ${bytes(reach)} of ${bytes(total)} of memory in reach${guessed ? ', unless the driver asks for more than 32 bits' : ''}; the rest ${TREE_RULES[facts.arch].outOfReach}`,
    )
  }
}

/** Not a node that only joins others, such as a display subsystem, nor a processor with a system of its own. */
const mapsMemory = (node: FdtNode | undefined): boolean =>
  node?.has('reg') === true &&
  !/rproc|remoteproc|[-_](pas|pil|scp|m4|r5f|[ac]?dsp|c7x|pru)\b|\b(scp|r5fss)\b/.test(node.compatible.join(' '))

/** undefined: neither the tree nor the options say. @throws InputError where memory is given, and where it starts is not known */
function banksOf(facts: TreeFacts, options: Omit<MemoryOptions, 'file'>): readonly Range[] | undefined {
  try {
    return importMemory(facts, { ...options, file: facts.file }).value
  } catch (error) {
    const isGiven = options.memory !== undefined || options.memorySize !== undefined
    if (isInputError(error) && !isGiven) return undefined
    throw error
  }
}

/** Bytes of a bank that windows and mask let a device address. */
function reachOf(bank: Range, { dmaRanges, maskBits, busLimit }: DeviceFacts): number {
  const limit = Math.min(2 ** maskBits, (busLimit ?? Infinity) + 1)
  const windows = dmaRanges ?? [{ cpu: 0, bus: 0, len: Infinity }]
  return windows.reduce((sum, { cpu, bus, len }) => {
    const top = Math.min(bank.base + bank.len, cpu + Math.min(len, limit - bus))
    return sum + Math.max(0, top - Math.max(bank.base, cpu))
  }, 0)
}
