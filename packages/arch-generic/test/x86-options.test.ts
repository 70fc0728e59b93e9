// What x86-64 makes of its command line and configuration: who is translated, when TLBs are emptied, which pools there are.
import { type DeviceFacts, type KernelOptions, pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import plugin from '../src/index.ts'

const found = plugin(pluginApi).kernels?.find((one) => one.name === 'x86_64@6.12')
if (found === undefined) throw new Error('x86_64@6.12 is built in')
const x86 = found
const options = (cmdline: KernelOptions['cmdline'] = {}, config: KernelOptions['config'] = {}): KernelOptions => ({
  config,
  cmdline,
})
const device = (more: object = {}): DeviceFacts =>
  ({ name: 'dev', coherent: true, maskBits: 32, pools: [], ...more }) as unknown as DeviceFacts
const VTD = { name: 'iommu', model: 'intel-vtd', enabled: true }
const AMD = { name: 'iommu', model: 'amd-vi', enabled: true }
const MIB = 2 ** 20

// Models: Linux v6.12 drivers/iommu/iommu.c: iommu_subsys_init; drivers/iommu/intel/iommu.c: intel_iommu_setup
describe('a device behind an IOMMU', () => {
  it.each<[object, KernelOptions['cmdline'], KernelOptions['config'], string]>([
    [VTD, {}, {}, 'dma-iommu'],
    [VTD, { iommu: 'off' }, {}, 'dma-direct'],
    [VTD, { iommu: 'pt' }, {}, 'dma-direct'],
    [VTD, { iommu: 'nopt', 'iommu.passthrough': '1' }, {}, 'dma-iommu'],
    [VTD, { 'iommu.passthrough': '1' }, {}, 'dma-direct'],
    [VTD, { intel_iommu: 'off' }, {}, 'dma-direct'],
    [VTD, { intel_iommu: 'off,on' }, {}, 'dma-iommu'],
    [VTD, { intel_iommu: 'on,off' }, {}, 'dma-direct'],
    [VTD, { intel_iommu: 'strict' }, {}, 'dma-iommu'],
    [VTD, {}, { INTEL_IOMMU_DEFAULT_ON: false }, 'dma-direct'],
    [VTD, { intel_iommu: 'on' }, { INTEL_IOMMU_DEFAULT_ON: false }, 'dma-iommu'],
    [VTD, { amd_iommu: 'off' }, {}, 'dma-iommu'],
    [AMD, {}, {}, 'dma-iommu'],
    [AMD, { amd_iommu: 'off' }, {}, 'dma-direct'],
    [AMD, { intel_iommu: 'off' }, { INTEL_IOMMU_DEFAULT_ON: false }, 'dma-iommu'],
  ])('%o with %o and %o has %s', (iommu, cmdline, config, expected) => {
    expect(x86.opsFor(device(), options(cmdline, config), iommu as typeof VTD)).toBe(expected)
    const untrusted = device({ pci: { untrusted: true, windows: [] } })
    const passes = cmdline['iommu'] === 'pt' || cmdline['iommu.passthrough'] === '1'
    expect(x86.opsFor(untrusted, options(cmdline, config), iommu as typeof VTD)).toBe(passes ? 'dma-iommu' : expected)
    expect(x86.opsFor(device(), options(cmdline, config), null)).toBe('dma-direct')
  })

  it.each<[KernelOptions['cmdline'], KernelOptions['config'], boolean]>([
    [{}, {}, false],
    [{}, { IOMMU_DEFAULT_DMA_LAZY: false }, true],
    [{ 'iommu.strict': '1' }, {}, true],
    [{ 'iommu.strict': '0' }, { IOMMU_DEFAULT_DMA_LAZY: false }, false],
    [{ intel_iommu: 'strict' }, {}, true],
    [{ amd_iommu: 'fullflush' }, {}, true],
    [{ intel_iommu: 'on' }, {}, false],
  ])('with %o and %o, TLBs are emptied at once: %s', (cmdline, config, strict) => {
    expect(x86.facts(options(cmdline, config)).iommu.strict).toBe(strict)
  })

  it.each([
    [{ iommu: 'maybe' }, 'iommu=maybe is not modelled'],
    [{ intel_iommu: 'on,igfx_off' }, 'intel_iommu=igfx_off is not modelled'],
    [{ amd_iommu: 'force' }, 'amd_iommu=force is not modelled'],
    [{ iommu: true }, 'iommu needs a value'],
    [{ 'iommu.strict': 'perhaps' }, 'iommu.strict=perhaps is neither 0 nor 1'],
    [{ mem: 'all' }, 'mem=all is not a size'],
    [{ mem: '100' }, 'mem=100 is not a size'],
    [{ mem: '1G@4G' }, "mem=1G@4G: this kernel reads a size and ignores '@4G'"],
    [{ swiotlb: 'lots' }, 'swiotlb=lots is not understood'],
  ] as const)('%o is bad input', (cmdline, message) => {
    expect(() => x86.facts(options(cmdline))).toThrow(`cmdline: ${message}`)
  })
})

describe('memory', () => {
  it.each([
    [{}, null],
    [{ mem: '1G' }, 1024 * MIB],
    [{ mem: '4097' }, 4096],
    [{ mem: '8192' }, 8192],
    [{ mem: '1G 512M' }, 512 * MIB],
  ])('%o: it ends at %s', (cmdline, top) => {
    expect(x86.facts(options(cmdline)).memTop).toBe(top)
  })

  it('a CMA area needs the option, whatever the command line says', () => {
    expect(x86.facts(options({ cma: '64M' })).cma).toEqual({ size: 0 })
    expect(x86.facts(options({ cma: '64M' }, { CMA: true })).cma).toMatchObject({ size: 64 * MIB })
    expect(x86.facts(options({}, { CMA: true })).cma).toEqual({ size: 0 })
    expect(x86.idle(options({ cma: '64M' }))).toEqual({ cma: 'there is no CMA without --config CMA' })
    expect([x86.idle(options({ cma: '64M' }, { CMA: true })), x86.idle(options())]).toEqual([{}, {}])
  })

  it('the bounce pool lies high below 4 GiB; iommu=off leaves it out, unless everything is to bounce', () => {
    const pool = (cmdline: KernelOptions['cmdline'], config: KernelOptions['config'] = {}) =>
      x86.facts(options(cmdline, config)).swiotlb
    expect(pool({})).toMatchObject({
      mode: 'normal',
      dmaLimit: 2 ** 32 - 1,
      highest: true,
      restrictedPools: false,
      bouncesKmalloc: false,
      kmallocPool: false,
    })
    expect(pool({ iommu: 'off' })?.mode).toBe('noforce')
    expect(pool({ iommu: 'off', swiotlb: 'force' })?.mode).toBe('force')
    expect(pool({}, { DMA_RESTRICTED_POOL: true })?.restrictedPools).toBe(true)
  })

  it('ZONE_DMA is 16 MiB, there are no atomic pools, and lists have a DMA length', () => {
    expect(x86.facts(options())).toMatchObject({
      zoneDmaLimit: 2 ** 24 - 1,
      zoneDmaEnd: 'fixed',
      atomicPools: null,
      sgEntrySize: 32,
      sgDmaLength: true,
      dmabufDebug: 'none',
    })
    expect(x86.facts(options({}, { DMABUF_DEBUG: true })).dmabufDebug).not.toBe('none')
  })
})
