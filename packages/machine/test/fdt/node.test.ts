// How properties of a node are read: texts, lists of texts, cells, numbers of several cells, whatever their length.
import { describe, expect, it } from 'vitest'
import {
  childOf,
  editable,
  everyNode,
  newNode,
  nodeAt,
  pathTo,
  phandleNumber,
  setProperty,
  textOf,
} from '../../src/fdt/edit.ts'
import { cellAt, cellsOf, latin1, readNumber, upwards } from '../../src/fdt/node.ts'
import { readFdt } from '../../src/fdt/read.ts'
import { writeDtb, type Tree } from '../dtb-writer.ts'

const bytes = (...all: readonly number[]): Uint8Array => Uint8Array.from(all)
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))
const nodeOf = (tree: Tree) => readFdt(writeDtb({ 'n@1': tree }), 'n.dtb').root.children[0]

describe('a property', () => {
  it.each([
    ['one text', 'a,b', ['a,b'], 'a,b'],
    ['several', ['a', 'bc', 'd'], ['a', 'bc', 'd'], 'a'],
    ['an empty one first', ascii('\0x\0'), ['', 'x'], ''],
    ['without its end', ascii('ab'), ['ab'], 'ab'],
    ['the last without its end', ascii('a\0bc'), ['a', 'bc'], 'a'],
    ['nothing', true, [], ''],
  ] as const)('of texts: %s', (_, value, strings, string) => {
    const node = nodeOf({ p: value })
    expect([node?.strings('p'), node?.string('p')]).toEqual([strings, string])
  })

  it('of cells counts whole ones', () => {
    const node = nodeOf({ p: bytes(0, 0, 1, 2, 0x80, 0, 0, 0, 7), short: bytes(1, 2, 3), one: 5 })
    expect(node?.cells('p')).toEqual([0x102, 0x8000_0000])
    expect([node?.u32('p'), node?.u32('short'), node?.u32('one'), node?.u32('none')]).toEqual([
      0x102,
      undefined,
      5,
      undefined,
    ])
    expect([node?.cells('short'), node?.cells('none'), node?.bytes('none')]).toEqual([[], undefined, undefined])
    expect([node?.strings('none'), node?.string('none'), node?.compatible]).toEqual([undefined, undefined, []])
    expect([node?.has('one'), node?.has('none')]).toEqual([true, false])
  })

  it('a number has as many cells as it says, of which the last two count', () => {
    const cells = [1, 2, 3, 4]
    expect([0, 1, 2, 3].map((count) => readNumber(cells, 1, count))).toEqual([0n, 2n, 0x2_0000_0003n, 0x3_0000_0004n])
    expect(readNumber(cells, 3, 2)).toBe(0x4_0000_0000n)
    expect(cellsOf(bytes(0, 0, 0, 1, 0, 0, 0, 2))).toEqual([1, 2])
    expect([cellAt(bytes(1, 2, 3, 4, 5, 6, 7, 8), 1), cellAt(bytes(1, 2), 0)]).toEqual([0x0506_0708, 0x0102_0000])
  })

  it('long texts are read whole', () => {
    const long = Array.from({ length: 9000 }, (_, i) => 97 + (i % 26))
    expect(latin1(Uint8Array.from(long), 3, 8995)).toBe(String.fromCharCode(...long.slice(3, 8995)))
    for (const len of [0, 1, 64, 65]) expect(latin1(Uint8Array.from(long), 1, 1 + len)).toHaveLength(len)
  })
})

describe('a node', () => {
  it.each([
    [undefined, true],
    ['okay', true],
    ['ok', true],
    ['disabled', false],
    ['fail', false],
    ['', false],
  ])('with status %j is enabled: %s', (status, enabled) => {
    expect(nodeOf(status === undefined ? {} : { status })?.enabled).toBe(enabled)
  })

  it('knows its name, path, depth and all above it', () => {
    const { root, nodes } = readFdt(writeDtb({ soc: { 'a@1': { b: {} } } }), 'n.dtb')
    expect(nodes.map(({ path, baseName, depth }) => [path, baseName, depth])).toEqual([
      ['/', '', 0],
      ['/soc', 'soc', 1],
      ['/soc/a@1', 'a', 2],
      ['/soc/a@1/b', 'b', 3],
    ])
    expect([...upwards(nodes[3])].map(({ name }) => name)).toEqual(['b', 'a@1', 'soc', ''])
    expect([...upwards(undefined)]).toEqual([])
    expect(root.parent).toBeUndefined()
  })

  it('is reachable where all above it are, whoever was asked first', () => {
    const tree = (): Tree => ({ soc: { status: 'disabled', a: { b: {} } }, x: { y: {} } })
    const order = (names: readonly string[]) => {
      const { nodes } = readFdt(writeDtb(tree()), 'n.dtb')
      return names.map((name) => nodes.find((node) => node.name === name)?.reachable)
    }
    expect(order(['b', 'a', 'soc', 'y', 'x'])).toEqual([false, false, false, true, true])
    expect(order(['soc', 'a', 'b', 'x', 'y'])).toEqual([false, false, false, true, true])
    expect(order(['a', 'b', 'a'])).toEqual([false, false, false])
  })
})

describe('a tree that can be changed', () => {
  const root = editable(
    readFdt(
      writeDtb({
        aliases: { codec: '/soc/codec@1', loop: 'codec' },
        soc: {
          'codec@1': { phandle: 7, part: {} },
          codecs: {},
          'linux@2': { 'linux,phandle': 9 },
          bad: { phandle: bytes(1) },
        },
      }),
      'n.dtb',
    ),
  )
  it.each([
    ['/', '/'],
    ['/soc/codec@1', '/soc/codec@1'],
    ['/soc/codec', '/soc/codec@1'],
    ['/soc/codecs', '/soc/codecs'],
    ['/soc/codec/part', '/soc/codec@1/part'],
    ['codec', '/soc/codec@1'],
    ['codec/part', '/soc/codec@1/part'],
    ['/soc//codec/', '/soc/codec@1'],
  ])('%s leads to %s', (path, found) => {
    const node = nodeAt(root, path)
    expect(node === undefined ? 'nowhere' : pathTo(node)).toBe(found)
  })

  it.each(['', '/soc/code', '/soc/codec@2', 'nothing', 'loop', '/none/part', 'codec/none'])(
    '%j leads nowhere',
    (path) => {
      expect(nodeAt(root, path)).toBeUndefined()
    },
  )

  it('has phandles of one cell, by either name', () => {
    const phandle = (path: string) => phandleNumber(nodeAt(root, path) ?? root)
    expect(['/soc/codec', '/soc/linux', '/soc/bad', '/soc'].map(phandle)).toEqual([7, 9, 0, 0])
  })

  it('is walked depth first, and keeps what is set', () => {
    expect([...everyNode(root)].map(pathTo)).toEqual([
      '/',
      '/aliases',
      '/soc',
      '/soc/codec@1',
      '/soc/codec@1/part',
      '/soc/codecs',
      '/soc/linux@2',
      '/soc/bad',
    ])
    const node = newNode('x', undefined)
    setProperty(node, 'a', ascii('1\0'))
    setProperty(node, 'b', ascii('2'))
    setProperty(node, 'a', ascii('3'))
    expect(node.properties.map(({ name, value }) => [name, textOf(value)])).toEqual([
      ['b', '2'],
      ['a', '3'],
    ])
    expect(childOf(node, 'y')).toBeUndefined()
  })
})
