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
export const IV_MASKS = 64 // u64 each for blocks of 1 to 32 pfns: all bits but the highest one of every block
export const IV_ORDER = 10 // log2 of the record's bytes

export const OUTER_STRIDE = 16 // lo u64, hi u64

// The window: 2^20 pfns, 64 to a word. The two words that a call needs lie side by side, and a pair of zeros behind the last:
//   byte  0      8       16
//         | free | first |     bit i: pfn i is free; an entry starts at pfn i
// Over the words, so that the next one that holds something is found in at most three looks:
//   fits         for each 64 words a line of a u64 for each size of block: bit i: a block of that size is free in word i, aligned
//   groups       4 lines of a u64 for each size of block, a bit for 64 words: one of them has a block of that size
//   first words  a bit a word: an entry starts there; then a bit for 64 words
export const WINDOW_BITS = 20
export const WINDOW_WORDS = 0x4000
export const WINDOW_ORDER = 19 // log2 of the window's bytes
export const WORD_FREE = 0
export const WORD_FIRST = 8
export const NEXT_WORD = 16
export const FITS = 0x40040
export const GROUPS = 0x44080
export const FIRST_WORDS = 0x44180
export const FIRST_GROUPS = 0x44980
export const BLOCK_ORDERS = 6 // blocks of 1 to 32 pfns
