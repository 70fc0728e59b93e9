// Header and memory reservation block of a device tree blob, checked as libfdt checks them.
import { cellAt } from './node.ts'

/** libfdt's error names, without the FDT_ERR_ prefix. */
export type FdtErrorCode = 'TRUNCATED' | 'BADMAGIC' | 'BADVERSION' | 'BADSTRUCTURE' | 'BADOFFSET'

/** Why a blob is refused, and the byte of the blob where that shows. */
export interface FdtError {
  readonly ok: false
  readonly code: FdtErrorCode
  readonly offset: number
  readonly reason: string
}

export interface FdtHeader {
  readonly totalsize: number
  readonly off_dt_struct: number
  readonly off_dt_strings: number
  readonly off_mem_rsvmap: number
  readonly version: number
  readonly last_comp_version: number
  readonly boot_cpuid_phys: number
  readonly size_dt_strings: number
  readonly size_dt_struct: number
}

export interface MemReserve {
  readonly address: bigint
  readonly size: bigint
}

const MAGIC = 0xd00dfeed
const SMALLEST_HEADER = 28
const FIRST_VERSION = 2
const LAST_VERSION = 17
const RESERVE_ENTRY = 16
/** Sizes are C ints in libfdt. */
export const INT_MAX = 0x7fff_ffff

export const refuse = (code: FdtErrorCode, offset: number, reason: string): FdtError => ({
  ok: false,
  code,
  offset,
  reason,
})

/** Models: libfdt 1.7.2 fdt.c: fdt_check_header, and what fdt_check_full asks of the header before and after it */
export function readHeader(blob: Uint8Array): { readonly ok: true; readonly header: FdtHeader } | FdtError {
  const length = blob.length
  if (length < SMALLEST_HEADER) return refuse('TRUNCATED', length, `the smallest header takes ${SMALLEST_HEADER} bytes`)
  const version = cellAt(blob, 5)
  const headerSize = headerSizeOf(version)
  if (length < headerSize)
    return refuse('TRUNCATED', length, `the header of version ${version} takes ${headerSize} bytes`)
  if (cellAt(blob, 0) !== MAGIC) return refuse('BADMAGIC', 0, `expected the magic number 0x${MAGIC.toString(16)}`)
  const header: FdtHeader = {
    totalsize: cellAt(blob, 1),
    off_dt_struct: cellAt(blob, 2),
    off_dt_strings: cellAt(blob, 3),
    off_mem_rsvmap: cellAt(blob, 4),
    version,
    last_comp_version: cellAt(blob, 6),
    boot_cpuid_phys: cellAt(blob, 7),
    size_dt_strings: cellAt(blob, 8),
    size_dt_struct: cellAt(blob, 9),
  }
  const problem = headerProblem(header, headerSize)
  if (problem !== undefined) return problem
  if (length < header.totalsize)
    return refuse('TRUNCATED', length, `the blob ends here, but its header says ${header.totalsize} bytes`)
  return { ok: true, header }
}

function headerProblem(header: FdtHeader, headerSize: number): FdtError | undefined {
  const { totalsize, version, last_comp_version: last } = header
  if (version < FIRST_VERSION) return refuse('BADVERSION', 20, `version ${version} is older than ${FIRST_VERSION}`)
  if (last > LAST_VERSION)
    return refuse('BADVERSION', 24, `needs a reader of version ${last}; ${LAST_VERSION} is known`)
  if (version < last)
    return refuse('BADVERSION', 20, `version ${version} is older than what it is compatible with, ${last}`)
  if (totalsize < headerSize) return refuse('TRUNCATED', 4, `total size ${totalsize} is less than the header`)
  if (totalsize > INT_MAX) return refuse('TRUNCATED', 4, `total size ${totalsize} is over 2 GiB`)
  const inside = (at: number): boolean => at >= headerSize && at <= totalsize
  if (!inside(header.off_mem_rsvmap))
    return refuse('TRUNCATED', 16, 'the memory reservation block lies outside the blob')
  if (!inside(header.off_dt_struct) || (version >= 17 && !inside(header.off_dt_struct + header.size_dt_struct)))
    return refuse('TRUNCATED', 8, 'the structure block lies outside the blob')
  if (!inside(header.off_dt_strings) || !inside(header.off_dt_strings + header.size_dt_strings))
    return refuse('TRUNCATED', 12, 'the strings block lies outside the blob')
  return undefined
}

/**
 * Memory reservations up to the first entry of size zero, which ends the list whatever its address is.
 * Models: libfdt 1.7.2 fdt_ro.c: fdt_num_mem_rsv
 */
export function readReservations(
  blob: Uint8Array,
  { off_mem_rsvmap: start, totalsize }: FdtHeader,
): { readonly ok: true; readonly entries: readonly MemReserve[] } | FdtError {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
  const entries: MemReserve[] = []
  for (let at = start; at <= totalsize - RESERVE_ENTRY; at += RESERVE_ENTRY) {
    const size = view.getBigUint64(at + 8)
    if (size === 0n) return { ok: true, entries }
    entries.push({ address: view.getBigUint64(at), size })
  }
  return refuse('TRUNCATED', totalsize, 'the memory reservation block has no end')
}

const headerSizeOf = (version: number): number => {
  if (version <= 1) return 28
  if (version <= 2) return 32
  return version <= 16 ? 36 : 40
}
