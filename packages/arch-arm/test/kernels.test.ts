// arm@4.11: which op table a device gets, and what options make of the facts.
import { type DeviceFacts, type KernelOptions, pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import plugin from '../src/index.ts'

const { kernels = [], ops = [] } = plugin(pluginApi)
const kernel = kernels.find(({ name }) => name === 'arm@4.11')
if (kernel === undefined) throw new Error('there is no arm@4.11')

const options = (config: KernelOptions['config'] = {}, cmdline: KernelOptions['cmdline'] = {}): KernelOptions => ({
  config,
  cmdline,
})
const device = (more: Partial<DeviceFacts> = {}): DeviceFacts =>
  ({ name: 'dev', coherent: false, maskBits: 32, pools: [], ...more }) as DeviceFacts

const IOMMU = { name: 'iommu', model: 'samsung,exynos-sysmmu', enabled: true }

describe('the op table of a device', () => {
  it.each([
    ['one that does not snoop', device(), {}, false, 'arm'],
    ['one that snoops', device({ coherent: true }), {}, false, 'arm-coherent'],
    ['one behind an IOMMU', device(), {}, true, 'arm-iommu'],
    ['one that snoops, behind an IOMMU', device({ coherent: true }), {}, true, 'arm-coherent-iommu'],
    ['one on a narrow bus', device({ busLimit: 0xfff_ffff }), { DMABOUNCE: true }, false, 'dmabounce'],
    ['one with a narrow mask', device({ maskBits: 28 }), { DMABOUNCE: true }, false, 'dmabounce'],
    ['a narrow one without the platform’s code', device({ maskBits: 28 }), {}, false, 'arm'],
    ['a narrow one that snoops', device({ maskBits: 28, coherent: true }), { DMABOUNCE: true }, false, 'arm-coherent'],
    ['one that reaches all', device(), { DMABOUNCE: true }, false, 'arm'],
  ])('%s', (_what, facts, config, iommu, table) => {
    expect(kernel.opsFor(facts, options(config), iommu ? IOMMU : null)).toBe(table)
  })

  it('is one that the plug-in brings, each under a name of its own', () => {
    const names = ops.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const wanted = [false, true].flatMap((iommu) =>
      [false, true].map((coherent) => kernel.opsFor(device({ coherent }), options(), iommu ? IOMMU : null)),
    )
    const known = [...names, ...kernel.ops.map(({ name }) => name)]
    expect(wanted.filter((name) => !known.includes(name))).toEqual([])
  })
})

describe('sizes', () => {
  it.each([
    [{}, 16, 4],
    [{ NEED_SG_DMA_LENGTH: true }, 20, 4],
    [{ ARM_LPAE: true }, 24, 8],
    [{ ARM_LPAE: true, NEED_SG_DMA_LENGTH: true }, 32, 8],
  ])('%o: a scatterlist entry has %i bytes, an address %i', (config, sgEntrySize, dmaAddrSize) => {
    expect(kernel.facts(options(config))).toMatchObject({
      sgEntrySize,
      dmaAddrSize,
      sgDmaLength: 'NEED_SG_DMA_LENGTH' in config,
    })
  })
})

describe('the command line', () => {
  it('states banks, a CMA area and the atomic pool', () => {
    const facts = kernel.facts(options({}, { mem: '512M 64M@0x60000000', cma: '16M', coherent_pool: '1M' }))
    expect(facts).toMatchObject({
      memBanks: [{ len: 2 ** 29 }, { base: 0x6000_0000, len: 2 ** 26 }],
      cma: { size: 2 ** 24 },
      atomicPools: { kind: 'single', size: 2 ** 20 },
    })
  })

  it.each(['mem', 'cma', 'coherent_pool'])('%s without a value is bad input', (name) => {
    expect(() => kernel.facts(options({}, { [name]: true }))).toThrow(`${name} needs a value`)
  })
})

it('an option that it does not have is refused with a reason, and none is both there and missing', () => {
  const known = [...Object.keys(kernel.config), ...Object.keys(kernel.cmdline)]
  expect(Object.entries(kernel.lacks ?? {}).filter(([name, why]) => why === '' || known.includes(name))).toEqual([])
})
