// A RISC-V kernel brought by a plug-in: the built-in architecture and op tables by name, the facts of a release, and what differs. With it a
// board whose codec does not snoop and has a pool that is not in the linear map.

/** @param {import('@dmalab/api').PluginApi} api @returns {import('@dmalab/api').KernelDef} */
const kernel = (api) => ({
  name: 'riscv64@example',
  arch: 'riscv64',
  title: 'RISC-V with Zicbom, Linux 6.12: dma-direct with swiotlb',
  source: 'Linux v6.12 kernel/dma/direct.c, arch/riscv/mm/dma-noncoherent.c',
  facts: () => ({
    ...api.RELEASES['6.12'],
    sgEntrySize: 32,
    sgDmaLength: true,
    dmaAddrSize: 8,
    physAddrSize: 8,
    zoneDmaLimit: 2 ** 32 - 1, // ZONE_DMA32 holds what GFP_DMA asks for
    atomicPools: { kind: 'zones', size: null },
    swiotlb: {
      slots: 32768,
      areas: 1,
      mode: 'normal',
      dmaLimit: 2 ** 32 - 1,
      bouncesKmalloc: true,
      highest: false,
      restrictedPools: true,
    },
  }),
  config: {},
  cmdline: {},
  idle: () => ({}),
  ops: [],
  opsFor: (_device, _options, translated) => (translated ? 'dma-iommu' : 'dma-direct'),
})

const BOARD = `
name: riscv-board
title: a RISC-V board whose codec does not snoop
arch: riscv64
cpu: { lineSize: 64, aliasing: false }
memory: [{ base: "0x8000_0000", len: "1GiB" }]
reserved: [{ name: pool, base: "0x9000_0000", len: "64MiB", compatible: shared-dma-pool, noMap: true, reusable: false }]
layout: {}
iommus: []
devices:
  - { name: codec, class: codec, driver: s5p-mfc, coherent: false, maskBits: 32, pools: [pool] }
  - { name: converter, class: converter, driver: exynos-gsc, coherent: false, maskBits: 32, pools: [] }
  - { name: display, class: display, driver: exynos-drm, coherent: false, maskBits: 32, pools: [] }
bindings: { v4l2h264dec: codec, v4l2video4dec: codec, v4l2convert: converter, v4l2video7convert: converter, kmssink: display }
`

/** @type {import('@dmalab/api').PluginFactory} */
export default (api) => ({
  name: 'dmalab-example-riscv64',
  kernels: [kernel(api)],
  boards: [{ file: 'riscv-board.yaml', text: BOARD }],
})
