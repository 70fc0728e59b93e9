// The architecture of a board by the name of its chip, and by parts of it; where memory of a family begins; names for a board.
import { describe, expect, it } from 'vitest'
import { archOfDtb, importBoard, statesMemory } from '../../src/import/board.ts'
import { writeDtb, type Tree } from '../dtb-writer.ts'

const cells: Tree = { '#address-cells': 1, '#size-cells': 1 }
const arch = (compatible: string | readonly string[], more: Tree = {}): string => {
  try {
    return archOfDtb(writeDtb({ ...cells, compatible: compatible as string, ...more }), 'b.dtb')
  } catch (e) {
    return e instanceof Error ? e.name : 'thrown'
  }
}

it.each([
  ['sifive,fu740', 'riscv64'],
  ['starfive,jh7110', 'riscv64'],
  ['microchip,mpfs', 'riscv64'],
  ['allwinner,sun20i-d1', 'riscv64'],
  ['allwinner,sun50i-h6', 'arm64'],
  ['allwinner,sun8i-h3', 'armhf'],
  ['allwinner,suniv-f1c100s', 'armhf'],
  ['brcm,bcm2711', 'arm64'],
  ['brcm,bcm2837', 'arm64'],
  ['raspberrypi,4-model-b', 'arm64'],
  ['brcm,bcm2835', 'armhf'],
  ['raspberrypi,model-zero', 'armhf'],
  ['fsl,imx8mq', 'arm64'],
  ['fsl,ls1028a', 'arm64'],
  ['fsl,imx6q', 'armhf'],
  ['fsl,vf610', 'armhf'],
  ['fsl,ls1021a', 'armhf'],
  ['fsl,ls1043a', 'arm64'],
  ['fsl,ls2088a', 'arm64'],
  ['fsl,lx2160a', 'arm64'],
  ['fsl,imx93', 'arm64'],
  ['rockchip,rk3399', 'arm64'],
  ['rockchip,px30', 'arm64'],
  ['rockchip,rk3288', 'armhf'],
  ['rockchip,rk3066a', 'armhf'],
  ['rockchip,rv1126', 'armhf'],
  ['qcom,sdm845', 'arm64'],
  ['qcom,msm8916', 'arm64'],
  ['qcom,msm8974', 'armhf'],
  ['qcom,apq8064', 'armhf'],
  ['mediatek,mt8192', 'arm64'],
  ['mediatek,mt7623', 'armhf'],
  ['samsung,exynos5433', 'arm64'],
  ['samsung,exynos5422', 'armhf'],
  ['nvidia,tegra124', 'armhf'],
  ['nvidia,tegra210', 'arm64'],
  ['renesas,r8a7795', 'arm64'],
  ['renesas,r8a7790', 'armhf'],
  ['renesas,r8a7794', 'armhf'],
  ['renesas,r8a7743', 'armhf'],
  ['renesas,r8a7740', 'armhf'],
  ['renesas,r8a774a1', 'arm64'],
  ['renesas,r8a77970', 'arm64'],
  ['renesas,r8a779a0', 'arm64'],
  ['amlogic,meson8b', 'armhf'],
  ['amlogic,g12b', 'arm64'],
  ['ti,am654', 'arm64'],
  ['ti,dra7', 'armhf'],
  ['ti,am33xx', 'armhf'],
  ['xlnx,zynqmp', 'arm64'],
  ['xlnx,zynq-7000', 'armhf'],
  ['apple,t8103', 'arm64'],
  ['st,stm32mp157', 'armhf'],
  ['st,stm32mp257', 'arm64'],
  ['altr,socfpga-agilex', 'arm64'],
  ['altr,socfpga-cyclone5', 'armhf'],
  ['marvell,armada3710', 'arm64'],
  ['marvell,armada380', 'armhf'],
  ['hisilicon,hi3660', 'arm64'],
  ['aspeed,ast2600', 'armhf'],
])('%s is %s', (name, expected) => {
  expect(arch(['a,board', name])).toBe(expected)
})

