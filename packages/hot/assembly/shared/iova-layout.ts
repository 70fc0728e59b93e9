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
export const IV_WINDOW = 48 // u32, the window; 0 = none yet
export const IV_OUTER = 52 // u32, sorted array of the entries that do not lie wholly in the window
export const IV_OUTER_COUNT = 56 // u32
export const IV_OUTER_CAP = 60 // u32, log2 of the array's bytes
export const IV_ORDER = 10 // log2 of the record's bytes

export const OUTER_STRIDE = 16 // lo u64, hi u64

// The window: 2^20 pfns, 64 to a word. The two words that a call needs lie side by side:
//   byte  0      8       16
//         | free | first |     bit i: pfn i is free; an entry starts at pfn i
// and over the words, summaries of two levels, of several kinds: a set bit = the word holds something of that kind, in the second level
// 64 words do. The kinds' words for the same 64 words lie side by side, so that one cache line tells all of them:
//   byte  0       8       16      24      32       40       48      56     64
//         | order 0 | 1     | 2     | 3     | 4      | 5      | first | -    |    order k: a free aligned block of 2^k pfns
export const WINDOW_BITS = 20
export const WINDOW_WORDS = 0x4000
export const WINDOW_ORDER = 19 // log2 of the window's bytes
export const WORD_FREE = 0
export const WORD_FIRST = 8
export const SUM = 0x40000
export const SUM_L2 = 0x44000
export const SUM_SHIFT = 6 // log2 of the bytes of one group of a summary
export const SUM_FIRST = 6 // the kind of summary that tells in which words an entry starts
export const BLOCK_ORDERS = 6 // blocks of 1 to 32 pfns
