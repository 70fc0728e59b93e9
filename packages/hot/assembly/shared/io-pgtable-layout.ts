// Records of the IOMMU engine in linear memory: its state, the event log, and one record per page table.
// Compiled by asc and by tsc; integers only.
//
// state of the IOMMU engine, in the second half of the header page, so that a reset clears it
//   +0    free list heads, u32 each, index = log2 of the block's bytes (10..20)
//   +96   log base | log count | log capacity | log mask | warnings
//   +128  result u64 | second result u64
//   +192  scratch, u32[16]
export const IO_BASE = 0x10800
export const IO_MIN_ORDER = 10 // 1 KiB: a level-2 table of the short-descriptor format
export const IO_MAX_ORDER = 20 // 1 MiB: 16 concatenated top tables of 64 KiB
export const IO_FREE = 0 // u32[24], free list heads
export const IO_LOG = 96 // u32, first log record; 0 = none yet
export const IO_LOG_COUNT = 100 // u32, records written
export const IO_LOG_CAPACITY = 104 // u32, records that fit
export const IO_LOG_MASK = 108 // u32, 1 << kind for each kind that is written
export const IO_WARNINGS = 112 // u32, kernel warnings raised since the binding last cleared it
export const IO_RESULT = 128 // u64, bytes mapped or unmapped by the last call, or the address found
export const IO_RESULT_2 = 136 // u64, second result where there is one
export const IO_SCRATCH = 192 // u32[16], level-1 entries on their way out

// log record
//   byte  0      4       8    16   24   32        40
//         | kind | count | a  | b  | c  | d       |
export const LOG_STRIDE = 40
export const LOG_KIND = 0 // u32
export const LOG_COUNT = 4 // u32, consecutive equal calls, the address advancing each time
export const LOG_A = 8 // u64
export const LOG_B = 16 // u64
export const LOG_C = 24 // u64
export const LOG_D = 32 // u64

export const LOG_TABLE_ALLOC = 1 // a = table
export const LOG_TABLE_FREE = 2 // a = table
export const LOG_FLUSH_WALK = 3 // a = iova, b = size, c = granule
export const LOG_ADD_PAGE = 4 // a = iova, b = granule
export const LOG_FLUSH_ALL = 5
export const LOG_DIRTY = 6 // a = iova, b = size
export const LOG_TABLE_MAP = 7 // a = table, b = bytes
export const LOG_TABLE_UNMAP = 8 // a = table, b = bytes
export const LOG_TABLE_SYNC = 9 // a = table, b = offset, c = bytes
export const LOG_MAP = 10 // a = iova, b = paddr, c = page size, d = count * 2^32 + prot
export const LOG_UNMAP = 11 // a = iova, b = page size, c = count
export const LOG_IOMMU_MAP = 12 // a whole iommu_map: a = iova, b = paddr, c = size
export const LOG_QUIRK = 14 // a kernel bug showed itself: a = IO_QUIRK_*, b = iova
export const IO_QUIRK_V7S_SPLIT = 1
export const IO_QUIRK_V7S_SUPERSECTION = 2
export const IO_QUIRK_BLOCK_REPLACES = 3
export const IO_QUIRK_MAP_DESTROYS = 4
export const IO_QUIRK_SEGMENT_LIMIT = 5
export const IO_QUIRK_UNMAP_AT_TOP = 6
export const IO_QUIRK_PARTIAL_UNMAP = 7 // a part of a block: nothing is unmapped
export const LOG_IOMMU_UNMAP = 13 // a whole iommu_unmap: a = iova, b = size, c = bytes unmapped

// one page table
//   byte 0        4     8       12        16    20    24    28       32         40      44
//        | format | bpl | start | pgdBits | pgd | ias | oas | quirks | pgsizes   | flags |
export const PT_FORMAT = 0 // u32, see FORMAT_*
export const PT_BPL = 4 // u32, index bits of one level
export const PT_START = 8 // u32, first level, 0..3
export const PT_PGD_BITS = 12 // u32, index bits of the top table
export const PT_PGD = 16 // u32, top table
export const PT_IAS = 20 // u32, input address bits
export const PT_OAS = 24 // u32, output address bits
export const PT_QUIRKS = 28 // u32
export const PT_PAGE_SIZES = 32 // u64, supported page sizes, one bit each
export const PT_FLAGS = 40 // u32, see PT_F_*
export const PT_SIZE = 64

export const FORMAT_ACCEPT = 0 // no tables: every call is accepted, for a driver that only records
export const FORMAT_LPAE_S1 = 1
export const FORMAT_LPAE_S2 = 2
export const FORMAT_V7S = 3

export const PT_F_32BIT = 32 // one of the ARM_32 formats
export const PT_F_COHERENT = 1 // the walker snoops: no cache maintenance of tables
export const PT_F_SELFTEST = 2 // mapping over a mapping raises no warning
export const PT_F_FIX_SPLIT = 4 // v7s: a split section keeps its physical address
export const PT_F_FIX_SUPERSECTION = 8 // v7s: a supersection can be split anywhere
export const PT_F_FIX_OVERWRITE = 16 // a block never replaces a table, and a refused map changes nothing
export const PT_F_PART_REFUSED = 64 // unmapping a part of a block unmaps nothing
export const PT_F_PART_IS_WHOLE = 128 // unmapping a part of a block unmaps all of it

export const QUIRK_NS = 1
export const QUIRK_NO_PERMS = 2
export const QUIRK_MTK_EXT = 8
export const QUIRK_TTBR1 = 32
export const QUIRK_OUTER_WBWA = 64
export const QUIRK_HD = 128

export const PROT_READ = 1
export const PROT_WRITE = 2
export const PROT_CACHE = 4
export const PROT_NOEXEC = 8
export const PROT_MMIO = 16
export const PROT_PRIV = 32

export const GATHER_NONE = 0
export const GATHER_NORMAL = 1
export const GATHER_QUEUED = 2

export const IO_EINVAL = -22
export const IO_EEXIST = -17
export const IO_ERANGE = -34
export const IO_ENOMEM = -12
