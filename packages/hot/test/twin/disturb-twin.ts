// Which lines assembly/disturb.ts picks.
import type { DisturbKey } from '../../src/index.ts'

const WRAP = 2n ** 64n
const GOLDEN = 0x9e3779b97f4a7c15n
const KINDS = { 'evict-inner': 1n, 'evict-outer': 2n, prefetch: 3n } as const

function mix(x: bigint): bigint {
  const a = ((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n) % WRAP
  const b = ((a ^ (a >> 27n)) * 0x94d049bb133111ebn) % WRAP
  return b ^ (b >> 31n)
}

/** Is a line, by its address, hit? */
export function chooser({ seed, purpose, operation }: DisturbKey) {
  let hash = 2166136261
  for (const c of purpose) hash = Math.imul(hash ^ c.charCodeAt(0), 16777619)
  const key = mix((BigInt(seed) * 2n ** 32n + BigInt(hash >>> 0) + mix(BigInt(operation))) % WRAP)
  return (what: keyof typeof KINDS, line: number, size: number): boolean => {
    const inPage = Math.floor((line % 4096) / size)
    const word = BigInt(Math.floor(line / 4096)) * 4n + BigInt(Math.floor(inPage / 64))
    const at = mix((key + KINDS[what] * GOLDEN) % WRAP) ^ word
    return (((mix(at) & mix((at + GOLDEN) % WRAP)) >> BigInt(inPage % 64)) & 1n) === 1n
  }
}
