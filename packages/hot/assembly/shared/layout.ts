// Every offset in a machine's linear memory. Compiled by both asc and tsc, so that the two sides cannot disagree:
// integer `export const` only, no imports, no types. All offsets and sizes are bytes unless the name says otherwise.
//
//   0x000000  module data
//   0x010000  header             state of the engine, 4 KiB
//   0x011000  call block         arguments and results of list calls, 4 KiB
//   0x012000  poison page        what never-written RAM reads as
//   0x013000  mix page           lines gathered from several places, 4 KiB
//   0x014000  copy page          bytes on their way from one range to another, 4 KiB
//   0x015000  kept blocks        what stays where it is over a reset, 4 KiB
//   0x016000  dirty sections     bit per section: may any of its lines be dirty in the inner cache? 16 KiB
//   0x01a000  nothing            zeros: stands for bitmaps of sections that have none, 4 KiB
//   0x020000  stage              bytes on their way in or out of the module, 64 KiB
//   0x030000  page directory     u32 per section: which pages have a struct page
//   0x0b0000  section directory  u32 per section: address of its tables, 0 = nothing was ever touched there
//   0x130000  heap               frames of 4 KiB, section tables, scatterlists

export const LAYOUT_VERSION = 5

export const PAGE_SHIFT = 12
export const PAGE_SIZE = 4096

export const HEADER_BASE = 0x10000
export const CALL_BASE = 0x11000
export const POISON_BASE = 0x12000
export const MIX_BASE = 0x13000
export const COPY_BASE = 0x14000
export const KEPT_BASE = 0x15000
export const DIRTY_SECTIONS_BASE = 0x16000
export const NOTHING_BASE = 0x1a000
export const STAGE_BASE = 0x20000
export const STAGE_SIZE = 0x10000
// A u32 for each of the first sections; see directory.ts for the others.
export const NEAR_SECTIONS = 4096
export const PAGE_DIRECTORY_BASE = 0x30000
export const SECTION_DIRECTORY_BASE = 0x34000
export const HEAP_BASE = 0x38000

// For all sections up to 2^44: a u32 of the page directory each, then one of the section directory each.
export const FAR_SIZE = 0x80000
export const FAR_FRAMES = 256

// Header, u32 each.
export const H_HEAP_NEXT = 0 // frame number: frames from here on are not in use
export const H_HEAP_HIGH = 4 // frame number: frames from here on were never written and read as zero; survives a reset
export const H_FREE_FRAMES = 8 // frame number on top of the stack of recycled frames, 0 = none; each holds the next
export const H_FREE_COUNT = 12 // frames in that stack
export const H_SECTIONS = 16 // sections in use
export const H_SG_LISTS = 20 // scatterlists in use
export const H_LOG_BASE = 24 // address of the line log, 0 = off
export const H_LOG_CAPACITY = 28 // records it can hold
export const H_LOG_COUNT = 32 // records written; more than the capacity: the rest is lost
export const H_LOG_SPARE = 36 // address of the log's memory, also while it is off
export const H_HEAP_STOP = 40 // frame number: the next kept block, which the heap jumps over
export const H_HEAP_JUMPED = 44 // i32, frames below H_HEAP_NEXT that are not in use; kept blocks in use above it count negative
export const H_PAGES_FIRST = 48 // sections whose entry in the page directory may be set: first, and end; 0 and 0 = none
export const H_PAGES_END = 52
export const H_SECTIONS_FIRST = 56 // likewise of the section directory
export const H_SECTIONS_END = 60
export const H_FAR_DIRECTORIES = 64 // address of the words of sections from NEAR_SECTIONS on, 0 = none is set
export const H_SG_FREE = 256 // u32 per size class: record number of a recycled block's header, 0 = none

