// What names of chips, cores and nodes say: from their begin, with every part of a pattern in each of its states.
import { describe, expect, it, test } from 'vitest'
import { readFdt } from '../../src/fdt/read.ts'
import { archOfBoard } from '../../src/import/board-arch.ts'
import { elementsOf } from '../../src/import/bind-elements.ts'
import { coreFacts } from '../../src/import/cores.ts'
import { isUnlistedMedia, mediaNodeOf } from '../../src/import/media-nodes.ts'
import { riscvIsa } from '../../src/import/riscv-isa.ts'
import { DeviceTree } from '../../src/of/tree.ts'
import { writeDtb, type Tree } from '../dtb-writer.ts'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)
const tree = (root: Tree): DeviceTree => new DeviceTree(readFdt(writeDtb(root), 'b.dtb'))
const archOf = (compatible: string, more: Tree = {}): string | undefined => archOfBoard(tree({ compatible, ...more }))

describe('the architecture by the chip', () => {
  test.each([
    [
      'riscv64',
      `sifive,x starfive,x thead,x sophgo,x canaan,x microchip,mpfs microchip,pic64 spacemit,x eswin,x andestech,x riscv,x kendryte,x
       milkv,x allwinner,sun20i-d1 renesas,r9a07g043f`,
    ],
    [
      'arm64',
      `allwinner,sun50i-a64 brcm,bcm2711 brcm,bcm2712 brcm,bcm2837 brcm,bcm4908 brcm,bcm6318 brcm,bcm6858 brcm,bcm7211 raspberrypi,4-x
       raspberrypi,5-x raspberrypi,3-x raspberrypi,500 raspberrypi,cm4 raspberrypi,cm5 fsl,imx8mq fsl,imx93 fsl,ls1028a fsl,ls2080a
       fsl,lx2160a fsl,s32g2 fsl,s32v234 rockchip,rk3399 rockchip,rk3328 rockchip,rk3568 rockchip,rk3688 rockchip,rk3899 rockchip,rk3999
       rockchip,px30 rockchip,rk3308 rockchip,rk3528 qcom,sdm845 qcom,sm8250 qcom,sc7180 qcom,sa8775p qcom,msm8916 qcom,msm8998 qcom,qcs404
       qcom,ipq8074 qcom,ipq5018 qcom,ipq6018 qcom,ipq9574 qcom,x1e80100 qcom,sdx75 mediatek,mt8173 mediatek,mt7986a samsung,exynos5433
       samsung,exynos7 samsung,exynos850 samsung,exynos990 samsung,exynosautov9 nvidia,tegra186 nvidia,tegra210 renesas,r8a774a1
       renesas,r8a7795 renesas,r8a779g0 renesas,r9a07g044 renesas,r9a09g011 renesas,rzg2 renesas,rzv amlogic,g12b amlogic,sm1 ti,k3-am654
       ti,am642 ti,am754 ti,j721e xlnx,zynqmp xlnx,versal amd,versal apple,t8103 apple,j274 apm,x cavium,x hisilicon,hi3660 hisilicon,hip05-d02 amd,x socionext,x
       sprd,sc9863a sprd,ums512 realtek,rtd1295 altr,socfpga-stratix10 altr,socfpga-agilex intel,socfpga-agilex marvell,armada3720
       marvell,armada7040 marvell,armada8040 marvell,armada-ap806 st,stm32mp257 nuvoton,npcm845 nuvoton,ma35d1 toshiba,x tesla,x lg,lg1313`,
    ],
    [
      'armhf',
      `allwinner,sun8i-h3 allwinner,sun4i-a10 allwinner,suniv-f1c100s allwinner,sun20i brcm,bcm2708 brcm,bcm2835 brcm,bcm2836 brcm,bcm53573
       brcm,bcm4708 brcm,bcm11351 brcm,bcm21664 brcm,bcm23550 brcm,bcm28155 brcm,bcm58625 raspberrypi,model-b raspberrypi,2-x raspberrypi,zero
       fsl,ls1021a fsl,vf610 fsl,mxs fsl,imx6q fsl,imx53 rockchip,rk2928 rockchip,rk3066 rockchip,rk3128 rockchip,rk3288 rockchip,rk1000
       rockchip,rv1126 qcom,msm8226 qcom,msm8660 qcom,msm8974 qcom,apq8064 qcom,ipq4019 qcom,ipq8064 qcom,mdm9615 qcom,sdx55 mediatek,mt2701
       mediatek,mt6582 mediatek,mt6589 mediatek,mt7623 mediatek,mt7629 mediatek,mt8127 mediatek,mt8135 mediatek,mt8163 samsung,exynos4412
       samsung,exynos5422 samsung,s3c6410 samsung,s5pv210 nvidia,tegra20 nvidia,tegra30 nvidia,tegra114 nvidia,tegra124 renesas,r8a7791
       renesas,r7s72100 amlogic,meson6 amlogic,meson8b ti,omap4 ti,am33xx xlnx,zynq-7000 st,stm32mp157 st,stih410 altr,socfpga-cyclone5
       marvell,armada370 arm,vexpress arm,versatile-pb arm,realview-pb atmel,sama5 microchip,sam9x60 aspeed,ast2600 nuvoton,npcm750
       hisilicon,hip04-d01 hisilicon,hip01 socionext,uniphier-ld4 socionext,uniphier-pro4 marvell,armada375 marvell,armada38x marvell,armadaxp calxeda,x cirrus,x lpc32xx nxp,lpc1850 stericsson,u8500 airoha,en7523 mstar,x sprd,x`,
    ],
  ])('%s', (arch, names) => {
    for (const name of words(names)) {
      expect([name, archOf(name)]).toEqual([name, arch])
      expect([`a,${name}`, archOf(`a,${name}`)]).toEqual([`a,${name}`, undefined])
    }
  })
  it('or by a part of it, RISC-V before 64 bits before 32', () => {
    const part = (...compatible: readonly string[]) =>
      archOf('a,board', Object.fromEntries(compatible.map((name, i) => [`p${i}`, { compatible: name }])))
    expect(part('arm,armv7-timer', 'arm,gic-v3')).toBe('arm64')
    expect(part('arm,gic-v3', 'riscv,plic0')).toBe('riscv64')
    for (const name of ['riscv,clint0', 'riscv,plic0', 'riscv,cpu-intc']) expect(part(name)).toBe('riscv64')
    for (const name of ['arm,armv8-timer', 'arm,gic-v3', 'arm,armv8-pmuv3']) expect(part(name)).toBe('arm64')
    for (const name of ['arm,armv7-timer', 'arm,cortex-a9-twd-timer']) expect(part(name)).toBe('armhf')
    expect(part('arm,gic-400')).toBeUndefined()
  })
})

