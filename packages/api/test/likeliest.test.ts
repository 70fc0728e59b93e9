import { describe, expect, it } from 'vitest'
import { likeliest, nearNames } from '../src/index.ts'

describe('likeliest', () => {
  it.each([
    ['leak-maping', ['leak-mapping', 'leak-slot'], 'did you mean leak-mapping?'],
    ['rpi4', ['bcm2711-rpi-4-b', 'bcm2712-rpi-5-b', 'imx8mp-evk'], 'did you mean bcm2711-rpi-4-b?'],
    ['RockPro', ['rk3399-rockpro64', 'rk3568-rock-3a'], 'did you mean rk3399-rockpro64?'],
    ['arm', ['arm@4.11', 'arm64@6.12'], 'did you mean arm@4.11 or arm64@6.12?'],
  ])('%s', (written, known, hint) => {
    expect(likeliest(written, known)).toBe(hint)
  })

  it.each(['', '-', '--', 'zz', 'something-else'])('%j is like no name', (written) => {
    expect(likeliest(written, ['bcm2711-rpi-4-b', 'imx8mp-evk'])).toBeUndefined()
  })
})

describe('nearNames', () => {
  it('puts the nearest first, whatever the case', () => {
    expect(nearNames('nv13', ['NV21', 'NV12', 'RGB16'])).toEqual(['NV12', 'NV21'])
  })
})