// What took the long way, u32 each, from H_LONG_WAYS on.
export const H_LONG_WAYS = 0x400
export const LONG_PASS = 0 // entries of a list that the general loop of a pass looked at
export const LONG_ENTRY = 1 // entries that needed no second look, and had no loop of their own kind
export const LONG_SINGLE = 2 // entries of a page that were mapped one at a time, not in fours
export const LONG_MAINTENANCE = 3 // ranges of cache maintenance that were not whole pages to clean
export const LONG_SECTION = 4 // sections that a clean of whole pages looked into
export const LONG_WORD = 5 // groups of 64 pages that any other operation on whole pages looked into
export const LONG_PAGE = 6 // pages of which lines were looked at
export const LONG_FILL = 7 // ranges of lines of a page that were filled
export const LONG_COPY = 8 // words of 64 lines with so many that they are copied run by run
export const LONG_SET = 9 // bytes that were set to a value
export const LONG_BYTES = 10 // bytes of a pattern in too short a piece: fewer than the loop takes at once, and again those that go one by one
export const LONG_RESET = 11 // groups of pages, and segments of a bounce pool, that the last reset cleaned
export const LONG_SLOTS = 12 // bounce slots that a search looked at
export const LONG_ALLOC = 13 // IOVA allocations that were no block of the window below the last one
export const LONG_FREE = 14 // IOVA ranges freed that do not lie in one word of the window
export const LONG_WALK = 15 // IOVA ranges that a search went past
export const LONG_CHUNK = 16 // chunks of a list that went through the tables from the top
export const LONG_LEAF = 17 // chunks of a list that went into a last-level table on their own
export const LONG_TABLE = 18 // last-level tables looked for
export const LONG_TABLE_ENTRY = 19 // table entries that were looked at or written one at a time
export const LONG_PAGES = 20 // pages of the short format that were no run in one table

// Kept blocks: a u32, how many; then one record each, by address. A kind says who cleans the block at a reset.
export const KEPT_RECORDS = 16
export const KEPT_STRIDE = 16
export const KEPT_MAX = 255
export const K_FRAME = 0 // u32, its first frame
export const K_FRAMES = 4 // u32
export const K_KIND = 8 // u32
export const K_SPARE = 12 // u32, 1 = clean and not in use
export const KEPT_SECTION = 0 // the tables of a section
export const KEPT_POOL = 1 // a bounce pool of so many slots: from here on

// A section: 128 MiB of physical space, 32768 pages, structure of arrays.
//
//   0x00000  dram frames   u32 per page: frame with what DRAM holds, 0 = never written
//   0x20000  cpu frames    u32 per page: frame behind the inner cache's lines (see inner.ts)
//   0x40000  bit per page  dirty, valid, page-clean, outer dirty, outer valid: 4 KiB each
//   0x45000  bit per word  of those bitmaps (dirty, valid, outer dirty, outer valid), 64 bytes each
//   0x45100  byte per 64 pages: 1 = anything of them may be set; what a reset cleans, 512 bytes
//   0x45300  u32          the section's number
//   0x46000  dirty lines   1, 2 or 4 u64 per page, then valid lines, the same size
//   then, with an outer cache: frames u32 per page, dirty lines 2 u64 per page, valid lines 2 u64 per page
//
// Summaries are conservative: a set bit may stand over zeros, a clear bit never stands over a set one.
export const SECTION_PAGES = 32768
export const SECTION_SHIFT = 15 // log2 of pages per section
export const S_DRAM = 0x00000
export const S_CPU = 0x20000
export const S_DIRTY_PAGES = 0x40000
export const S_VALID_PAGES = 0x41000
export const S_PAGE_CLEAN = 0x42000
export const S_OUTER_DIRTY_PAGES = 0x43000
export const S_OUTER_VALID_PAGES = 0x44000
export const S_DIRTY_WORDS = 0x45000
export const S_VALID_WORDS = 0x45040
export const S_OUTER_DIRTY_WORDS = 0x45080
export const S_OUTER_VALID_WORDS = 0x450c0
export const S_TOUCHED = 0x45100
export const S_NUMBER = 0x45300
export const S_LINES = 0x46000
export const S_MASK_BYTES = 0x40000 // one u64 per page
export const S_FRAMES_BYTES = 0x20000 // one u32 per page

// Outer cache lines (L210, PL310) are always 32 bytes: two words per page.
export const OUTER_LINE_SHIFT = 5

// Views of memory.
export const VIEW_MEMORY = 0 // DRAM: a device that does not snoop, an uncached mapping
export const VIEW_CPU = 1 // through the caches
export const VIEW_SNOOP = 2 // a coherent device

// Cache maintenance of a range.
export const OP_NONE = 0
export const OP_CLEAN = 1
export const OP_INVALIDATE = 2
export const OP_FLUSH = 3 // clean and invalidate

// Line log: 8 bytes a record: address low u32 | address high u16, level u8, kind u8.
export const LOG_STRIDE = 8
export const LOG_CLEAN = 1
export const LOG_INVALIDATE = 2
export const LOG_FLUSH = 3
export const LOG_SYNC = 4

