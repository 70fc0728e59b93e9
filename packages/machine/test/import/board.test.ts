// What an import makes of memory, CPU and reservations.
import { describe, expect, it } from 'vitest'
import { machineFromDtb } from '../../src/import/board.ts'
import { writeDtb, type Tree } from '../dtb-writer.ts'
import { MIB, cells, memory, reserved, machine } from './trees.ts'

describe('memory', () => {
  it('is what the blob states, in whole pages, joined', () => {
    expect(
      machine({ 'memory@0': { device_type: 'memory', reg: [0x800, 0x1800, 0x2000, 0x1000_0000] } }).memory,
    ).toEqual([{ base: 0x1000, len: 0x1000_1000 }])
  })

  it('has to be given where the boot loader fills it in', () => {
    const blank: Tree = { 'memory@80000000': { device_type: 'memory', reg: [0x8000_0000, 0] } }
    expect(() => machine(blank)).toThrow(
      expect.objectContaining({ name: 'InputError', hint: expect.stringContaining('--memory') }),
    )
    expect(machine(blank, { memorySize: 64 * MIB }).memory).toEqual([{ base: 0x8000_0000, len: 64 * MIB }])
    expect(machine(blank, { memory: [{ base: 0, len: MIB * 128 }] }).memory).toEqual([{ base: 0, len: MIB * 128 }])
  })

  it('starts where the family of the chip has it, if no node says', () => {
    expect(machine({ compatible: ['x,y', 'allwinner,sun8i-h3'] }, { memorySize: 2 ** 30 }).memory[0]?.base).toBe(
      0x4000_0000,
    )
    expect(() => machine({ compatible: 'x,y' }, { memorySize: 2 ** 30 })).toThrow('where memory starts')
  })
})

describe('the CPU', () => {
  it('has the line size of its core, and the outer cache of the board', () => {
    const l2: Tree = { 'l2@1': { compatible: 'arm,pl310-cache', 'cache-level': 2 } }
    expect(machine({ ...memory(0, 256 * MIB), ...l2 }).cpu).toEqual({
      compatible: 'arm,cortex-a9',
      lineSize: 32,
      aliasing: false,
      outer: { model: 'pl310', lineSize: 32 },
    })
  })

  it('has the stated line size before that of its core', () => {
    const cpus: Tree = { cpus: { 'cpu@0': { compatible: 'arm,cortex-a9', 'd-cache-line-size': 64 } } }
    expect(machine({ ...cpus, ...memory(0, 256 * MIB) }).cpu.lineSize).toBe(64)
  })

  it('of RISC-V has cache maintenance and memory types by its extensions, or ways of its own', () => {
    const hart = (more: Tree): Tree => ({ device_type: 'cpu', compatible: 'riscv', ...more })
    const of = (harts: readonly Tree[], more: Tree = {}) => {
      const cpus = { cpus: Object.fromEntries(harts.map((tree, i) => [`cpu@${i}`, hart(tree)])) }
      const { cacheOps, svpbmt } = machine({ ...cpus, ...memory(0, 256 * MIB), ...more }).cpu
      return [cacheOps, svpbmt]
    }
    const both = { 'riscv,isa-extensions': ['i', 'zicbom', 'svpbmt'] }
    expect(of([both])).toEqual([undefined, undefined])
    expect(of([{ 'riscv,isa': 'rv64imac_zicbom_svpbmt' }])).toEqual([undefined, undefined])
    expect(of([both, { 'riscv,isa': 'rv64imac' }])).toEqual(['none', false])
    expect(of([{ 'riscv,isa': 'rv64imac' }], { 'l2@1': { compatible: 'andestech,ax45mp-cache' } })).toEqual([
      undefined,
      undefined,
    ])
    expect(of([{}])).toEqual([undefined, undefined])
  })

  it('need not be known where the board is, or a part that only one architecture has', () => {
    const arch = (tree: Tree): string =>
      machine({ cpus: { 'cpu@0': { compatible: 'acme,core' } }, ...memory(0, 256 * MIB), ...tree }).arch
    expect(arch({ compatible: ['acme,board', 'rockchip,rk3588'] })).toBe('arm64')
    expect(arch({ compatible: ['acme,board', 'fsl,imx6q'] })).toBe('arm')
    expect(arch({ compatible: ['acme,board', 'starfive,jh7110'] })).toBe('riscv64')
    expect(arch({ compatible: ['acme,board', 'acme,chip'], timer: { compatible: 'arm,armv8-timer' } })).toBe('arm64')
  })

  it('has to be known, or the architecture given', () => {
    const odd = writeDtb({ ...cells, ...memory(0, 256 * MIB), cpus: { 'cpu@0': { compatible: 'acme,core' } } })
    expect(() => machineFromDtb(odd, { file: 'b.dtb' })).toThrow('cannot tell the architecture')
    expect(machineFromDtb(odd, { file: 'b.dtb', arch: 'riscv64' })).toMatchObject({
      arch: 'riscv64',
      cpu: { lineSize: 64 },
    })
  })
})

