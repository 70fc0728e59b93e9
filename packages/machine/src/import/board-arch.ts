// The architecture of a board whose CPUs do not tell: by the chip that its root node names, then by parts that only one architecture has.
import type { FdtNode } from '../fdt/node.ts'
import type { DebianArch } from '../of/architectures.ts'
import type { DeviceTree } from '../of/tree.ts'

/** By the begin of a compatible string of the root; the first that fits. Sources: arch/{arm,arm64,riscv}/boot/dts of Linux v6.12. */
const CHIPS: readonly (readonly [RegExp, DebianArch])[] = [
  [
    /^(sifive|starfive|thead|sophgo|canaan|microchip,(mpfs|pic64)|spacemit|eswin|andestech|riscv|kendryte|milkv)/,
    'riscv64',
  ],
  [/^(allwinner,sun20i-d1|renesas,r9a07g043f)/, 'riscv64'],
  [/^allwinner,sun50i/, 'arm64'],
  [/^allwinner,(sun\d+i|suniv)/, 'armhf'],
  [/^(brcm,bcm(2711|2712|2837|4908|6[38]\d{2}|72\d{2})|raspberrypi,([45]|3-|500|cm4|cm5))/, 'arm64'],
  [/^(brcm,bcm(2708|2709|2835|2836|53|47|11|21|23|28|58)|raspberrypi,(model-|2|zero))/, 'armhf'],
  [/^fsl,(ls102[01]|vf|mxs)/, 'armhf'],
  [/^fsl,(imx(8|9)|ls[12]|lx2|s32[gv])/, 'arm64'],
  [/^fsl,imx/, 'armhf'],
  [/^rockchip,(rk3(3[0-9]|5|6|8|9)\d*|px30|rk3308|rk3528)/, 'arm64'],
  [/^rockchip,(rk(2|30|31|32|10)\d*|rv1)/, 'armhf'],
  [
    /^qcom,(sdm|sm\d|sc\d|sa\d|msm89(16|39|53|56|76|92|94|96|98)|qcs|qcm|qrb|apq8016|apq8096|apq8094|ipq(5|6|8074|9)|x1|sdx75|qdu|qru)/,
    'arm64',
  ],
  [/^qcom,(msm8[26]|msm8974|apq80|ipq(40|8064)|mdm|sdx)/, 'armhf'],
  [/^mediatek,mt(2701|62|65|7623|7629|81(27|35)|8163)/, 'armhf'],
  [/^mediatek,mt/, 'arm64'],
  [/^samsung,(exynos(5433|7|8|9|auto)|exynosautov)/, 'arm64'],
  [/^samsung,(exynos|s3c|s5p)/, 'armhf'],
  [/^nvidia,tegra(20|30|114|124)/, 'armhf'],
  [/^nvidia,tegra/, 'arm64'],
  [/^renesas,(r8a774[abce]|r8a779[5-9afgh]|r9a0[789]|rzg2|rzv)/, 'arm64'],
  [/^renesas,/, 'armhf'],
  [/^amlogic,meson(6|8)/, 'armhf'],
  [/^amlogic,/, 'arm64'],
  [/^ti,(k3|am6|am7|j7|j72)/, 'arm64'],
  [/^ti,/, 'armhf'],
  [/^(xlnx,(zynqmp|versal)|amd,versal)/, 'arm64'],
  [/^xlnx,zynq/, 'armhf'],
  [/^socionext,uniphier-(ld4|ld6b|pro4|pro5|pxs2|sld8)/, 'armhf'],
  [
    /^(apple,(t|j|arm)|apm,|cavium,|hisilicon,hi(3660|3670|6220|p0[5-9])|amd,|socionext,|sprd,(sc98|ums)|realtek,rtd1[236]|altr,socfpga-(stratix10|agilex)|intel,socfpga-agilex|marvell,(armada(37\d\d|7|8|-ap8)|cn9|ac5)|st,stm32mp2|nuvoton,(npcm8|ma35)|toshiba,|freescale,s32|lg,lg1|exynos,|tesla,)/,
    'arm64',
  ],
  [
    /^(st,stm32|st,sti|altr,socfpga|marvell,|arm,(vexpress|versatile|realview|integrator)|atmel,|microchip,sam|aspeed,|nuvoton,|hisilicon,|calxeda,|cirrus,|lpc|nxp,lpc|stericsson|airoha,en7523|mstar,|sprd,)/,
    'armhf',
  ],
]

/** By the compatible strings of anything in the tree. */
const PARTS: readonly (readonly [string, DebianArch])[] = [
  ['riscv,clint0', 'riscv64'],
  ['riscv,plic0', 'riscv64'],
  ['riscv,cpu-intc', 'riscv64'],
  ['arm,armv8-timer', 'arm64'],
  ['arm,gic-v3', 'arm64'],
  ['arm,armv8-pmuv3', 'arm64'],
  ['arm,armv7-timer', 'armhf'],
  ['arm,cortex-a9-twd-timer', 'armhf'],
]

export function archOfBoard({ root, nodes }: DeviceTree): DebianArch | undefined {
  for (const name of root.compatible) {
    const chip = CHIPS.find(([pattern]) => pattern.test(name))
    if (chip !== undefined) return chip[1]
  }
  return PARTS.find(([part]) => nodes.some((node) => hasPart(node, part)))?.[1]
}

const hasPart = (node: FdtNode, part: string): boolean => node.has('compatible') && node.compatible.includes(part)
