import { expect, it } from 'vitest'
import { count } from '../src/numbers.ts'

it('whole numbers get a comma at every third digit', () => {
  expect([0, 7, 999, 1000, 123_456, 1_234_567, -1_234_567].map(count)).toEqual([
    '0',
    '7',
    '999',
    '1,000',
    '123,456',
    '1,234,567',
    '-1,234,567',
  ])
})