describe('32-bit ARM', () => {
  it('ends lowmem 768 MiB after the first bank, or with memory', () => {
    const lowmem = (size: number) => machine(memory(0x4000_0000, size)).layout
    expect(lowmem(0x7000_0000)).toEqual({
      pageOffset: 0xc000_0000n,
      lowmemEnd: 0x7000_0000,
      vmalloc: { start: 0xf080_0000n, end: 0xff80_0000n },
    })
    expect(lowmem(0x2000_0000)).toMatchObject({ lowmemEnd: 0x6000_0000, vmalloc: { start: 0xe080_0000n } })
  })
})

describe('reserved memory', () => {
  const MEMORY = memory(0x4000_0000, 512 * MIB)
  const regions = (children: Tree) => machine({ ...MEMORY, ...reserved(children) }).reserved

  it('keeps static regions where they are and adds a default CMA area if there is none', () => {
    expect(
      regions({ 'p@50000000': { compatible: 'shared-dma-pool', reg: [0x5000_0000, MIB], 'no-map': true } }),
    ).toEqual([
      { name: 'p@50000000', base: 0x5000_0000, len: MIB, compatible: 'shared-dma-pool', noMap: true, reusable: false },
      {
        name: 'cma',
        base: 0x5c00_0000,
        len: 64 * MIB,
        compatible: 'shared-dma-pool',
        noMap: false,
        reusable: true,
        default: 'cma',
      },
    ])
  })

  it('places dynamic regions top down, inside their ranges, around what is taken', () => {
    const dynamic: Tree = { compatible: 'shared-dma-pool', size: 16 * MIB, reusable: true, 'linux,cma-default': true }
    expect(regions({ a: dynamic })[0]?.base).toBe(0x5f00_0000)
    expect(regions({ a: { ...dynamic, 'alloc-ranges': [0x4000_0000, 32 * MIB] } })[0]?.base).toBe(0x4100_0000)
    expect(regions({ a: { ...dynamic, 'alloc-ranges': [0x5000_0000, 8 * MIB] } }).map((each) => each.name)).toEqual([
      'cma',
    ])
    expect(regions({ a: { ...dynamic, size: 5 * MIB } })[0]?.base).toBe(0x5f80_0000)
    expect(regions({ a: dynamic, 'b@5f800000': { reg: [0x5f80_0000, MIB] } }).map((region) => region.base)).toEqual([
      0x5f80_0000,
      0x5e80_0000 - (0x5e80_0000 % (4 * MIB)),
    ])
  })

  it('leaves out what Linux makes nothing of', () => {
    const left = regions({
      'off@50000000': { reg: [0x5000_0000, MIB], status: 'disabled' },
      'both@51000000': { compatible: 'shared-dma-pool', reg: [0x5100_0000, MIB], 'no-map': true, reusable: true },
      'refused@52000000': { compatible: 'shared-dma-pool', reg: [0x5200_0000, MIB] },
      'short@53000000': { reg: [0x5300_0000] },
    })
    expect(left.map((region) => region.name)).toEqual(['cma'])
  })
})