// What a line of the inner cache is, a byte a line.
export const LINE_VALID = 1
export const LINE_DIRTY = 2
export const LINE_STALE = 4 // clean, and DRAM holds other bytes

// One scatterlist record, 32 bytes.
//   byte  0     4        8        12      16            24           28      32
//         | pfn | offset | length | attrs | dmaAddress  | dmaLength  | flags |
// A foreign kernel address in place of a page: its low 32 bits lie in pfn, bits 32..47 in the upper half of flags; it is
// sign-extended from bit 47, as kernel addresses are.
export const SG_STRIDE = 32
export const SG_SHIFT = 5
export const SG_PFN = 0
export const SG_OFFSET = 4
export const SG_LENGTH = 8
export const SG_ATTRS = 12
export const SG_DMA_ADDRESS = 16 // u64
export const SG_DMA_LENGTH = 24
export const SG_FLAGS = 28
export const SG_F_PAGE = 1 // page_link holds a page
export const SG_F_VADDR = 2 // page_link holds a kernel address; neither bit: NULL
export const SG_F_END = 4 // last entry of its list
export const SG_F_MAPPED = 8 // dmaAddress and dmaLength were written by a mapping
export const SG_F_USER = 0x100 // bits 8..15: for whoever owns the list
export const SG_VADDR_SHIFT = 16

// The header record in front of every list; also 32 bytes.
export const SGH_MAGIC = 0
export const SGH_CLASS = 4
export const SGH_COUNT = 8
export const SGH_NEXT = 12
export const SG_LIVE = 0x5367_6c73
export const SG_DEAD = 0x6465_6164

// Call block of list operations: arguments, u32 each.
export const A_LIST = 0 // record number of entry 0
export const A_FROM = 4 // first entry
export const A_COUNT = 8 // entries from there
export const A_OP = 12 // OP_*
export const A_FLAGS = 16 // AF_*
export const A_SKIP = 20 // entries whose attributes share a bit with this are left alone
export const A_LIMIT_LOW = 24 // last bus address the device reaches
export const A_LIMIT_HIGH = 28
export const A_HIGHMEM = 32 // first highmem pfn
export const A_RANGES = 36 // number of ranges, 0 = bus address is physical address
export const A_BUS_LOW = 40 // width of a bus address as a mask
export const A_BUS_HIGH = 44
export const AF_MAP = 1 // compute and write dmaAddress
export const AF_NEED_PAGE = 2 // stop where no struct page exists
export const AF_HIGHMEM_INNER = 4 // highmem pages have a mapping, so the inner cache is maintained there too
export const AF_CPU_SIDE = 8 // for the CPU: outer cache before the inner one
export const AF_BY_BUS = 16 // the physical address comes from dmaAddress, not from the page
export const AF_DMA_LENGTH = 32 // length comes from dmaLength
export const AF_PAGE_CLEAN = 64 // set the page-clean flag of every page covered in full
export const AF_OLD_CODE = 128 // invalidate as older ARMv7 code does

// Address ranges behind the arguments, 16 bytes each: first pfn u32, end pfn u32, bus minus physical address i64.
export const A_RANGE_BASE = 0x100
export const A_RANGE_STRIDE = 16
export const A_RANGE_MAX = 64

// Constants of a loop, four lanes each.
export const V_BASE = 0x900
export const V_LIMITS = 0x910
export const V_UNFIT = 0x920
export const V_MOVE = 0x930
export const V_MAPPED = 0x940
export const V_STEPS = 0x980 // four of them, which stay: see pattern.ts

// Results, u32 each.
export const R_BASE = 0x800
export const R_NEXT = 0x800 // entry at which the loop stopped
export const R_CODE = 0x804 // R_OK ...
export const R_MAPPED = 0x808
export const R_SKIPPED = 0x80c // entries left alone
export const R_SKIPPED_LINES = 0x810 // inner line operations that this saved
export const R_LINES = 0x814 // inner line operations
export const R_WRITTEN_BACK = 0x818
export const R_OUTER_LINES = 0x81c
export const R_OUTER_WRITTEN_BACK = 0x820
export const R_PFN = 0x824 // R_BAD_PAGE: the page that has no struct page
export const R_WRONG = 0x828 // compare: bytes that differ
export const R_FIRST_WRONG = 0x82c // index of the first one
export const R_OK = 0
export const R_NO_RANGE = 1
export const R_UNREACHABLE = 2
export const R_BAD_PAGE = 3
