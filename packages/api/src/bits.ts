// Bit operations for every room. The operators cut to 32 bits and give signed results, so they stand here and not where addresses are.

/** A 32-bit result without its sign. */
export const u32 = (n: number): number => n >>> 0
/** Flags of up to 32 bits. */
export const withBits = (flags: number, bits: number): number => (flags | bits) >>> 0
export const withoutBits = (flags: number, bits: number): number => (flags & ~bits) >>> 0
export const commonBits = (flags: number, mask: number): number => (flags & mask) >>> 0
export const flipBits = (flags: number, mask: number): number => (flags ^ mask) >>> 0

/** The same for numbers up to 2^53, where addresses and masks are. */
export const wideAnd = (a: number, mask: number): number => Number(BigInt(a) & BigInt(mask))
export const wideOr = (a: number, b: number): number => Number(BigInt(a) | BigInt(b))
/** For pointers. */
export const wideXor = (a: bigint, mask: bigint): bigint => a ^ mask
