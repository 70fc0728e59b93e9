// What dma-debug prints, per release. The wording is the kernel's own output: logs are searched for it.
import { dirName, type KernelText } from '@dmalab/api'
import type { DebugEntry, EntryRef, EntryType } from './entry.ts'

const TYPE_NAMES: Record<KernelText, Record<EntryType, string>> = {
  '4.11': names('scather-gather', 'page', 'coherent'),
  '6.1': names('scather-gather', 'single', 'coherent'),
  '6.12': names('scatter-gather', 'single', 'noncoherent'),
  '7.3': names('scatter-gather', 'phy', 'noncoherent'),
}

/** The misspelling of sg lists is the kernel's, corrected in 6.x. */
function names(sg: string, page: string, noncoherent: string): Record<EntryType, string> {
  return { single: 'single', page, sg, coherent: 'coherent', noncoherent, resource: 'resource', phy: 'phy' }
}

export const typeName = (release: KernelText, type: EntryType): string => TYPE_NAMES[release][type]

const addr = (at: number): string => `0x${BigInt(at).toString(16).padStart(16, '0')}`
/** Digits of a phys_addr_t printed with %pa: 8 on 32-bit kernels without LPAE. */
export type PhysDigits = 8 | 16
const phys = (at: number, digits: PhysDigits): string => `0x${at.toString(16).padStart(digits, '0')}`
const dir = (value: number): string => `DMA_${dirName(value)}`
const where = (ref: { readonly dmaAddr: number; readonly size: number }): string =>
  `[device address=${addr(ref.dmaAddr)}] [size=${ref.size} bytes]`

/** A message in its frame: the 2017 kernels name the device before the prefix, later ones after it. Overlaps are counted without one. */
export const framed = (release: KernelText, device: string, text: string, driver = '?'): string =>
  text.startsWith('exceeded ')
    ? `DMA-API: ${text}`
    : release === '4.11'
      ? `${driver} ${device}: DMA-API: ${text}`
      : `DMA-API: ${driver} ${device}: ${text}`

export const unmapTexts = {
  errorCookie: (): string => 'device driver tries to free an invalid DMA memory address',
  notMapped: (ref: EntryRef): string => `device driver tries to free DMA memory it has not allocated ${where(ref)}`,
  size: (ref: EntryRef, entry: DebugEntry): string =>
    `device driver frees DMA memory with different size [device address=${addr(ref.dmaAddr)}] [map size=${entry.size} bytes] [unmap size=${ref.size} bytes]`,
  function: (release: KernelText, ref: EntryRef, entry: DebugEntry): string =>
    `device driver frees DMA memory with wrong function ${where(ref)} [mapped as ${typeName(release, entry.type)}] [unmapped as ${typeName(release, ref.type)}]`,
  cpuAddress: (release: KernelText, ref: EntryRef, alloc: number, free: number, digits: PhysDigits): string => {
    // %pa brings its own 0x.
    const print = (at: number): string => (release === '4.11' || release === '6.1' ? addr(at) : `0x${phys(at, digits)}`)
    return `device driver frees DMA memory with different CPU address ${where(ref)} [cpu alloc address=${print(alloc)}] [cpu free address=${print(free)}]`
  },
  sgCount: (ref: EntryRef, entry: DebugEntry): string =>
    `device driver frees DMA sg list with different entry count [map count=${entry.sgCallEnts}] [unmap count=${ref.sgCallEnts}]`,
  direction: (ref: EntryRef, entry: DebugEntry): string =>
    `device driver frees DMA memory with different direction ${where(ref)} [mapped with ${dir(entry.dir)}] [unmapped with ${dir(ref.dir)}]`,
  unchecked: (release: KernelText, entry: DebugEntry): string =>
    `device driver failed to check map error${where(entry)} [mapped as ${typeName(release, entry.type)}]`,
  attributes: (ref: EntryRef, entry: DebugEntry, mask: number): string =>
    `device driver frees DMA memory with different attributes ${where(ref)} [mapped with 0x${masked(entry.attrs, mask)}] [unmapped with 0x${masked(ref.attrs, mask)}]`,
}

const masked = (attrs: number, mask: number): string => (BigInt(attrs) & BigInt(mask)).toString(16)

export const syncTexts = {
  notMapped: (ref: EntryRef): string => `device driver tries to sync DMA memory it has not allocated ${where(ref)}`,
  outside: (ref: EntryRef, entry: DebugEntry): string =>
    `device driver syncs DMA memory outside allocated range [device address=${addr(entry.dmaAddr)}] [allocation size=${entry.size} bytes] [sync offset+size=${ref.size}]`,
  direction: (ref: EntryRef, entry: DebugEntry): string =>
    `device driver syncs DMA memory with different direction ${both(ref, entry)}`,
  readOnly: (ref: EntryRef, entry: DebugEntry): string =>
    `device driver syncs device read-only DMA memory for cpu ${both(ref, entry)}`,
  writeOnly: (ref: EntryRef, entry: DebugEntry): string =>
    `device driver syncs device write-only DMA memory to device ${both(ref, entry)}`,
  sgCount: (ref: EntryRef, entry: DebugEntry): string =>
    `device driver syncs DMA sg list with different entry count [map count=${entry.sgCallEnts}] [sync count=${ref.sgCallEnts}]`,
}

const both = (ref: EntryRef, entry: DebugEntry): string =>
  `${where(ref)} [mapped with ${dir(entry.dir)}] [synced with ${dir(ref.dir)}]`

export const mapTexts = {
  stack: (virt: string): string => `device driver maps memory from stack [addr=${virt}]`,
  stackPage: (virt: string): string => `device driver maps memory from stack [probable addr=${virt}]`,
  text: (virt: string, len: number): string =>
    `device driver maps memory from kernel text or rodata [addr=${virt}] [len=${len}]`,
  invalid: (virt: string, len: number): string =>
    `device driver maps memory from invalid area [addr=${virt}] [len=${len}]`,
  vmalloc: (virt: string, len: number): string =>
    `device driver maps memory from vmalloc area [addr=${virt}] [len=${len}]`,
  segmentLength: (len: number, max: number): string =>
    `mapping sg segment longer than device claims to support [len=${len}] [max=${max}]`,
  segmentBoundary: (start: number, end: number, boundary: number): string =>
    `mapping sg segment across boundary [start=${addr(start)}] [end=${addr(end)}] [boundary=${addr(boundary)}]`,
  resourceRam: (at: number, digits: PhysDigits): string =>
    `dma_map_resource called for RAM address ${phys(at, digits)}`,
  cacheline: (): string => "cacheline tracking EEXIST, overlapping mappings aren't supported",
  cachelineOverflow: (line: number, digits: PhysDigits): string =>
    `exceeded 7 overlapping mappings of cacheline ${phys(line, digits)}`,
}

export const unbindText = (release: KernelText, count: number, entry: DebugEntry): string =>
  `device driver has pending DMA allocations while released from device [count=${count}]\n` +
  `One of leaked entries details: ${where(entry)} [mapped with ${dir(entry.dir)}] [mapped as ${typeName(release, entry.type)}]`
