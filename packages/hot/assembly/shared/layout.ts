// Every offset in a machine's linear memory. Compiled by both asc and tsc, so that the two sides cannot disagree:
// integer `export const` only, no imports, no types. All offsets and sizes are bytes unless the name says otherwise.
//
//   0x000000  module data
//   0x010000  header          state of the engine, 4 KiB
//   0x011000  call block      arguments and results of list calls, 4 KiB
//   0x012000  poison page     what never-written RAM reads as
//   0x013000  mix page        lines gathered from several places, 4 KiB
//   0x014000  copy page       bytes on their way from one range to another, 4 KiB
//   0x020000  stage           bytes on their way in or out of the module, 64 KiB
//   0x030000  page directory  u32 per section: which pages have a struct page
//   0x0b0000  section directory  u32 per section: address of its tables, 0 = nothing was ever touched there
//   0x130000  heap            frames of 4 KiB, section tables, scatterlists

export const LAYOUT_VERSION = 1

export const PAGE_SHIFT = 12
export const PAGE_SIZE = 4096

export const HEADER_BASE = 0x10000
export const CALL_BASE = 0x11000
export const POISON_BASE = 0x12000
export const MIX_BASE = 0x13000
export const COPY_BASE = 0x14000
export const STAGE_BASE = 0x20000
export const STAGE_SIZE = 0x10000
export const PAGE_DIRECTORY_BASE = 0x30000
export const SECTION_DIRECTORY_BASE = 0xb0000
export const DIRECTORY_SIZE = 0x80000
export const HEAP_BASE = 0x130000

// Header, u32 each.
export const H_HEAP_NEXT = 0 // frame number: frames from here on are not in use
export const H_HEAP_HIGH = 4 // frame number: frames from here on were never written and read as zero; survives a reset
export const H_FREE_FRAMES = 8 // frame number on top of the stack of recycled frames, 0 = none; each holds the next
export const H_FREE_COUNT = 12 // frames in that stack
export const H_SECTIONS = 16 // sections in use
