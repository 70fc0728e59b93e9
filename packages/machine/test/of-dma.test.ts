import { describe, expect, it } from 'vitest'
import { readFdt } from '../src/fdt/read.ts'
import { readDmaRanges } from '../src/of/dma-ranges.ts'
import { coherence, dmaWalkStart, findDmaBus } from '../src/of/dma.ts'
import { DeviceTree } from '../src/of/tree.ts'
import { dmaFacts } from '../src/facts/dma-facts.ts'
import { writeDtb, type Tree } from './dtb-writer.ts'

const treeOf = (root: Tree): DeviceTree => new DeviceTree(readFdt(writeDtb(root), 'test'))
const cells = (address: number, size: number): Tree => ({ '#address-cells': address, '#size-cells': size })

function ranges(root: Tree, path: string) {
  const tree = treeOf(root)
  const node = tree.byPath(path)
  if (node === undefined) throw new Error(path)
  return readDmaRanges(tree, node)
}

function use(root: Tree, path: string) {
  const tree = treeOf(root)
  const node = tree.byPath(path)
  if (node === undefined) throw new Error(path)
  const { bus, status, spec } = findDmaBus(tree, dmaWalkStart(tree, node))
  return { bus: bus?.path, status, spec: spec?.path }
}

describe('dma-ranges', () => {
  const soc = (dmaRanges: readonly number[]): Tree => ({
    ...cells(1, 1),
    soc: { ...cells(1, 1), 'dma-ranges': dmaRanges },
  })

  it('neighbours that continue each other in both spaces become one window', () => {
    const read = ranges(soc([0, 0x4000_0000, 0x1000, 0x1000, 0x4000_1000, 0x1000, 0x3000, 0x4000_3000, 0x1000]), '/soc')
    expect(read.windows).toEqual([
      { dmaStart: 0n, cpuStart: 0x4000_0000n, size: 0x2000n },
      { dmaStart: 0x3000n, cpuStart: 0x4000_3000n, size: 0x1000n },
    ])
    expect(read.entries).toHaveLength(3)
  })

  it('PCI neighbours of another kind of memory stay apart', () => {
    const pcie = (flags: number): Tree => ({
      ...cells(1, 1),
      pcie: { ...cells(3, 2), 'dma-ranges': [0x0200_0000, 0, 0, 0, 0, 0x1000, flags, 0, 0x1000, 0x1000, 0, 0x1000] },
    })
    expect(ranges(pcie(0x0200_0000), '/pcie').windows).toHaveLength(1)
    expect(ranges(pcie(0x0300_0000), '/pcie').windows).toHaveLength(2)
  })

  it('are taken to the root through every bus above; what no bus carries is left out', () => {
    const nested = (at: number): Tree => ({
      ...cells(1, 1),
      soc: {
        ...cells(1, 1),
        'dma-ranges': [0x1000_0000, 0x8000_0000, 0x1000_0000],
        bus: { ...cells(1, 1), 'dma-ranges': [0, at, 0x1000] },
      },
    })
    expect(ranges(nested(0x1000_2000), '/soc/bus').windows).toEqual([
      { dmaStart: 0n, cpuStart: 0x8000_2000n, size: 0x1000n },
    ])
    expect(ranges(nested(0x3000_0000), '/soc/bus')).toMatchObject({ windows: [], untranslatable: 1 })
  })

  it('with nothing translatable are EINVAL', () => {
    const blob = writeDtb({
      ...cells(1, 1),
      soc: {
        ...cells(1, 1),
        'dma-ranges': [0, 0, 0x1000],
        bus: { ...cells(1, 1), 'dma-ranges': [0, 0x8000_0000, 0x1000] },
      },
    })
    const [, bus] = dmaFacts(blob, { file: 'f', arch: 'arm64' }).dma_buses
    expect(bus).toMatchObject({ path: '/soc/bus', result: 'EINVAL', map: [], untranslatable: 1 })
  })

  it('of a 64-bit parent keep their upper halves', () => {
    const read = ranges(
      { ...cells(2, 2), soc: { ...cells(1, 1), 'dma-ranges': [0xc000_0000, 0x10, 0, 0x4000_0000] } },
      '/soc',
    )
    expect(read.windows).toEqual([{ dmaStart: 0xc000_0000n, cpuStart: 0x10_0000_0000n, size: 0x4000_0000n }])
  })
})

