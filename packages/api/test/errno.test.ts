import { describe, expect, it } from 'vitest'
import { ERRNO, type Errno, errnoName, fail, negative, ok } from '../src/index.ts'

describe('errno', () => {
  it('every name has a number of its own', () => {
    const numbers = Object.values(ERRNO)
    expect(new Set(numbers).size).toBe(numbers.length)
  })

  it.each(Object.keys(ERRNO) as Errno[])('%s comes back from what a kernel function returns', (name) => {
    expect(errnoName(negative(name))).toBe(name)
    expect(errnoName(ERRNO[name])).toBe(name)
  })

  it('the numbers are those of include/uapi/asm-generic', () => {
    expect([negative('EINVAL'), negative('ENXIO'), negative('EOVERFLOW'), negative('EREMOTEIO')]).toEqual([
      -22, -6, -75, -121,
    ])
  })

  it('a number outside the table has no name', () => {
    expect([errnoName(0), errnoName(9999)]).toEqual([undefined, undefined])
  })
})

it('a result holds a value, or an errno with its reason', () => {
  expect(ok(7)).toEqual({ ok: true, value: 7 })
  expect(fail('ENOMEM', 'the pool is full')).toEqual({ ok: false, errno: 'ENOMEM', why: 'the pool is full' })
})