test.each([
  ['armhf 32', 'arm,cortex-a5 arm,cortex-a9 arm,arm11mpcore arm,cortex-r5 marvell,pj4 marvell,sheeva-v7'],
  [
    'armhf 64',
    'arm,cortex-a7 arm,cortex-a8 arm,cortex-a12 arm,cortex-a15 arm,cortex-a17 arm,cortex-a32 qcom,krait qcom,scorpion brcm,brahma-b15',
  ],
  [
    'armhf 32 aliasing',
    'arm,arm1176jzf arm,arm920t arm,sa1100 arm,xscale intel,xscale marvell,feroceon marvell,mohawk marvell,88fr571',
  ],
  ['armhf 16 aliasing', 'faraday,fa526'],
  [
    'arm64 64',
    `arm,cortex-a53 arm,cortex-a57 arm,cortex-a72 arm,cortex-a510 arm,neoverse-n1 arm,armv8 arm,rainier apm,x apple,x brcm,x cavium,x
     hisilicon,x nvidia,x phytium,x qcom,kryo`,
  ],
  ['riscv64 64', 'riscv sifive,u54 thead,c906 andestech,ax45mp spacemit,x60 starfive,x sophgo,x eswin,x'],
])('a core of %s', (facts, names) => {
  for (const name of words(names)) {
    const known = coreFacts(['a,unknown', name])
    const told = known && `${known.arch} ${known.lineSize}${known.aliasing ? ' aliasing' : ''}`
    expect([name, told]).toEqual([name, facts])
    expect([name, coreFacts([`a,${name}`])]).toEqual([name, undefined])
  }
  for (const name of ['riscvx', 'arm,mali', 'marvell,x', 'intel,x', 'x']) expect(coreFacts([name])).toBeUndefined()
})

