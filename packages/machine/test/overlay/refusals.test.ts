// Overlays that do not fit: what libfdt calls it, what a message names; and references that are moved or kept.
import { describe, expect, it } from 'vitest'
import { editable, nodeAt, propertyOf, type EditNode } from '../../src/fdt/edit.ts'
import { cellsOf } from '../../src/fdt/node.ts'
import { readFdt } from '../../src/fdt/read.ts'
import { withOverlays } from '../../src/overlay/apply.ts'
import { readBoardTree } from '../../src/overlay/board-tree.ts'
import { writeDtb, type Tree } from '../dtb-writer.ts'

const BASE: Tree = {
  cpus: {},
  soc: { phandle: 4, 'codec@1000': { phandle: 1, part: { phandle: 3 } }, other: { 'linux,phandle': 2 } },
  __symbols__: { soc: '/soc', codec: '/soc/codec@1000', gone: '/none', bare: '/cpus' },
}
const over = (overlay: Tree, base: Tree = BASE): EditNode =>
  editable(readFdt(withOverlays(writeDtb(base), 'board.dtb', [{ file: 'o.dtbo', content: writeDtb(overlay) }]), 'out'))
const refusal = (overlay: Tree, base: Tree = BASE): string => {
  try {
    over(overlay, base)
    return 'fits'
  } catch (e) {
    return e instanceof Error ? e.message : 'thrown'
  }
}
const cells = (root: EditNode, path: string, name: string): readonly number[] => {
  const node = nodeAt(root, path)
  return cellsOf((node && propertyOf(node, name)?.value) ?? new Uint8Array())
}
const at = (path: string, content: Tree, more: Tree = {}): Tree => ({
  f: { 'target-path': path, __overlay__: content },
  ...more,
})

describe('is refused', () => {
  it.each<[what: string, overlay: Tree, message: string]>([
    [
      'a label that leads nowhere',
      at('/', {}, { __fixups__: { gone: '/f:target:0' } }),
      'NOTFOUND: label gone of board.dtb leads to no node with a phandle',
    ],
    [
      'a label of a node without phandle',
      at('/', {}, { __fixups__: { bare: '/f:target:0' } }),
      'leads to no node with a phandle',
    ],
    [
      'nine labels that are not there',
      at('/', {}, { __fixups__: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`l${i}`, '/f:x:0'])) }),
      'board.dtb has no label &l0, &l1, &l2, &l3, &l4, &l5, &l6, &l7 and 1 more',
    ],
    [
      'eight of them',
      at('/', {}, { __fixups__: Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`l${i}`, '/f:x:0'])) }),
      '&l6, &l7',
    ],
    [
      'a fixup of words',
      at('/', { x: 0 }, { __fixups__: { soc: '/f/__overlay__:x:a' } }),
      'BADOVERLAY: __fixups__ names /f/__overlay__:x:a, which is not there',
    ],
    ['a fixup of a node that is not there', at('/', { x: 0 }, { __fixups__: { soc: '/f/none:x:0' } }), 'BADOVERLAY'],
    ['a fixup one byte too far', at('/', { x: 0 }, { __fixups__: { soc: '/f/__overlay__:x:1' } }), 'BADOVERLAY'],
    ['a phandle of two cells', at('/', { x: { phandle: [1, 2] } }), 'BADPHANDLE: phandle of x is not one cell'],
    [
      'a local fixup one byte too far',
      at('/', { x: 1 }, { __local_fixups__: { f: { __overlay__: { x: 1 } } } }),
      '__local_fixups__ names byte 1 of x of __overlay__',
    ],
    [
      'local fixups that are no cells',
      at('/', { x: 1 }, { __local_fixups__: { f: { __overlay__: { x: new Uint8Array(3) } } } }),
      '__local_fixups__ names x of __overlay__, which is not there',
    ],
    [
      'local fixups of a node that is not there',
      at('/', {}, { __local_fixups__: { g: {} } }),
      'NOTFOUND: __local_fixups__ names a node g, which is not there',
    ],
    [
      'local fixups of the root',
      at('/', {}, { __local_fixups__: { x: 0 } }),
      '__local_fixups__ names x of /, which is not there',
    ],
    [
      'a symbol without its end',
      at('/', {}, { __symbols__: { s: Uint8Array.from([47, 102]) } }),
      'BADVALUE: /__symbols__ s is not a path',
    ],
    [
      'a symbol in no fragment',
      at('/', {}, { __symbols__: { s: '/g/__overlay__/x' } }),
      'BADOVERLAY: /__symbols__ s is in no fragment',
    ],
    [
      'a phandle that no node has',
      { f: { target: 77, __overlay__: {} } },
      'the board has no node with the phandle 0x4d',
    ],
    ['a target of two cells', { f: { target: [1, 2], __overlay__: {} } }, 'it has neither target nor target-path'],
  ])('%s', (_, overlay, message) => {
    expect(refusal(overlay)).toContain(message)
  })

  it('what nests too deep, and no less', () => {
    const nested = (depth: number): Tree => {
      let tree: Tree = {}
      for (let n = 0; n < depth; n++) tree = { x: tree }
      return at('/', tree)
    }
    expect([refusal(nested(254)), refusal(nested(255))]).toEqual([
      'fits',
      'o.dtbo: nodes are nested more than 256 deep',
    ])
  })
})

