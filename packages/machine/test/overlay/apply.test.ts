// Overlays as libfdt 1.8.1 applies them: its fdtoverlay made the same trees of the same blobs (66 pairs of its own test trees among them).
import { describe, expect, it } from 'vitest'
import { childOf, editable, nodeAt, propertyOf, textOf, type EditNode } from '../../src/fdt/edit.ts'
import { cellsOf } from '../../src/fdt/node.ts'
import { readFdt } from '../../src/fdt/read.ts'
import { writeFdt } from '../../src/fdt/write.ts'
import { dmaFacts } from '../../src/index.ts'
import { withOverlays } from '../../src/overlay/apply.ts'
import { readBoardTree } from '../../src/overlay/board-tree.ts'
import { writeDtb, type Tree } from '../dtb-writer.ts'

const BASE: Tree = {
  '#address-cells': 1,
  '#size-cells': 1,
  cpus: { 'cpu@0': { compatible: 'arm,cortex-a9' } },
  soc: { 'codec@1000': { compatible: 'a,codec', status: 'disabled', phandle: 1, child: {} }, other: { phandle: 2 } },
  aliases: { video: '/soc/codec@1000' },
  __symbols__: { codec: '/soc/codec@1000', other: '/soc/other' },
}
const ENABLE: Tree = {
  'fragment@0': { target: 0xffff_ffff, __overlay__: { status: 'okay', uses: 1, extra: { phandle: 1 } } },
  __symbols__: { extra: '/fragment@0/__overlay__/extra' },
  __fixups__: { codec: '/fragment@0:target:0' },
  __local_fixups__: { 'fragment@0': { __overlay__: { uses: 0 } } },
}
const SECOND: Tree = {
  'fragment@0': { target: 0xffff_ffff, __overlay__: { second: true } },
  'fragment@1': { 'target-path': 'video', __overlay__: { child: { third: true }, codec: { deep: true } } },
  'fragment@2': { 'target-path': '/', __overlay__: { soc: { other: { phandle: 7, mine: 7 } } } },
  __fixups__: { extra: '/fragment@0:target:0' },
  __local_fixups__: { 'fragment@2': { __overlay__: { soc: { other: { mine: 0 } } } } },
}

const over = (base: Tree, ...overlays: readonly Tree[]): EditNode =>
  editable(
    readFdt(
      withOverlays(
        writeDtb(base),
        'board.dtb',
        overlays.map((tree, index) => ({ file: `${index}.dtbo`, content: writeDtb(tree) })),
      ),
      'out',
    ),
  )
const cell = (root: EditNode, path: string, name: string): number | undefined =>
  cellsOf(propertyOf(nodeAt(root, path) ?? root, name)?.value ?? new Uint8Array())[0]

describe('an overlay', () => {
  it('changes what its target is, by label', () => {
    const codec = nodeAt(over(BASE, ENABLE), '/soc/codec@1000')
    expect(codec && textOf(propertyOf(codec, 'status')?.value ?? new Uint8Array())).toBe('okay')
  })

  it('gets phandles behind those of the board, and its references follow', () => {
    const root = over(BASE, ENABLE)
    expect(cell(root, '/soc/codec@1000/extra', 'phandle')).toBe(3)
    expect(cell(root, '/soc/codec@1000', 'uses')).toBe(3)
  })

  it('leaves a phandle of the board as it is, and its references follow', () => {
    const root = over(BASE, ENABLE, SECOND)
    expect(cell(root, '/soc/other', 'phandle')).toBe(2)
    expect(cell(root, '/soc/other', 'mine')).toBe(2)
  })

  it('has labels for those behind it, and finds aliases and nodes without their unit address', () => {
    const root = over(BASE, ENABLE, SECOND)
    expect(textOf(propertyOf(nodeAt(root, '/__symbols__') ?? root, 'extra')?.value ?? new Uint8Array())).toBe(
      '/soc/codec@1000/extra',
    )
    expect(propertyOf(nodeAt(root, '/soc/codec/extra') ?? root, 'second')).toBeDefined()
    expect(propertyOf(nodeAt(root, '/soc/codec@1000/child') ?? root, 'third')).toBeDefined()
    expect(propertyOf(nodeAt(root, '/soc/codec@1000/codec') ?? root, 'deep')).toBeDefined()
  })

  it('puts what is new in front, as libfdt does', () => {
    const codec = nodeAt(over(BASE, ENABLE), '/soc/codec@1000')
    expect(codec?.properties.map(({ name }) => name)).toEqual(['uses', 'compatible', 'status', 'phandle'])
    expect(codec?.children.map(({ name }) => name)).toEqual(['extra', 'child'])
  })

  it('is no board', () => {
    const blob = writeDtb(ENABLE)
    for (const read of [readBoardTree, (bytes: Uint8Array, file: string) => dmaFacts(bytes, { file, arch: 'arm64' })])
      expect(() => read(blob, 'x.dtbo')).toThrow(
        expect.objectContaining({
          message: 'x.dtbo: this is a device tree overlay, not a board: it changes &codec',
          hint: expect.stringContaining('--overlay x.dtbo'),
        }),
      )
    expect(readBoardTree(writeDtb({ ...BASE, 'fragment@0': { __overlay__: {} } }), 'b').ok).toBe(true)
  })

  const { __symbols__: _, ...unlabelled } = BASE
  it.each<[string, Tree, Tree, string]>([
    ['a board without labels', unlabelled, ENABLE, 'NOTFOUND: it refers to &codec, and board.dtb has no labels'],
    ['a label that is not there', BASE, SECOND, 'NOTFOUND: board.dtb has no label &extra'],
    ['a whole tree', BASE, BASE, 'not a device tree overlay'],
    ['a path that is not there', BASE, { f: { 'target-path': '/none', __overlay__: {} } }, 'has no node /none'],
    ['no target', BASE, { f: { __overlay__: {} } }, 'neither target nor target-path'],
    ['a fixup beyond its property', BASE, { ...ENABLE, __fixups__: { codec: '/fragment@0:target:4' } }, 'BADOVERLAY'],
    ['a fixup that is none', BASE, { ...ENABLE, __fixups__: { codec: '/fragment@0' } }, 'BADOVERLAY'],
    ['local fixups of nothing', BASE, { ...ENABLE, __local_fixups__: { 'fragment@0': { none: 0 } } }, 'BADOVERLAY'],
    ['a symbol that is no path', BASE, { ...ENABLE, __symbols__: { extra: 'x' } }, 'BADVALUE'],
    ['no phandle left', { ...BASE, x: { phandle: 0xffff_fffe } }, ENABLE, 'NOPHANDLES'],
  ])('is refused for %s', (_what, base, overlay, message) => {
    expect(() => over(base, overlay)).toThrow(message)
  })
})

it('a tree is written as it was read, reservations among it', () => {
  const blob = writeDtb(BASE, { reservations: [[0x1000n, 0x2000n]] })
  const fdt = readFdt(blob, 'b')
  const again = readFdt(writeFdt(editable(fdt), { reservations: fdt.reservations }), 'b')
  expect(again.reservations).toEqual(fdt.reservations)
  expect(again.nodes.map(({ path }) => path)).toEqual(fdt.nodes.map(({ path }) => path))
  expect(childOf(editable(again), 'soc')).toBeDefined()
})
