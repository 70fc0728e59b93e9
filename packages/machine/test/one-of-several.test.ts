// Where one of several is odd, and where an answer has a place or a name: readers that look at the first, or at all, see it differently.
import { isInputError } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { boardYaml } from '../src/import/board-yaml.ts'
import { importBoard } from '../src/import/board.ts'
import { readMachine, shippedBoardText } from '../src/index.ts'
import { lintWindows } from '../src/lint/windows.ts'
import { dmaFacts } from '../src/facts/dma-facts.ts'
import { readLspci } from '../src/pc/lspci.ts'
import { embeddedTrees } from '../src/container/embedded.ts'
import { VIRTUAL_DEVICES } from '../src/virtual-devices.ts'
import { writeDtb, type Tree } from './dtb-writer.ts'
import { machine } from './import/trees.ts'

const mmu = (phandle: number, more: Tree = {}): Tree => ({ compatible: 'a,mmu', '#iommu-cells': 1, phandle, ...more })

it('one of two IOMMUs, regions and memories that are not there is a trap, whichever it is', () => {
  const off: Tree = { status: 'disabled' }
  const traps = (tree: Tree): readonly string[] =>
    dmaFacts(writeDtb({ '#address-cells': 1, '#size-cells': 1, ...tree }), { file: 'b.dtb', arch: 'arm64' }).traps
  const two = (first: Tree, second: Tree): Tree => ({
    one: mmu(9, first),
    two: mmu(8, second),
    dev: { compatible: 'a,b', iommus: [9, 1, 8, 1] },
  })
  expect(traps(two({}, {}))).not.toContain('iommus-to-disabled')
  expect(traps(two(off, {}))).toContain('iommus-to-disabled')
  expect(traps(two({}, off))).toContain('iommus-to-disabled')
  const dev = (iommus: readonly number[]): Tree => ({ one: mmu(9), dev: { compatible: 'a,b', iommus } })
  expect(traps(dev([9, 1]))).not.toContain('iommus-missing-phandle')
  expect(traps(dev([9, 1, 7, 1]))).toContain('iommus-missing-phandle')
  expect(traps(dev([7, 1, 9, 1]))).toContain('iommus-missing-phandle')
})

describe('memory that no node fills in', () => {
  it.each([
    [{}, '/memory'],
    [{ 'memory@80000000': { device_type: 'memory', reg: [0x8000_0000, 0] } }, '/memory@80000000'],
  ] as const)('is told with its node: %j', (tree, path) => {
    expect(() => machine(tree)).toThrow(expect.objectContaining({ place: { file: 'board.dtb', path } }))
  })
})

describe('bus addresses beyond a common mask', () => {
  const lint = (users: readonly object[], type = 'pci'): readonly string[] => {
    const codes: string[] = []
    const buses = [{ path: '/pcie', bus_type: type, reachable: true, map: [{ dma_start: '0x800000000' }] }]
    lintWindows({ dma_buses: buses, devices: users } as never, (code: string) => void codes.push(code))
    return codes
  }
  it.each([
    ['a bridge behind an IOMMU', [{ path: '/pcie', iommu_map: [] }], 'pci', 0],
    ['a device below one', [{ path: '/pcie/x', dma_bus: '/pcie', iommu_map: [] }], 'pci', 0],
    [
      'one of two devices',
      [
        { path: '/pcie/x', dma_bus: '/pcie' },
        { path: '/pcie', iommu_map: [] },
      ],
      'pci',
      0,
    ],
    ['a device elsewhere', [{ path: '/other', dma_bus: '/soc', iommu_map: [] }], 'pci', 1],
    ['no IOMMU', [{ path: '/pcie' }], 'pci', 1],
    ['a bus of another kind', [{ path: '/pcie', iommu_map: [] }], 'default', 1],
  ] as const)('%s', (_what, users, type, count) => {
    expect(lint(users, type)).toHaveLength(count)
  })
})

it.each([
  ['00:1f.2 SATA controller: Maker Chip', 'storage'],
  ['00:02.0 VGA compatible controller: Maker Chip', 'display'],
  ['00:00.0 Host bridge: Maker Chip', null],
  ['00:00.0 PCI bridge: Maker Chip', null],
  ['00:00.0 RAM memory: Maker Chip', null],
  ['00:1f.3 SMBus: Maker Chip', null],
  ['00:1f.3 Serial bus controller: Maker Chip', null],
  ['00:05.0 Encryption controller of a System peripheral: Maker Chip', 'other'],
  ['00:05.0 Non-Volatile RAM: Maker Chip', 'other'],
])('lspci names the class first: %s', (line, kind) => {
  expect(readLspci(line, 'lspci').map((one) => one.class)).toEqual([kind])
})

it('a tree is found behind many bytes that begin like one', () => {
  const blob = writeDtb({ compatible: 'a,b', 'memory@0': { device_type: 'memory', reg: [0, 0x1000] } })
  const content = new Uint8Array(5000 + blob.length).fill(0xd0, 0, 5000)
  content.set(blob, 5000)
  expect(embeddedTrees(content).trees.map(({ title }) => title)).toEqual(['a,b'])
})

it('a board that is written keeps what its CPU is called', () => {
  const tree: Tree = {
    '#address-cells': 1,
    '#size-cells': 1,
    cpus: { 'cpu@0': { device_type: 'cpu', compatible: 'arm,cortex-a9', reg: 0 } },
    'memory@0': { device_type: 'memory', reg: [0, 0x1000_0000] },
  }
  const sheet = importBoard(writeDtb(tree), { file: 'board.dtb' })
  const text = boardYaml(sheet)
  expect(text).toMatch(/compatible: ["']?arm,cortex-a9/)
  expect(readMachine(text, 'b.yaml').cpu).toEqual(sheet.machine.cpu)
})

it('what every object has is the name of no board, and a word of a title leads to one', () => {
  for (const name of ['constructor', '__proto__', 'toString'])
    expect(() => shippedBoardText(name)).toThrow(`no board is named ${name}`)
  expect(() => shippedBoardText('raspberry')).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('did you mean bcm2711-rpi-4-b') }),
  )
})

it.each([
  ['lowmemEnd: 0x4000_0000', 'layout.lowmemEnd'],
  ['lowmemEnd: 0x3fff_f000', 'layout.lowmemEnd'],
  ['lowmemEnd: 0x4000_1000', undefined],
  ['vmalloc: { start: 0xf000_0000, end: 0xf000_0000 }', 'layout.vmalloc.end'],
  ['vmalloc: { start: 0xf000_0000, end: 0xf800_0000 }', undefined],
])('a layout that no kernel has is refused, with its place: %s', (layout, path) => {
  const text = `name: b
title: b
arch: arm
cpu: { lineSize: 64 }
memory: [{ base: 0x6000_0000, len: 256MiB }, { base: 0x4000_0000, len: 256MiB }]
layout: { ${layout} }
devices: []
`
  const refusedAt = (): string | undefined => {
    try {
      readMachine(text, 'b.yaml')
      return undefined
    } catch (error) {
      return isInputError(error) ? error.place.path : String(error)
    }
  }
  expect(refusedAt()).toBe(path)
})

it('virtual devices have no memory of their own', () => {
  expect(VIRTUAL_DEVICES.length).toBeGreaterThan(3)
  expect(VIRTUAL_DEVICES.flatMap(({ pools }) => pools)).toEqual([])
})
