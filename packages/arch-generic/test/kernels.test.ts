// arm@6.12 and arm64@6.12: which op table a device gets, and what options make of the facts.
import { type DeviceFacts, type KernelOptions, pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import plugin from '../src/index.ts'

const kernel = (name: string) => {
  const found = plugin(pluginApi).kernels?.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found
}
const arm64 = kernel('arm64@6.12')
const arm = kernel('arm@6.12')
const cmdline = (words: KernelOptions['cmdline'], config: KernelOptions['config'] = {}): KernelOptions => ({
  config,
  cmdline: words,
})
const IOMMU = { name: 'iommu', model: 'arm,smmu-v3', enabled: true }
const device = (more: object = {}): DeviceFacts =>
  ({ name: 'dev', coherent: false, maskBits: 32, pools: [], ...more }) as unknown as DeviceFacts

describe.each([
  { name: arm64.name, opsFor: (...args: Parameters<typeof arm64.opsFor>) => arm64.opsFor(...args) },
  {
    name: `${arm.name} with dma-iommu in place of arch/arm's tables`,
    opsFor: (...[dev, { config, ...rest }, enabled]: Parameters<typeof arm.opsFor>) =>
      arm.opsFor(dev, { ...rest, config: { ...config, ARM_DMA_USE_IOMMU: false } }, enabled),
  },
])('$name: the op table of a device', (def) => {
  it('is dma-iommu behind an IOMMU, unless the command line lets it through', () => {
    expect(def.opsFor(device(), cmdline({}), null)).toBe('dma-direct')
    expect(def.opsFor(device(), cmdline({}), IOMMU)).toBe('dma-iommu')
    expect(def.opsFor(device(), cmdline({ 'iommu.passthrough': '1' }), IOMMU)).toBe('dma-direct')
  })

  it('is dma-iommu for an untrusted card whatever the command line says', () => {
    const card = device({ pci: { untrusted: true, windows: [] } })
    expect(def.opsFor(card, cmdline({ 'iommu.passthrough': '1' }), IOMMU)).toBe('dma-iommu')
    expect(def.opsFor(card, cmdline({}), null)).toBe('dma-direct')
  })
})

describe('arm@6.12 behind an IOMMU', () => {
  it('has the tables of arch/arm, for a device that snoops and one that does not', () => {
    for (const coherent of [false, true])
      expect(arm.opsFor(device({ coherent }), cmdline({}), IOMMU)).toBe('arm-v6-iommu')
    expect(arm.opsFor(device(), cmdline({}), null)).toBe('dma-direct')
  })

  it('takes no iommu.* parameter, and an alignment of its own', () => {
    const given = { 'iommu.strict': '0', 'iommu.passthrough': '1' }
    const options = (config: KernelOptions['config']) => cmdline(given, { ARM_DMA_IOMMU_ALIGNMENT: 8, ...config })
    expect(Object.keys(arm.idle(options({ ARM_DMA_USE_IOMMU: true })))).toEqual(Object.keys(given))
    expect(arm.idle(options({ ARM_DMA_USE_IOMMU: false }))).toEqual({})
    expect(arm.facts(cmdline({}, { ARM_DMA_IOMMU_ALIGNMENT: 4 })).iommuAlignment).toBe(4)
    const useless = { ARM_DMA_USE_IOMMU: false, ARM_DMA_IOMMU_ALIGNMENT: 4 }
    expect(arm.idle(cmdline({}, useless))).toHaveProperty('ARM_DMA_IOMMU_ALIGNMENT')
  })
})

describe('swiotlb=', () => {
  const pool = (text: string) => arm64.facts(cmdline({ swiotlb: text })).swiotlb

  it.each([
    ['4096', 4096, 1, 'normal'],
    ['4097', 8192, 1, 'normal'],
    ['1', 128, 1, 'normal'],
    ['0x2000', 8192, 1, 'normal'],
    ['4096,3', 4096, 4, 'normal'],
    ['128,8', 1024, 8, 'normal'],
    ['force', 32768, 1, 'force'],
    ['noforce', 32768, 1, 'noforce'],
    [',force', 32768, 1, 'force'],
    ['4096,force', 4096, 1, 'force'],
    ['4096 8192', 8192, 1, 'normal'],
  ])('%s: %i slots, %i areas, %s', (text, slots, areas, mode) => {
    expect(pool(text)).toMatchObject({ slots, areas, mode })
  })

  it.each(['lots', '4096,', '4096,2,3', 'force,4096'])('%s is bad input', (text) => {
    expect(() => pool(text)).toThrow(`swiotlb=${text} is not understood`)
  })

  it('changes nothing on 32-bit without LPAE, and the kernel says so', () => {
    const given = cmdline({ swiotlb: '4096' })
    expect(arm.facts(given).swiotlb ?? null).toBeNull()
    expect(arm.idle?.(given)).toHaveProperty('swiotlb')
    expect(arm.idle?.(cmdline({ swiotlb: '4096' }, { ARM_LPAE: true }))).toEqual({})
    expect(arm.facts(cmdline({ swiotlb: '4096' }, { ARM_LPAE: true })).swiotlb).toMatchObject({ slots: 4096 })
  })
})

describe('other words of the command line', () => {
  it('mem= is a size in whole pages on arm64, and banks on arm', () => {
    expect(arm64.facts(cmdline({ mem: '0x100fff' })).memLimit).toBe(0x10_0000)
    expect(arm.facts(cmdline({ mem: '64M@0x60000000' })).memBanks).toEqual([{ base: 0x6000_0000, len: 2 ** 26 }])
  })

  it.each([
    ['mem', 'x', 'mem=x is not a size'],
    ['mem', '64M@0', "this kernel reads a size and ignores '@0'"],
    ['iommu.strict', 'maybe', 'iommu.strict=maybe is neither 0 nor 1'],
    ['cma', 'x', 'cma=x is not understood'],
  ])('%s=%s is bad input', (name, text, message) => {
    expect(() => arm64.facts(cmdline({ [name]: text }))).toThrow(message)
  })

  it('mem without a value is bad input', () => {
    expect(() => arm64.facts(cmdline({ mem: true }))).toThrow('mem needs a value')
  })

  it('the IOMMU is strict unless told otherwise; of several words the last one counts', () => {
    const iommu = (words: KernelOptions['cmdline']) => arm64.facts(cmdline(words)).iommu
    expect(iommu({})).toEqual({ strict: true, passthrough: false })
    expect(iommu({ 'iommu.strict': '1 0' })).toEqual({ strict: false, passthrough: false })
  })
})

it.each([
  [arm64, {}, 32, 8],
  [arm64, { NEED_SG_DMA_LENGTH: false }, 24, 8],
  [arm, {}, 16, 4],
  [arm, { NEED_SG_DMA_LENGTH: true }, 20, 4],
  [arm, { ARM_LPAE: true }, 24, 8],
  [arm, { ARM_LPAE: true, NEED_SG_DMA_LENGTH: true }, 32, 8],
])('$name %o: a scatterlist entry has %i bytes, an address %i', (def, config, sgEntrySize, dmaAddrSize) => {
  expect(def.facts(cmdline({}, config))).toMatchObject({ sgEntrySize, dmaAddrSize })
})