describe('a chip that is not known', () => {
  it.each([
    ['riscv,clint0', 'riscv64'],
    ['arm,armv8-timer', 'arm64'],
    ['arm,gic-v3', 'arm64'],
    ['arm,armv7-timer', 'armhf'],
    ['arm,cortex-a9-twd-timer', 'armhf'],
  ])('is told by its %s', (part, expected) => {
    expect(arch('a,board', { soc: { x: { compatible: ['b,c', part] } } })).toBe(expected)
    // Of several parts, the first of the table.
    expect(arch('a,board', { x: { compatible: part }, y: { compatible: 'riscv,plic0' } })).toBe('riscv64')
  })
  it('is asked for where nothing tells', () => {
    expect(arch('a,board', { soc: { x: { compatible: 'arm,other' } } })).toBe('InputError')
    expect(arch('xsifive,fu740')).toBe('InputError')
  })
})

describe('memory that is given without its address', () => {
  const start = (compatible: readonly string[], more: Tree = {}): number | string => {
    const blob = writeDtb({ ...cells, compatible: compatible as never, ...more })
    try {
      return importBoard(blob, { file: 'b.dtb', arch: 'arm64', memorySize: 2 ** 30 }).machine.memory[0]?.base ?? 'none'
    } catch (e) {
      return e instanceof Error ? e.message : 'thrown'
    }
  }
  it.each([
    ['rockchip,rk3399', 0],
    ['brcm,bcm2711', 0],
    ['allwinner,sun50i-h6', 0x4000_0000],
    ['samsung,exynos5422', 0x4000_0000],
    ['fsl,imx8mq', 0x4000_0000],
    ['fsl,imx6q', 0x1000_0000],
    ['fsl,imx6dl', 0x1000_0000],
    ['fsl,imx6sx', 0x8000_0000],
    ['fsl,imx7d', 0x8000_0000],
    ['qcom,sdm845', 0x8000_0000],
    ['st,stm32mp157', 0xc000_0000],
    ['renesas,r8a7795', 0x4800_0000],
  ])('of %s begins at %i', (name, base) => {
    expect(start(['a,board', name])).toBe(base)
  })
  it('begins where a node of it says, whatever the family', () => {
    expect(start(['a,board', 'rockchip,rk3399'], { 'memory@60000000': { device_type: 'memory', reg: [0, 0] } })).toBe(
      0x6000_0000,
    )
    expect(start(['rockchip,rk3399', 'samsung,exynos5422'])).toBe(0x4000_0000)
    expect(start(['a,board'])).toContain('does not say where memory starts')
  })
})

describe('memory that the tree states', () => {
  const memory = (...nodes: readonly Tree[]) =>
    writeDtb({
      ...cells,
      ...Object.fromEntries(nodes.map((node, i) => [`memory@${i}`, { device_type: 'memory', ...node }])),
    })
  const by = { file: 'b.dtb', arch: 'arm64' } as const
  it('is that of nodes which are on', () => {
    const [on, off] = [{ reg: [0x4000_0000, 0x1000_0000] }, { reg: [0x8000_0000, 0x1000_0000], status: 'disabled' }]
    expect(importBoard(memory(on, off), by).machine.memory).toEqual([{ base: 0x4000_0000, len: 0x1000_0000 }])
    expect([
      statesMemory(memory(on), by),
      statesMemory(memory(off), by),
      statesMemory(memory({ reg: [0, 0] }), by),
    ]).toEqual([true, false, false])
    expect(() => importBoard(memory(off), by)).toThrow('the device tree states no memory')
  })
})

it.each([
  ['dir/my-board.dtb', 'my-board'],
  ['my.board.dts', 'my.board'],
  ['/sys/firmware/fdt', 'a-board'],
])('a board from %s is called %s', (file, name) => {
  const blob = writeDtb({
    ...cells,
    compatible: 'a,board',
    'memory@0': { device_type: 'memory', reg: [0, 0x1000_0000] },
  })
  expect(importBoard(blob, { file, arch: 'arm64' }).machine.name).toBe(name)
  expect(importBoard(blob, { file, arch: 'arm64', name: 'mine' }).machine.name).toBe('mine')
})
