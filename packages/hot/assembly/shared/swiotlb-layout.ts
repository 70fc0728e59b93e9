// Records of a bounce pool in linear memory. Compiled by asc and by tsc; integers only.
//
// one pool:   | header 64 B | areas, 8 B each, room for SW_AREAS_MAX | runs, 1 B a slot | slots, 16 B each | touched, 1 B a segment |
// one slot:   byte 0           4     8      16
//                  | allocSize | pad | orig |
export const SW_SLOT_SHIFT = 11 // a slot is 2 KiB (IO_TLB_SHIFT)
export const SW_SEGMENT = 128 // slots of a segment; free runs never cross one (IO_TLB_SEGSIZE)

export const SWH_SLOTS = 0 // u32, slots in all
export const SWH_AREA_SLOTS = 4 // u32, slots of one area
export const SWH_AREAS = 8 // u32, areas
export const SWH_RECORDS = 12 // u32, address of the record of slot 0
export const SWH_TOUCHED = 20 // u32, address of a byte a segment: 1 = a slot of it was taken since the pool was made
export const SWH_SEARCH = 16 // u32, how a run is searched for: one of SW_SEARCH_*

export const SW_SEARCH_BY_SLOT = 0 // the address of each slot is compared; each is looked at once (since v6.3)
export const SW_SEARCH_BY_STRIDE = 1 // from a multiple of the stride on, until the search is back where it began
export const SW_ENDLESS = -2 // that search never comes back to where it began

export const SW_AREA_BASE = 64 // from the pool's start
export const SW_AREA_STRIDE = 8
export const SW_AREAS_MAX = 504
export const SWA_INDEX = 0 // u32, where the next search starts, from the area's first slot
export const SWA_USED = 4 // u32, slots in use

export const SW_RUNS_BASE = 4096 // from the pool's start; u8, free slots from here to the end of the run, 0 = taken
export const SW_RUNS_SLACK = 128 // bytes behind them, so that sixteen may be read from anywhere
export const SW_SLOT_STRIDE = 16
export const SWS_ALLOC_SIZE = 0 // u32, bytes of the mapping from this slot on
export const SWS_PAD = 4 // u32, slots of alignment in front of the mapping's first slot
export const SWS_ORIG = 8 // u64, original address of this slot's first byte, all ones = none
