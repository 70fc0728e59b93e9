// Copying between a scatterlist and a flat buffer, through the CPU's own mapping of each page (kmap).
import {
  type KernelMemory,
  type KernelVaddr,
  type Pfn,
  type PhysAddr,
  physOf,
  type SgCopyRange,
  type SgMapping,
  type SgPage,
  type SgTable,
} from '@dmalab/api'
import type { KernelStack } from '@dmalab/memory'
import { SgMiter } from './sg-iterate.ts'

/** What the copy helpers need of the machine. */
export interface SgCopyParts {
  readonly mem: KernelMemory
  readonly stack: KernelStack
  /** Bytes as the CPU sees them. */
  read(at: PhysAddr, into: Uint8Array): void
  write(at: PhysAddr, from: Uint8Array): void
}

/** Bytes copied from the list into `buffer`. Models: Linux v6.12 lib/scatterlist.c: sg_pcopy_to_buffer */
export const sgCopyToBuffer = (parts: SgCopyParts, table: SgTable, range: SgCopyRange, buffer: Uint8Array): number =>
  walk(parts, table, range, buffer.length, 'memcpy', (at, done, len) =>
    parts.read(at, buffer.subarray(done, done + len)),
  )

/** Bytes copied from `buffer` into the list. Models: Linux v6.12 lib/scatterlist.c: sg_pcopy_from_buffer */
export const sgCopyFromBuffer = (parts: SgCopyParts, table: SgTable, range: SgCopyRange, buffer: Uint8Array): number =>
  walk(parts, table, range, buffer.length, 'memcpy', (at, done, len) =>
    parts.write(at, buffer.subarray(done, done + len)),
  )

/** Bytes of the list set to zero, at most `len`. Models: Linux v6.12 lib/scatterlist.c: sg_zero_buffer */
export const sgZeroBuffer = (parts: SgCopyParts, table: SgTable, range: SgCopyRange, len: number): number =>
  walk(parts, table, range, len, 'memset', (at, _done, part) => parts.write(at, new Uint8Array(part)))

const walk = (
  parts: SgCopyParts,
  table: SgTable,
  range: SgCopyRange,
  len: number,
  symbol: string,
  visit: (at: PhysAddr, done: number, len: number) => void,
): number =>
  parts.stack.call(symbol === 'memset' ? 'sg_zero_buffer' : 'sg_copy_buffer', () => {
    const miter = new SgMiter(table, range.nents)
    if (!miter.skip(range.skip)) return 0
    let done = 0
    while (done < len) {
      const mapping = miter.next()
      if (mapping === null) break
      const part = Math.min(mapping.length, len - done)
      visit(kmap(parts, mapping, symbol), done, part)
      done += part
    }
    miter.stop()
    return done
  })

/** Physical address behind the mapping; faults where the page has none. Models: Linux v6.12 include/linux/highmem-internal.h: kmap_local_page */
const kmap = (parts: SgCopyParts, mapping: SgMapping, symbol: string): PhysAddr => {
  const { mem } = parts
  const pfn = (mem.pageToPfn(mapping.entry.page) + mapping.page) as Pfn
  const at = physOf(pfn, mapping.offset)
  if (mem.pageHighMem(pageAt(mapping.entry.page, pfn))) return at
  const virtual: KernelVaddr = mem.linearAddress(at)
  const mapped = mem.resolve(virtual)
  return mapped === undefined ? parts.stack.fault({ reason: 'paging request', address: virtual }, symbol) : mapped.phys
}

const pageAt = (first: SgPage, pfn: Pfn): SgPage => (first.kind === 'page' ? { kind: 'page', pfn } : first)
