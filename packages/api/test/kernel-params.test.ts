import { describe, expect, it } from 'vitest'
import { cmaArea, coherentPool, isInputError, kstrtobool, memBanks, memparse } from '../src/index.ts'

const MIB = 2 ** 20

/** What a function throws, as the message a user reads. */
const refusal = (body: () => unknown): string => {
  try {
    body()
  } catch (error) {
    if (isInputError(error)) return error.message
    throw error
  }
  throw new Error('it was accepted')
}

describe('memparse', () => {
  it.each([
    ['4096', 4096, ''],
    ['64M', 64 * MIB, ''],
    ['64m@0x40000000', 64 * MIB, '@0x40000000'],
    ['0x10k', 0x4000, ''],
    ['010', 8, ''],
    ['2G,high', 2 ** 31, ',high'],
    ['1T', 2 ** 40, ''],
    ['16MiB', 16 * MIB, 'iB'],
    ['0', 0, ''],
  ])('%s', (text, value, rest) => {
    expect(memparse(text)).toEqual({ value, rest })
  })

  it('finds no number where none is', () => {
    expect(['', 'M', '@64M', '-1'].map(memparse)).toEqual([undefined, undefined, undefined, undefined])
  })
})

it('kstrtobool looks at one letter, or two where the first is an o', () => {
  expect(['1', 'y', 'Yes', 't', 'on', 'ON'].map(kstrtobool)).toEqual(Array(6).fill(true))
  expect(['0', 'n', 'No', 'f', 'off', 'OF'].map(kstrtobool)).toEqual(Array(6).fill(false))
  expect(['', '2', 'o', 'maybe'].map(kstrtobool)).toEqual(Array(4).fill(undefined))
})

describe('mem=', () => {
  it('is one bank for each time it was given; a bank without a start begins where memory does', () => {
    expect(memBanks('512M')).toEqual([{ len: 512 * MIB }])
    expect(memBanks('256M@0x60000000 64M@0x80000000')).toEqual([
      { base: 0x6000_0000, len: 256 * MIB },
      { base: 0x8000_0000, len: 64 * MIB },
    ])
  })

  it('is whole pages: the start is rounded up, the end down', () => {
    expect(memBanks('0x3000@0x1800')).toEqual([{ base: 0x2000, len: 0x2000 }])
  })

  it.each(['lots', '512M@', '512M@x', '512Mx', '64M@0x60000000z'])('mem=%s is refused', (text) => {
    expect(refusal(() => memBanks(text))).toContain(`mem=${text}`)
  })

  it('less than a page is refused', () => {
    expect(refusal(() => memBanks('4095'))).toContain('leaves no page')
    expect(refusal(() => memBanks('0x1000@0x1800'))).toContain('leaves no page')
  })
})

describe('cma=', () => {
  it('has a size, a place, or bounds', () => {
    expect(cmaArea('64M')).toEqual({ size: 64 * MIB })
    expect(cmaArea('0')).toEqual({ size: 0 })
    expect(cmaArea('64M@0x40000000')).toEqual({ size: 64 * MIB, base: 0x4000_0000, limit: 0x4400_0000 })
    expect(cmaArea('64M@0x40000000-0x80000000')).toEqual({ size: 64 * MIB, base: 0x4000_0000, limit: 0x8000_0000 })
  })

  it('of several the last counts', () => {
    expect(cmaArea('64M 16M')).toEqual({ size: 16 * MIB })
  })

  it.each(['much', '64M@', '64M@0x40000000-', '64M-0x80000000', '64Mx'])('cma=%s is refused', (text) => {
    expect(refusal(() => cmaArea(text))).toContain(`cma=${text} is not understood`)
  })
})

it('coherent_pool= is a size and nothing else; the last one counts', () => {
  expect(coherentPool('1M 256K')).toBe(256 * 1024)
  expect(refusal(() => coherentPool('1M@0'))).toContain('coherent_pool=1M@0 is not understood')
})
