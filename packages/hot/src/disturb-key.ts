// What a cache adversary does is chosen by a key, never by when it is asked.

/** What chooses the lines of a disturbance; the same key hits the same lines. */
export interface DisturbKey {
  readonly seed: number
  /** Why the caches are disturbed, such as `before-sync`. */
  readonly purpose: string
  /** Number of the operation in the run. */
  readonly operation: number
}

/** 32-bit FNV-1a over UTF-16 units. */
export function fnv1a(text: string): number {
  let sum = 2166136261
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 16777619)
  return sum >>> 0
}
