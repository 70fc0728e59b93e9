// A small device tree and an overlay for it, as compilers write them.
import { writeDtb } from '../../packages/machine/test/dtb-writer.ts'

const cells = { '#address-cells': 1, '#size-cells': 1 } as const

export const base: Uint8Array = writeDtb(
  {
    ...cells,
    compatible: ['some,board', 'rockchip,rk3399'],
    model: 'Board',
    chosen: { bootargs: 'cma=64M console=ttyS0' },
    cpus: {
      '#address-cells': 1,
      '#size-cells': 0,
      'cpu@0': { device_type: 'cpu', reg: 0, compatible: 'arm,cortex-a53' },
    },
    'memory@40000000': { device_type: 'memory', reg: [0x4000_0000, 0x4000_0000] },
    'reserved-memory': {
      ...cells,
      ranges: true,
      'pool@50000000': { compatible: 'shared-dma-pool', reg: [0x5000_0000, 0x10_0000], 'no-map': true, phandle: 5 },
      'linux,cma': {
        compatible: 'shared-dma-pool',
        size: 0x400_0000,
        alignment: 0x40_0000,
        reusable: true,
        'linux,cma-default': true,
      },
    },
    'iommu@ff650800': { compatible: 'rockchip,iommu', reg: [0xff65_0800, 0x40], '#iommu-cells': 0, phandle: 7 },
    soc: {
      ...cells,
      compatible: 'simple-bus',
      ranges: [0, 0, 0x8000_0000],
      'dma-ranges': [0, 0x4000_0000, 0x4000_0000],
      phandle: 9,
      'codec@ff650000': { compatible: 'rockchip,rk3399-vpu', reg: [0xff65_0000, 0x800], iommus: 7, phandle: 11 },
      'display@ff900000': {
        compatible: 'rockchip,rk3399-vop-lit',
        reg: [0xff90_0000, 0x800],
        'memory-region': 5,
        'dma-coherent': true,
      },
    },
    __symbols__: { codec: '/soc/codec@ff650000', soc: '/soc', pool: '/reserved-memory/pool@50000000' },
  },
  { reservations: [[0x4000_0000n, 0x1000n]] },
)

export const overlay: Uint8Array = writeDtb({
  compatible: 'some,board',
  'fragment@0': {
    target: 0xffff_ffff,
    __overlay__: { status: 'okay', 'memory-region': 0xffff_ffff, phandle: 1, 'port@0': { reg: 0 } },
  },
  'fragment@1': {
    'target-path': '/soc',
    __overlay__: { ...cells, 'camera@1': { compatible: 'x,y', reg: [1, 2], link: 1 } },
  },
  __fixups__: { codec: '/fragment@0:target:0', pool: '/fragment@0/__overlay__:memory-region:0' },
  __local_fixups__: { 'fragment@1': { __overlay__: { 'camera@1': { link: 0 } } } },
})
