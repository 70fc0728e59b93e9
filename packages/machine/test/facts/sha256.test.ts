import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/facts/sha256.ts'

const byNode = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe('sha256', () => {
  it('gives the standard its own example', () => {
    expect(sha256(new TextEncoder().encode('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })

  it.each([0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 127, 128, 100_000])('pads %i bytes as Node does', (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) % 251)
    expect(sha256(bytes)).toBe(byNode(bytes))
  })

  it('agrees with Node on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(sha256(bytes)).toBe(byNode(bytes))
      }),
    )
  })
})
