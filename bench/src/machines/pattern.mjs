// The seeded pattern of @dmalab/hot in plain JavaScript (defined in packages/hot/assembly/pattern.ts).

const STEP = 0x9e3779b1

export function patternStart(seed) {
  let start = seed >>> 0
  start = Math.imul(start ^ (start >>> 16), 0x85ebca6b)
  start = Math.imul(start ^ (start >>> 13), 0xc2b2ae35)
  return start ^ (start >>> 16)
}

export function patternWord(start, n) {
  const x = (start + Math.imul(n, STEP)) | 0
  return x ^ (x >>> 16)
}

export function patternByte(seed, i) {
  return (patternWord(patternStart(seed), i >>> 2) >>> (8 * (i & 3))) & 0xff
}