describe('the walk to the DMA bus', () => {
  const codec: Tree = { compatible: 'a,b' }
  it('may miss dma-ranges at its first node only', () => {
    const tree = (bus: Tree, sub: Tree): Tree => ({
      ...cells(1, 1),
      soc: { 'dma-ranges': [0, 0, 1], bus: { ...bus, sub: { ...sub, codec } } },
    })
    const empty = { 'dma-ranges': true } as const
    expect(use(tree({}, {}), '/soc/bus')).toMatchObject({ bus: '/soc', status: 'ok' })
    expect(use(tree({}, {}), '/soc/bus/sub')).toMatchObject({ bus: '/soc', status: 'ok' })
    expect(use(tree({}, {}), '/soc/bus/sub/codec')).toEqual({ bus: undefined, status: 'cut', spec: '/soc' })
    expect(use(tree(empty, {}), '/soc/bus/sub/codec')).toMatchObject({ bus: '/soc', status: 'ok' })
  })

  it('follows the interconnect named dma-mem, and ends where such parents form a ring', () => {
    const viaMem = (target: number): Tree => ({ interconnects: [target], 'interconnect-names': 'dma-mem' })
    const tree: Tree = {
      ...cells(1, 1),
      mbus: { '#interconnect-cells': 0, phandle: 1, 'dma-ranges': [0, 0x4000_0000, 0x1000] },
      soc: {
        codec: viaMem(1),
        a: { ...viaMem(3), '#interconnect-cells': 0, phandle: 2 },
        b: { ...viaMem(2), '#interconnect-cells': 0, phandle: 3 },
      },
    }
    expect(use(tree, '/soc/codec')).toMatchObject({ bus: '/mbus', status: 'ok' })
    expect(use(tree, '/soc/a')).toMatchObject({ status: 'none' })
  })

  it('starts at the host bridge for a PCI device, however many bridges lie between', () => {
    const tree: Tree = {
      ...cells(1, 1),
      pcie: {
        ...cells(3, 2),
        'dma-ranges': [0x0200_0000, 0, 0, 0, 0, 0x1000],
        bridge: { device_type: 'pci', ...cells(3, 2), dev: codec },
      },
    }
    expect(use(tree, '/pcie/bridge/dev')).toMatchObject({ bus: '/pcie', status: 'ok' })
  })
})

describe('coherence', () => {
  const tree = treeOf({ 'dma-coherent': true, soc: { codec: {}, gpu: { 'dma-noncoherent': true } } })
  const of = (path: string, arch: 'arm64' | 'riscv64' = 'arm64') => {
    const node = tree.byPath(path)
    if (node === undefined) throw new Error(path)
    const { coherent, decidedBy } = coherence(tree, node, arch)
    return [coherent, decidedBy?.path]
  }

  it('is decided by the nearest node that speaks of it', () => {
    expect(of('/soc/codec')).toEqual([true, '/'])
    expect(of('/soc/gpu')).toEqual([false, '/soc/gpu'])
  })

  it('is the rule on riscv64 where nobody speaks of it, and the exception elsewhere', () => {
    const silent = treeOf({ soc: {} })
    const [soc] = silent.root.children
    if (soc === undefined) throw new Error('soc')
    expect(coherence(silent, soc, 'riscv64').coherent).toBe(true)
    expect(coherence(silent, soc, 'armhf').coherent).toBe(false)
  })
})
