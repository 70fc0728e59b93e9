import { expect, it } from 'vitest'
import { devString } from '../src/index.ts'

it('a kernel message names the driver and the device, or the device alone', () => {
  expect(devString({ name: '11000000.codec', facts: { driverName: 's5p-mfc' } })).toBe('s5p-mfc 11000000.codec')
  expect(devString({ name: '11000000.codec', facts: {} })).toBe('11000000.codec')
})
