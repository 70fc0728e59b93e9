// Records of the IOVA allocator in linear memory. Compiled by asc and by tsc; integers only.
//
// one domain; pfn = address / granule; an entry is known by its lowest pfn
//   byte 0       8       16      24      32        40            48       52      56         60
//        | start | bound | m32   | cached | cached32 | windowBase  | window | outer | outerCount | outerCap |
export const IV_START = 0 // u64, lowest pfn ever handed out
export const IV_BOUND = 8 // u64, first pfn at or above 4 GiB
export const IV_M32 = 16 // u64, smallest request below 4 GiB that is known to fail
export const IV_CACHED = 24 // u64, entry where a search starts
export const IV_CACHED32 = 32 // u64, the same for requests that must stay below 4 GiB
export const IV_WINDOW_BASE = 40 // u64, first pfn of the window, a multiple of 64
export const IV_WINDOW = 48 // u32, the window's bitmaps; 0 = none yet
export const IV_OUTER = 52 // u32, sorted array of the entries that do not lie wholly in the window
export const IV_OUTER_COUNT = 56 // u32
export const IV_OUTER_CAP = 60 // u32, log2 of the array's bytes
export const IV_ORDER = 10 // log2 of the record's bytes

export const OUTER_STRIDE = 16 // lo u64, hi u64

// The window: 2^20 pfns as bitmaps of three levels each, a set bit in a level meaning a non-zero word below.
// Orders 0..5: bit i set = the aligned block of 2^order pfns number i is free. Then the first and the last pfns of entries.
export const WINDOW_BITS = 20
export const WINDOW_ORDERS = 6
export const WINDOW_ORDER = 20 // log2 of the window's bytes
export const BITMAP_L1 = 0x20000 // from a bitmap's start
export const BITMAP_L2 = 0x20800
export const MAP_FREE = 0 // order 0; 128 KiB, 2 KiB and 32 bytes
export const MAP_FIRST = 0x21000 // first pfns of entries
export const MAP_LAST = 0x42000 // last pfns of entries
export const MAP_ORDERS = 0x63000 // orders 1..5, half as long each, so that one fits between the levels of the one before
