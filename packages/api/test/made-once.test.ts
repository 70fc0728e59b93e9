import { expect, it } from 'vitest'
import { madeOnce } from '../src/index.ts'

it('makes nothing before it is asked, and once only, whatever it makes', () => {
  let made = 0
  const value = madeOnce(() => {
    made += 1
    return undefined
  })
  expect(made).toBe(0)
  expect([value(), value(), made]).toEqual([undefined, undefined, 1])
})