describe('fits', () => {
  it('references are moved behind the phandles of the board, to the last there is', () => {
    const root = over(
      at('/', { x: { phandle: 1, to: [1, 9] } }, { __local_fixups__: { f: { __overlay__: { x: { to: 0 } } } } }),
    )
    expect([cells(root, '/x', 'phandle'), cells(root, '/x', 'to')]).toEqual([[5], [5, 9]])
    const edge = (phandle: number) => refusal(at('/', { x: { phandle } }))
    expect([edge(0xffff_fffe - 4), edge(0xffff_fffe - 3)]).toEqual(['fits', expect.stringContaining('NOPHANDLES')])
    // A phandle of all ones is none.
    expect(
      cells(over(at('/', { x: { phandle: 1 } }), { ...BASE, y: { phandle: 0xffff_ffff } }), '/x', 'phandle'),
    ).toEqual([5])
  })

  it('a node of the board keeps its phandle, by whichever name, and references to it follow', () => {
    const overlay = at(
      '/soc',
      { 'codec@1000': { phandle: 7, part: { phandle: 8 } }, to: [7, 8, 6], fresh: { phandle: 6 } },
      { __local_fixups__: { f: { __overlay__: { to: [0, 4, 8] } } } },
    )
    const root = over(overlay)
    expect(cells(root, '/soc', 'to')).toEqual([1, 3, 10])
    expect([cells(root, '/soc/codec', 'phandle'), cells(root, '/soc/codec/part', 'phandle')]).toEqual([[1], [3]])
    expect(cells(root, '/soc/fresh', 'phandle')).toEqual([10])
    const kept = over(
      at('/soc', { other: { phandle: 5 }, to: 5 }, { __local_fixups__: { f: { __overlay__: { to: 0 } } } }),
    )
    expect([cells(kept, '/soc', 'to'), cells(kept, '/soc/other', 'phandle')]).toEqual([[2], [2]])
  })

  it('labels of an overlay lead through the target of their fragment', () => {
    const symbols = (target: Tree, path: string) => {
      const root = over({ f: { ...target, __overlay__: { x: {} } }, __symbols__: { s: path } })
      const node = nodeAt(root, '/__symbols__')
      const value = node && propertyOf(node, 's')?.value
      return value && String.fromCharCode(...value)
    }
    expect(symbols({ 'target-path': '/soc' }, '/f/__overlay__/x')).toBe('/soc/x\0')
    expect(symbols({ 'target-path': '/' }, '/f/__overlay__/x')).toBe('/x\0')
    expect(symbols({ target: 1 }, '/f/__overlay__/x/y')).toBe('/soc/codec@1000/x/y\0')
    expect(symbols({ 'target-path': '/soc' }, '/elsewhere/x')).toBeUndefined()
  })

  it('several places of one label', () => {
    const root = over(
      at('/', { a: [0, 0], b: 0 }, { __fixups__: { codec: ['/f/__overlay__:a:4', '/f/__overlay__:b:0'] } }),
    )
    expect([cells(root, '/', 'a'), cells(root, '/', 'b')]).toEqual([[0, 1], [1]])
  })
})

it('an overlay in the place of a board is told by what it changes: labels, paths, names; six of them', () => {
  const told = (tree: Tree): string => {
    try {
      readBoardTree(writeDtb(tree), 'o.dtbo')
      return 'a board'
    } catch (e) {
      return e instanceof Error ? e.message : ''
    }
  }
  const fragment = (more: Tree = {}): Tree => ({ ...more, __overlay__: {} })
  expect(
    told({
      a: fragment({ target: 1 }),
      b: fragment({ 'target-path': '/soc' }),
      c: fragment(),
      d: {},
      __fixups__: { cma: ['/a:target:0', '/c:other:0'] },
    }),
  ).toBe('o.dtbo: this is a device tree overlay, not a board: it changes &cma, /soc, c')
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, fragment()]))
  expect([told(many(6)), told(many(7))]).toEqual([
    expect.stringMatching(/f4, f5$/),
    expect.stringMatching(/f4, f5 and 1 more$/),
  ])
  expect([told({ f: {} }), told({ cpus: {}, f: fragment() })]).toEqual(['a board', 'a board'])
})
