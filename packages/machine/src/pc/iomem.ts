// /proc/iomem of a PC: where RAM lies, what its PCI host bridges reach, and which IOMMU it has.
import { InputError, type Range } from '@dmalab/api'

/** A host bridge's memory windows, by the number of its first bus. */
export interface BridgeWindows {
  /** `0000` and so on. */
  readonly domain: string
  readonly bus: number
  readonly windows: readonly Range[]
}

export interface IomemFacts {
  readonly ram: readonly Range[]
  readonly bridges: readonly BridgeWindows[]
  readonly iommu: 'intel-vtd' | 'amd-vi' | null
}

const LINE = /^( *)([0-9a-f]+)-([0-9a-f]+) : (.+?)\s*$/
const PAGE = 4096

/** Is this such a file? */
export const isIomem = (text: string): boolean => /^ *[0-9a-f]{8,16}-[0-9a-f]{8,16} : \S/m.test(text.slice(0, 4096))

/**
 * Is it that of a PC? Machines with a device tree have such a file, too.
 * Models: Linux v6.12 arch/x86/kernel/e820.c: e820_type_to_string
 * Models: Linux v6.12 arch/x86/kernel/apic/apic.c: lapic_insert_resource
 */
export const isPcIomem = (text: string): boolean =>
  isIomem(text) &&
  / : (?:Local APIC|IOAPIC \d+|ACPI Tables|ACPI Non-volatile Storage|System ROM|Video ROM)$/m.test(text)

/** @throws InputError for a file without RAM, and for one that was read without rights: the kernel shows zeros then */
export const readIomem = (text: string, file: string): IomemFacts => {
  const entries = text.split('\n').flatMap((line) => {
    const [, indent, first = '', last = '', name = ''] = LINE.exec(line) ?? []
    return indent === undefined
      ? []
      : [{ top: indent === '', base: Number.parseInt(first, 16), end: Number.parseInt(last, 16) + 1, name }]
  })
  const ram = entries.filter(({ top, name }) => top && name === 'System RAM')
  if (ram.length === 0) throw new InputError('names no System RAM', { file }, 'expected a copy of /proc/iomem')
  if (ram.every(({ end }) => end <= 1))
    throw new InputError('holds zeros for all addresses', { file }, 'copy it as root: sudo cat /proc/iomem > iomem.txt')
  const bridges = new Map<string, BridgeWindows & { readonly windows: Range[] }>()
  for (const { top, base, end, name } of entries) {
    const [, domain, bus] = /^PCI Bus ([0-9a-f]{4}):([0-9a-f]{2})$/.exec(name) ?? []
    if (!top || domain === undefined || bus === undefined) continue
    const key = `${domain}:${bus}`
    const bridge = bridges.get(key) ?? { domain, bus: Number.parseInt(bus, 16), windows: [] }
    bridge.windows.push({ base, len: end - base })
    bridges.set(key, bridge)
  }
  const named = (pattern: RegExp): boolean => entries.some(({ name }) => pattern.test(name))
  return {
    ram: joined(ram.map(({ base, end }) => ({ base: up(base), len: down(end) - up(base) }))),
    bridges: [...bridges.values()],
    iommu: named(/^dmar\d+$/) ? 'intel-vtd' : named(/^amd_iommu$/) ? 'amd-vi' : null,
  }
}

/** In whole pages; the kernel keeps page 0 for itself, and its memory map begins there all the same. */
const up = (at: number): number => (at <= PAGE ? 0 : Math.ceil(at / PAGE) * PAGE)
const down = (at: number): number => Math.floor(at / PAGE) * PAGE

/** Neighbours as one bank: the firmware's map has them apart. */
const joined = (ranges: readonly Range[]): Range[] => {
  const banks: { base: number; len: number }[] = []
  for (const { base, len } of ranges.filter((range) => range.len > 0).toSorted((a, b) => a.base - b.base)) {
    const last = banks.at(-1)
    if (last !== undefined && last.base + last.len === base) last.len += len
    else banks.push({ base, len })
  }
  return banks
}
