const TWO_TO_52: f64 = 4503599627370496
const BITS_OF_2_TO_52: u64 = 0x4330_0000_0000_0000

/**
 * A whole number from 0 to 2^52 - 1, by the bits of a sum: the instruction that converts costs several times that. Anything else becomes
 * some other number.
 */
// inline
export function quickWhole(x: f64): u64 {
  return reinterpret<u64>(x + TWO_TO_52) - BITS_OF_2_TO_52
}
