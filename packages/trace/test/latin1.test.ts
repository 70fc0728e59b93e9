// One character a byte, whatever the byte.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { latin1 } from '../src/index.ts'

it('keeps all 256 bytes apart, also those that windows-1252 renames', () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  const text = latin1(all, 0, 256)
  expect(Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))).toEqual([...all])
})

it('agrees with Buffer on any part of any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.nat(200), (bytes, a, b) => {
      const [start, end] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)]
      expect(latin1(bytes, start, end)).toBe(Buffer.from(bytes).toString('latin1', start, end))
    }),
  )
})