test.each([
  [
    'converter',
    'fsl,imx-capture-subsystem rockchip,rk3288-rga rockchip,rk3-rga samsung,exynos4210-fimc samsung,exynos5-fimc',
  ],
  ['isp', 'qcom,msm8916-camss'],
  [
    'other',
    `samsung,fimc venus-decoder venus-encoder a,csi2 a,mipi-csi2rx a,mipi-csis rockchip,display-subsystem fsl,imx-display-subsystem
     allwinner,sun4i-display-engine brcm,bcm2711-vc5 brcm,bcm2835-vc4 a,x-hdmi a,tcon-x-tcon a,x-tcon-lcd a,x-tcon-tv a,x-tcon-top
     a,x-tcon0 a,x-rfbi a,x-venc a,x-tcon-lcd1 allwinner,sun8i-display-frontend simple-framebuffer`,
  ],
  [
    '2d',
    `samsung,s5pv210-g2d a,x-rotate a,x-rotator samsung,exynos5420-scaler samsung,exynos5-scaler nvidia,tegra20-vic st,dma2d renesas,fcpv
     renesas,r8-fcpvd renesas,fcpf renesas,fcpfd mediatek,mt8183-mdp3-rsz mediatek,mt8173-mdp-wdma mediatek,mt8173-mdp-wrot`,
  ],
])('a node of class %s', (kind, names) => {
  for (const name of words(names)) expect([name, mediaNodeOf(['a,unknown', name])?.class]).toEqual([name, kind])
  for (const name of words(
    `x-fsl,imx-capture-subsystem fsl,imx-capture-subsystem-x a,rockchip,rk3288-rga rockchip,rk3288-rga2 rockchip,rkx-rga a,camssx
     a,samsung,exynos4210-fimc samsung,exynos4210-fimc1 samsung,exynosx-fimc a,samsung,fimc samsung,fimc2 a,venus-decoder venus-decoder2 venus-x
     csi2x csi2rxx x-csisx a,rockchip,display-subsystem rockchip,display-subsystem2 allwinner,display-engine a,allwinner,x-display-engine
     allwinner,x-display-engine2 a,brcm,bcm2711-vc5 brcm,bcm2711-vc6 brcm,bcm2911-vc5 brcm,bcm27x-vc5 a-hdmi2 a-tcon-x a-tcon12
     a,allwinner,x-display-frontend allwinner,x-display-frontend2 a,simple-framebuffer simple-framebuffer2 g2dx x-rotatex x-rotat
     samsung,exynosx-scaler a,samsung,exynos5-scaler x-vicx dma2dx a,renesas,fcpv renesas,fcp renesas,fcpvx x-mdp4-rsz x-mdp-rszx`,
  ))
    expect([name, mediaNodeOf([name])]).toEqual([name, undefined])
  expect(isUnlistedMedia(['a', 'fsl,imx-capture-subsystem'])).toBe(true)
  expect(isUnlistedMedia(['fsl,imx-capture'])).toBe(false)
})

