// What an import makes of devices: windows, IOMMUs, pools, drivers, and what is switched off.
import { missingDevice } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { boardYaml } from '../../src/import/board-yaml.ts'
import { importBoard } from '../../src/import/board.ts'
import { kernelDriverOf } from '../../src/kernel-drivers/index.ts'
import { readMachine } from '../../src/read-machine.ts'
import { writeDtb, type Tree } from '../dtb-writer.ts'
import { MIB, cells, a9, memory, reserved, machine } from './trees.ts'

describe('devices', () => {
  const tree: Tree = {
    ...memory(0x4000_0000, 512 * MIB),
    ...reserved({
      'p@50000000': { compatible: 'shared-dma-pool', reg: [0x5000_0000, MIB], 'no-map': true, phandle: 1 },
    }),
    soc: {
      ...cells,
      ranges: true,
      'dma-ranges': [0x8000_0000, 0x4000_0000, 0x2000_0000],
      'mmu@1000': { compatible: 'samsung,exynos-sysmmu', '#iommu-cells': 0, phandle: 2 },
      'codec@2000': { compatible: 'samsung,mfc-v8', 'memory-region': 1, iommus: 2, 'dma-coherent': true },
      'gsc@3000': { compatible: 'samsung,exynos5-gsc' },
      'hdmi@4000': { compatible: 'samsung,exynos5420-hdmi' },
      'mixer@5000': { compatible: 'samsung,exynos5420-mixer' },
      'jpeg@6000': { compatible: 'samsung,exynos5420-jpeg', status: 'disabled' },
    },
  }

  it('have their window, IOMMU, pools and coherence; disabled ones are left out', () => {
    const { devices, iommus } = machine(tree)
    expect(iommus).toEqual([{ name: '1000.mmu', model: 'samsung-exynos-sysmmu', enabled: true }])
    expect(devices.map((device) => device.name)).toEqual(['2000.codec', '3000.gsc', '4000.hdmi', '5000.mixer'])
    expect(devices[0]).toMatchObject({
      class: 'codec',
      coherent: true,
      iommu: '1000.mmu',
      pools: ['p@50000000'],
      busLimit: 0x9fff_ffff,
      dmaRanges: [{ cpu: 0x4000_0000, bus: 0x8000_0000, len: 0x2000_0000 }],
    })
  })

  it('are bound to elements by their drivers; the mixer shows pictures, not the HDMI encoder', () => {
    expect(machine(tree).bindings).toMatchObject({
      v4l2h264dec: '2000.codec',
      v4l2convert: '3000.gsc',
      kmssink: '5000.mixer',
    })
  })

  it('do what their drivers do: parts that fetch no pixels are of no class, and each format goes to the codec that has it', () => {
    const soc: Tree = {
      ...cells,
      ranges: true,
      'vpu@1': { compatible: 'rockchip,rk3399-vpu' },
      'vdec@2': { compatible: 'rockchip,rk3399-vdec' },
      'rga@3': { compatible: 'rockchip,rk3399-rga' },
      'camera@4': { compatible: 'qcom,sdm845-camss' },
      'csi@5': { compatible: 'fsl,imx6-mipi-csi2' },
      'venus@6': { compatible: 'qcom,sc7180-venus', 'video-decoder': { compatible: 'venus-decoder' } },
      'mdss@7': { compatible: 'qcom,sc7180-mdss', 'dpu@8': { compatible: 'qcom,sc7180-dpu', iommus: 9 } },
      'mmu@9': { compatible: 'qcom,smmu', '#iommu-cells': 0, phandle: 9 },
    }
    const root: Tree = {
      soc,
      'display-subsystem': { compatible: 'rockchip,display-subsystem' },
      'capture-subsystem': { compatible: 'fsl,imx-capture-subsystem' },
    }
    const { devices, bindings } = machine({ ...memory(0x4000_0000, 512 * MIB), ...root })
    expect(devices.map((device) => [device.name, device.class, kernelDriverOf(device)?.name])).toEqual([
      ['1.vpu', 'codec', 'hantro-vpu'],
      ['2.vdec', 'codec', 'rkvdec'],
      ['3.rga', 'converter', 'rockchip-rga'],
      ['4.camera', 'isp', 'qcom-camss'],
      ['5.csi', 'other', 'imx6-mipi-csi2'],
      ['6.venus', 'codec', 'qcom-venus'],
      ['video-decoder', 'other', 'qcom-venus-decoder'],
      ['7.mdss', 'display', 'msm-mdss'],
      ['8.dpu', 'display', 'msm_dpu'],
      ['display-subsystem', 'other', 'rockchip-drm'],
      ['capture-subsystem', 'converter', 'imx-media'],
    ])
    expect(bindings).toMatchObject({
      v4l2h264dec: '6.venus',
      v4l2slh264dec: '2.vdec',
      v4l2slvp8dec: '1.vpu',
      v4l2jpegenc: '1.vpu',
      v4l2h265dec: '6.venus',
      v4l2convert: '3.rga',
      v4l2src: '4.camera',
      kmssink: '8.dpu',
    })
    expect(bindings['v4l2vp9dec']).toBe('6.venus')
    expect(Object.keys(bindings)).not.toContain('v4l2slh265dec')
  })

  it('are found by name where no property speaks of DMA, but not behind USB', () => {
    const soc: Tree = {
      ...cells,
      ranges: true,
      'ethernet@1': { compatible: 'a,gmac', reg: [1, 1] },
      'usb@2': {
        compatible: 'a,wrapper',
        reg: [2, 1],
        ...cells,
        'usb@3': {
          compatible: 'snps,dwc3',
          reg: [3, 1],
          '#address-cells': 1,
          '#size-cells': 0,
          'ethernet@1': { reg: 1 },
        },
      },
      'pcie@4': {
        device_type: 'pci',
        compatible: 'a,pcie',
        reg: [4, 1],
        '#address-cells': 3,
        '#size-cells': 2,
        'dma-ranges': [0x0200_0000, 0, 0, 0x4000_0000, 0, 0x1000],
        'usb@0': { reg: [0, 0, 0, 0, 0] },
      },
    }
    const { devices } = machine({ ...memory(0x4000_0000, 512 * MIB), soc })
    expect(devices.map((device) => [device.name, device.class])).toEqual([
      ['1.ethernet', 'network'],
      ['3.usb', 'other'],
      ['4.pcie', 'other'],
      ['0.usb', 'other'],
    ])
    // A bridge stands for its cards, those in the tree among them: they get its own windows.
    for (const device of devices.slice(2))
      expect(device).toMatchObject({
        dmaRanges: [{ cpu: 0x4000_0000, bus: 0, len: 0x1000 }],
        pci: { untrusted: false },
      })
  })

  it('that are switched off are known as such, with the node that does it', () => {
    const soc: Tree = {
      ...cells,
      ranges: true,
      'codec@1': { compatible: 'samsung,mfc-v7', reg: [1, 1], status: 'disabled' },
      'bus@2': { ...cells, ranges: true, status: 'disabled', 'ethernet@3': { compatible: 'a,gmac', reg: [3, 1] } },
    }
    const board = { ...cells, ...a9, ...memory(0, 256 * MIB), soc }
    const { disabled, devices } = machine(board)
    expect(devices).toEqual([])
    expect(disabled).toEqual([
      { name: '1.codec', title: '/soc/codec@1', compatible: 'samsung,mfc-v7', class: 'codec' },
      { name: '3.ethernet', title: '/soc/bus@2/ethernet@3', compatible: 'a,gmac', class: 'network', by: '/soc/bus@2' },
    ])
    const imported = importBoard(writeDtb(board), { file: 'b.dtb' })
    expect(readMachine(boardYaml(imported), 'b.yaml').disabled).toEqual(disabled)
    expect(missingDevice(imported.machine, 'codec@1')).toBe(
      'device 1.codec of board b is disabled in the device tree (status of /soc/codec@1)',
    )
    expect(missingDevice(imported.machine, 'codec@9')).toBe('board b has no device "codec@9"')
  })

  describe('behind an IOMMU', () => {
    const soc = (more: Tree): Tree => ({
      ...memory(0x4000_0000, 512 * MIB),
      soc: {
        ...cells,
        ranges: true,
        'mmu@1000': { compatible: 'arm,smmu-v3', '#iommu-cells': 0, phandle: 2 },
        ...more,
      },
    })
    const SPLASH: Tree = { reg: [0x5000_0000, 16 * MIB], 'no-map': true, phandle: 1 }
    const display: Tree = { compatible: 'samsung,exynos5420-mixer', iommus: 2, phandle: 7, 'memory-region': [1, 3] }
    const regionsOf = (splash: Tree, hole: Tree, device: Tree = display) => {
      const tree = { ...soc({ 'display@2000': device }), ...reserved({ 'splash@50000000': splash, hole }) }
      return machine(tree).devices.find(({ name }) => name === '2000.display')?.iommuRegions
    }
    const HOLE = { phandle: 3, 'iommu-addresses': [7, 0, 0x1000_0000] }

    it('keep what the firmware shows mapped one to one, and leave out what no memory backs', () => {
      expect(regionsOf({ ...SPLASH, 'iommu-addresses': [7, 0x5000_0000, 16 * MIB] }, HOLE)).toEqual([
        { base: 0x5000_0000, len: 16 * MIB, type: 'direct' },
        { base: 0, len: 0x1000_0000, type: 'reserved' },
      ])
    })
    it('only reserve where bus address and memory differ', () => {
      expect(regionsOf({ ...SPLASH, 'iommu-addresses': [7, 0x6000_0000, 16 * MIB] }, { phandle: 3 })).toEqual([
        { base: 0x6000_0000, len: 16 * MIB, type: 'reserved' },
      ])
    })
    it('take entries of others for phandles, as Linux does, and need the node in memory-region', () => {
      const others = { ...SPLASH, 'iommu-addresses': [2, 7, 0x5000_0000, 7, 0x5000_0000, 16 * MIB] }
      expect(regionsOf(others, { phandle: 3 })).toEqual([{ base: 0x5000_0000, len: 7, type: 'reserved' }])
      expect(regionsOf(SPLASH, HOLE, { ...display, 'memory-region': 1 })).toBeUndefined()
      const plain = { compatible: 'samsung,exynos5420-mixer', phandle: 7, 'memory-region': [1, 3] }
      expect(regionsOf(SPLASH, HOLE, plain)).toBeUndefined()
    })
    it('have their addresses in the facts, untranslated', () => {
      const tree = { ...soc({ 'display@2000': display }), ...reserved({ hole: HOLE }) }
      const { facts } = importBoard(writeDtb({ ...cells, ...a9, ...tree }), { file: 'b.dtb' })
      expect(facts.reserved_memory?.regions[0]?.iommu_addresses).toEqual([
        { device: '/soc/display@2000', base: '0x0', size: '0x10000000' },
      ])
    })
    it('behind PCI get the windows of the bridge, and are not trusted below an external port', () => {
      const bridge = (port: Tree): Tree => ({
        device_type: 'pci',
        compatible: 'a,pcie',
        reg: [0x4000, 0x1000],
        '#address-cells': 3,
        '#size-cells': 2,
        'iommu-map': [0, 2, 0, 0x10000],
        ranges: [
          [0x0100_0000, 0, 0, 0x3eff_0000, 0, 0x10000],
          [0x0200_0000, 0, 0x1000_0000, 0x1000_0000, 0, 0x2eff_0000],
          [0x4300_0000, 0x80, 0, 0x8000_0000, 0, 0x1000_0000],
        ].flat(),
        'pcie@0': { device_type: 'pci', ...port },
      })
      const imported = (port: Tree) =>
        importBoard(writeDtb({ ...cells, ...a9, ...soc({ 'pcie@4000': bridge(port) }) }), { file: 'b.dtb' })
      const { machine: made } = imported({ 'external-facing': true })
      expect(made.devices[0]).toMatchObject({
        iommu: '1000.mmu',
        pci: {
          untrusted: true,
          windows: [
            { base: 0x1000_0000, len: 0x2eff_0000 },
            { base: 0x80_0000_0000, len: 0x1000_0000 },
          ],
        },
      })
      const trusting = imported({})
      expect(trusting.machine.devices[0]?.pci?.untrusted).toBe(false)
      expect(readMachine(boardYaml(trusting), 'y')).toEqual(trusting.machine)
    })
  })

  it('keep their node paths as comments in YAML that reads back', () => {
    const imported = importBoard(writeDtb({ ...cells, ...a9, ...tree }), { file: 'x/my-board.dtb' })
    const yaml = boardYaml(imported)
    expect(yaml).toContain('# /reserved-memory/p@50000000')
    expect(yaml).toContain('title: /soc/codec@2000')
    expect(readMachine(yaml, 'y')).toEqual(imported.machine)
    expect(imported.machine.name).toBe('my-board')
  })
})
