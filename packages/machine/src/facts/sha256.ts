// SHA-256 of bytes that are at hand, at once: Web Crypto has it only as a promise, and Node's is not in a browser.

/** The first 32 bits of the fractional parts of a root of a prime. */
const fraction = (root: number): number => (root - Math.floor(root)) * 2 ** 32

const PRIMES: readonly number[] = (() => {
  const found: number[] = []
  for (let n = 2; found.length < 64; n++) if (found.every((prime) => n % prime !== 0)) found.push(n)
  return found
})()
const START = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)))
const ROUND = Int32Array.from(PRIMES, (prime) => Math.floor(fraction(Math.cbrt(prime))) - 2 ** 32)
const BLOCK = 64

/** In hexadecimal; as section 6.2.2 of FIPS 180-4 says it. */
export function sha256(bytes: Uint8Array): string {
  const state = Int32Array.from(START, (word) => Math.floor(word) - 2 ** 32)
  const schedule = new Int32Array(64)
  const whole = bytes.length - (bytes.length % BLOCK)
  for (let at = 0; at < whole; at += BLOCK) addBlock(state, schedule, bytes, at)
  const tail = paddedTail(bytes, whole)
  for (let at = 0; at < tail.length; at += BLOCK) addBlock(state, schedule, tail, at)
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

/** What is left of the bytes, a one bit, zeros, and the length in bits: one block or two. */
function paddedTail(bytes: Uint8Array, from: number): Uint8Array {
  const left = bytes.length - from
  const tail = new Uint8Array(left + 9 > BLOCK ? 2 * BLOCK : BLOCK)
  tail.set(bytes.subarray(from))
  tail[left] = 0x80
  new DataView(tail.buffer).setBigUint64(tail.length - 8, BigInt(bytes.length) * 8n)
  return tail
}

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

function addBlock(state: Int32Array, schedule: Int32Array, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++) {
    const byte = at + i * 4
    schedule[i] = (bytes[byte]! << 24) | (bytes[byte + 1]! << 16) | (bytes[byte + 2]! << 8) | bytes[byte + 3]!
  }
  for (let i = 16; i < 64; i++) {
    const [before, last] = [schedule[i - 15]!, schedule[i - 2]!]
    const first = rotate(before, 7) ^ rotate(before, 18) ^ (before >>> 3)
    const second = rotate(last, 17) ^ rotate(last, 19) ^ (last >>> 10)
    schedule[i] = schedule[i - 16]! + first + schedule[i - 7]! + second
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let i = 0; i < 64; i++) {
    const mixed = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const chosen = (e & f) ^ (~e & g)
    const one = (h + mixed + chosen + ROUND[i]! + schedule[i]!) | 0
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const two = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority) | 0
    h = g
    g = f
    f = e
    e = (d + one) | 0
    d = c
    c = b
    b = a
    a = (one + two) | 0
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = state[i]! + word
}
