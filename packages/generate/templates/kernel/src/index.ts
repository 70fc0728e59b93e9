// A kernel as a plug-in: an architecture and op tables that dmalab has, the facts of a release, and what is different here.
import type { KernelDef, PluginApi, PluginFactory } from '@dmalab/api'

const kernel = (api: PluginApi): KernelDef => ({
  name: 'arm64@my-thing',
  // Or arm, riscv64, x86_64, or an architecture of your own.
  arch: 'arm64',
  title: '64-bit ARM, a vendor tree on Linux 6.12 with a small bounce buffer',
  source: 'a vendor tree on Linux v6.12',
  facts: () => ({
    ...api.RELEASES['6.12'],
    sgEntrySize: 32,
    sgDmaLength: true,
    dmaAddrSize: 8,
    physAddrSize: 8,
    zoneDmaLimit: 2 ** 32 - 1,
    atomicPools: { kind: 'zones', size: null },
    // The difference: 4 MiB instead of 64, slots of 2 KiB.
    swiotlb: {
      slots: 2048,
      areas: 1,
      mode: 'normal',
      dmaLimit: 2 ** 32 - 1,
      bouncesKmalloc: true,
      kmallocPool: true,
      highest: false,
      restrictedPools: true,
    },
  }),
  // Options that `--config` and `--cmdline` take, each with its meaning.
  config: {},
  cmdline: {},
  idle: () => ({}),
  ops: [],
  opsFor: (_device, _options, translated) => (translated ? 'dma-iommu' : 'dma-direct'),
})

const plugin: PluginFactory = (api) => ({ name: 'my-thing', kernels: [kernel(api)] })
export default plugin
