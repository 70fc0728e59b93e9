// What may be kept as numbers: the chunks of memory that a range lies in are walked one by one.
import { expect, it } from 'vitest'
import { PendingMappings } from '../src/quick/pending-mappings.ts'

it.each([
  [0x4000_0000, 4096, true],
  [0x4000_0000, 0, false],
  [0x4000_0000, 2 ** 20, true],
  [0x4000_0000, 2 ** 24, false],
  [Infinity, 4096, false],
  [2 ** 53, 4096, false],
])('a range at %d of %d bytes: %s', (physAddr, size, fits) => {
  expect(PendingMappings.fits(physAddr, size)).toBe(fits)
})
