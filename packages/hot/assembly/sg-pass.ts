// Arguments of the running pass over a scatterlist, read once from the call block (layout.ts: A_*, AF_*).
import * as L from './shared/layout'

/** OP_*. */
export let op: u32
/** AF_*. */
export let flags: u32
/** First highmem pfn. */
export let highmem: u32
/** Attribute mask of entries to leave alone. */
export let skip: u32
/** Last bus address in reach. */
export let limit: u64
/** Width of a bus address. */
export let busMask: u64
/** Number of ranges. */
export let ranges: u32

/** Page numbers have 32 bits. */
export const PHYS_END: u64 = (<u64>1) << 44

export function loadArguments(): void {
  op = load<u32>(L.CALL_BASE, L.A_OP)
  flags = load<u32>(L.CALL_BASE, L.A_FLAGS)
  highmem = load<u32>(L.CALL_BASE, L.A_HIGHMEM)
  skip = load<u32>(L.CALL_BASE, L.A_SKIP)
  limit = load<u64>(L.CALL_BASE, L.A_LIMIT_LOW)
  busMask = load<u64>(L.CALL_BASE, L.A_BUS_LOW)
  ranges = load<u32>(L.CALL_BASE, L.A_RANGES)
}
