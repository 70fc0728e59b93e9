// Seeds: every producer's every picture is another pattern, the same in every run with the same seed.
import { u32 } from '@dmalab/api'

/** A 32-bit mix of a text and numbers. FNV-1a with a final avalanche. */
export const mixSeed = (seed: number, name: string, ...numbers: readonly number[]): number => {
  let h = 2166136261
  const eat = (byte: number): void => {
    h = Math.imul(h, 16777619) + byte
  }
  for (let i = 0; i < name.length; i++) eat(name.charCodeAt(i))
  for (const n of [seed, ...numbers]) for (let i = 0; i < 4; i++) eat(Math.floor(n / 256 ** i) % 256)
  h = Math.imul(h, 2246822507) + Math.floor(u32(h) / 8192)
  return u32(h)
}