describe('extensions of RISC-V processors', () => {
  const isa = (cpus: Tree, more: Tree = {}) => riscvIsa(tree({ cpus, ...more }))
  const both = { 'riscv,isa': 'rv64imafdcv_zicbom_svpbmt' } as const
  test.each<readonly [string, Tree, Tree, object]>([
    ['nothing is named', { 'cpu@0': {} }, {}, {}],
    ['there are none', {}, {}, {}],
    ['both, as text', { 'cpu@0': both }, {}, {}],
    ['both, in capital letters', { 'cpu@0': { 'riscv,isa': 'RV64I_ZICBOM_SVPBMT' } }, {}, {}],
    ['both, as a list', { 'cpu@0': { 'riscv,isa-extensions': ['i', 'zicbom', 'svpbmt'] } }, {}, {}],
    ['one alone', { 'cpu@0': { 'riscv,isa': 'rv64i_svpbmt' } }, {}, { cacheOps: 'none' }],
    ['the other', { 'cpu@0': { 'riscv,isa': 'rv64i_zicbom' } }, {}, { svpbmt: false }],
    ['none', { 'cpu@0': { 'riscv,isa': 'rv64imac' } }, {}, { cacheOps: 'none', svpbmt: false }],
    ['a base that is named like one', { 'cpu@0': { 'riscv,isa': 'zicbom_svpbmt' } }, {}, { cacheOps: 'none' }],
    [
      'not every processor has them',
      { 'cpu@0': both, 'cpu@1': { 'riscv,isa': 'rv64i' } },
      {},
      { cacheOps: 'none', svpbmt: false },
    ],
    [
      'one that is off does not count',
      { 'cpu@0': both, 'cpu@1': { 'riscv,isa': 'rv64i', status: 'disabled' } },
      {},
      {},
    ],
    ['one that names nothing does not count', { 'cpu@0': both, 'cpu-map': {} }, {}, {}],
    ...['starfive,jh7100-ccache', 'eswin,eic7700-l3-cache', 'andestech,ax45mp-cache', 'thead,c906', 'thead,c910'].map(
      (compatible) =>
        [
          compatible,
          { 'cpu@0': { 'riscv,isa': 'rv64i' } },
          { cache: { compatible: ['a,b', compatible] } },
          {},
        ] as const,
    ),
    ...['a,thead,c906', 'thead,c9060', 'thead,c9x'].map(
      (compatible) =>
        [
          compatible,
          { 'cpu@0': { 'riscv,isa': 'rv64i' } },
          { cache: { compatible } },
          { cacheOps: 'none', svpbmt: false },
        ] as const,
    ),
    [
      'a default pool',
      { 'cpu@0': { 'riscv,isa': 'rv64i' } },
      { pool: { 'linux,dma-default': true } },
      { cacheOps: 'none' },
    ],
  ])('%s', (_what, cpus, more, facts) => {
    expect(isa(cpus, more)).toEqual(facts)
  })
})

describe('elements of GStreamer for a node of a driver', () => {
  const video = { interface: 'V4L2', stateless: false, codecs: [], splitPlanes: false }
  test.each([
    [{ ...video, kind: 'decoder', codecs: ['h264', 'vc1', 'jpeg'] }, ['v4l2h264dec', 'v4l2wmvdec', 'v4l2jpegdec']],
    [
      { ...video, kind: 'decoder', stateless: true, codecs: ['h264', 'h265', 'vp8', 'vp9', 'mpeg2', 'av1', 'jpeg'] },
      ['h264', 'h265', 'vp8', 'vp9', 'mpeg2', 'av1'].map((codec) => `v4l2sl${codec}dec`),
    ],
    [{ ...video, kind: 'encoder', codecs: ['vp8', 'vc1'] }, ['v4l2vp8enc', 'v4l2vc1enc']],
    [{ ...video, kind: 'converter' }, ['v4l2convert']],
    [{ ...video, kind: 'capture' }, ['v4l2src']],
    [{ ...video, kind: 'output' }, ['v4l2sink']],
    [{ kind: 'display' }, ['kmssink']],
    [{ kind: 'gpu' }, []],
  ])('%j: %j', (node, elements) => {
    expect(elementsOf(node as unknown as Parameters<typeof elementsOf>[0])).toEqual(elements)
  })
})
