// What dma-debug prints. The wording is the kernel's own output: logs are searched for it. What differs by release is in its dialect.
import { dirName } from '@dmalab/api'
import { phys, type Dialect, type PhysDigits } from './dialects.ts'
import type { DebugEntry, EntryRef, EntryType } from './entry.ts'

export const typeName = ({ typeNames }: Dialect, type: EntryType): string => typeNames[type]

const addr = (at: number): string => `0x${BigInt(at).toString(16).padStart(16, '0')}`
const dir = (value: number): string => `DMA_${dirName(value)}`
const where = (ref: { readonly dmaAddr: number; readonly size: number }): string =>
  `[device address=${addr(ref.dmaAddr)}] [size=${ref.size} bytes]`

export const unmapTexts = {
  errorCookie: (): string => 'device driver tries to free an invalid DMA memory address',
  notMapped: (ref: EntryRef): string => `device driver tries to free DMA memory it has not allocated ${where(ref)}`,
  size: (ref: EntryRef, entry: DebugEntry): string =>
    `device driver frees DMA memory with different size [device address=${addr(ref.dmaAddr)}] [map size=${entry.size} bytes] [unmap size=${ref.size} bytes]`,
  function: (dialect: Dialect, ref: EntryRef, entry: DebugEntry): string =>
    `device driver frees DMA memory with wrong function ${where(ref)} [mapped as ${typeName(dialect, entry.type)}] [unmapped as ${typeName(dialect, ref.type)}]`,
  cpuAddress: ({ cpuAddress }: Dialect, ref: EntryRef, alloc: number, free: number, digits: PhysDigits): string =>
    `device driver frees DMA memory with different CPU address ${where(ref)} [cpu alloc address=${cpuAddress(alloc, digits)}] [cpu free address=${cpuAddress(free, digits)}]`,
  sgCount: (ref: EntryRef, entry: DebugEntry): string =>
    `device driver frees DMA sg list with different entry count [map count=${entry.sgCallEnts}] [unmap count=${ref.sgCallEnts}]`,
  direction: (ref: EntryRef, entry: DebugEntry): string =>
    `device driver frees DMA memory with different direction ${where(ref)} [mapped with ${dir(entry.dir)}] [unmapped with ${dir(ref.dir)}]`,
  unchecked: (dialect: Dialect, entry: DebugEntry): string =>
    `device driver failed to check map error${where(entry)} [mapped as ${typeName(dialect, entry.type)}]`,
  attributes: (ref: EntryRef, entry: DebugEntry): string =>
    `device driver frees DMA memory with different attributes ${where(ref)} [mapped with 0x${entry.attrs.toString(16)}] [unmapped with 0x${ref.attrs.toString(16)}]`,
}

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

/** The address of the sync, and the size of the mapping. */
const both = (ref: EntryRef, entry: DebugEntry): string =>
  `${where({ dmaAddr: ref.dmaAddr, size: entry.size })} [mapped with ${dir(entry.dir)}] [synced with ${dir(ref.dir)}]`

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

export const unbindText = (dialect: Dialect, count: number, entry: DebugEntry): string =>
  `device driver has pending DMA allocations while released from device [count=${count}]\n` +
  `One of leaked entries details: ${where(entry)} [mapped with ${dir(entry.dir)}] [mapped as ${typeName(dialect, entry.type)}]`
