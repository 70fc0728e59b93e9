// Work that took the long way, by kind (layout.ts: LONG_*). It is counted there, so that the short ways pay nothing, and a test sees that work
// with a short way takes it. A reset begins to count anew.
import * as L from './shared/layout'

// inline
export function wentLong(kind: u32, amount: u32): void {
  const at = <usize>L.HEADER_BASE + (kind << 2)
  store<u32>(at, load<u32>(at, L.H_LONG_WAYS) + amount, L.H_LONG_WAYS)
}
