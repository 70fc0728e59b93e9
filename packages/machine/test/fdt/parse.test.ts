import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseFdt } from '../../src/fdt/parse.ts'
import { readFdt } from '../../src/fdt/read.ts'
import { DeviceTree } from '../../src/of/tree.ts'
import { boardYaml } from '../../src/import/board-yaml.ts'
import { importBoard } from '../../src/import/board.ts'
import { readMachine } from '../../src/read-machine.ts'
import { writeDtb, type Tree } from '../dtb-writer.ts'

const TREE: Tree = {
  model: 'Test',
  '#address-cells': 1,
  soc: {
    'codec@1000': { reg: [0x1000, 0x100], compatible: ['a,b', 'c,d'], status: 'okay', phandle: 5 },
    status: 'disabled',
  },
}
const blob = writeDtb(TREE, { reservations: [[0x4000n, 0x1000n]] })
const put = (at: number, word: number, from = blob): Uint8Array => {
  const changed = Uint8Array.from(from)
  new DataView(changed.buffer).setUint32(at, word)
  return changed
}

describe('a good blob', () => {
  const tree = new DeviceTree(readFdt(blob, 'test.dtb'))
  const codec = tree.byPath('/soc/codec@1000')

  it('has its nodes, properties and reservations', () => {
    expect(tree.fdt.nodes.map((node) => node.path)).toEqual(['/', '/soc', '/soc/codec@1000'])
    expect(tree.root.string('model')).toBe('Test')
    expect(codec?.cells('reg')).toEqual([0x1000, 0x100])
    expect(codec?.compatible).toEqual(['a,b', 'c,d'])
    expect(tree.fdt.reservations).toEqual([{ address: 0x4000n, size: 0x1000n }])
    expect(tree.byPhandle(5)).toBe(codec)
  })

  it('knows that a node is enabled by itself but not reachable under a disabled one', () => {
    expect([codec?.enabled, codec?.reachable]).toEqual([true, false])
  })
})

describe("a bad blob is refused with libfdt's code, the offset and a reason", () => {
  it.each([
    ['the magic', put(0, 0xd00dfeee), 'BADMAGIC', 0],
    ['a file that ends early', blob.subarray(0, 100), 'TRUNCATED', 100],
    ['a version before 2', put(20, 1, put(24, 1)), 'BADVERSION', 20],
    ['a version that asks for a newer reader', put(24, 18), 'BADVERSION', 24],
    ['a structure block that is too short', put(36, 8), 'TRUNCATED', 80],
    ['reservations that never end', put(16, blob.length - 8), 'TRUNCATED', blob.length],
    ['an unknown token', put(72, 7), 'BADSTRUCTURE', 72],
    ['a property name outside the strings', put(72 + 16, 0xffff), 'BADOFFSET', 72 + 16],
  ])('%s', (_, bytes, code, offset) => {
    expect(parseFdt(bytes)).toMatchObject({ ok: false, code, offset })
  })

  it('as an InputError that names the file', () => {
    expect(() => readFdt(put(0, 1), 'x.dtb')).toThrow('x.dtb: no valid device tree blob: BADMAGIC at byte 0 (0x0)')
  })
})

describe('hostile blobs', () => {
  it('100,000 nodes in one another neither exhaust the stack nor take long', () => {
    const depth = 100_000
    const struct = [...Array.from({ length: depth }, () => [1, 0]).flat(), ...Array.from({ length: depth }, () => 2), 9]
    // The root has no name; four bytes of name hold "a" for the others.
    const words = struct.map((word, index) => (index % 2 === 1 && index > 2 && index < depth * 2 ? 0x6100_0000 : word))
    const deep = rawBlob(words)
    const fdt = parseFdt(deep)
    expect(fdt.ok && fdt.nodes.at(-1)?.depth).toBe(depth - 1)
    expect(fdt.ok && fdt.nodes.at(-1)?.reachable).toBe(true)
  }, 30_000)

  it('names that share one long tail are not copied', () => {
    const tail = 200_000
    const props = Array.from({ length: 20_000 }, (_, index) => [3, 0, index]).flat()
    const fdt = parseFdt(rawBlob([1, 0, ...props, 2, 9], tail))
    expect(fdt.ok && fdt.propertyCount).toBe(20_000)
  })

  it('whatever is changed in a blob, a machine comes, in YAML that reads back, or an InputError does', () => {
    const rich = writeDtb(RICH)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(rich.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 3, 4, 9, 255))), {
          maxLength: 6,
        }),
        (changes) => {
          const changed = Uint8Array.from(rich)
          for (const [at, value] of changes) changed[at] = value
          expect(['facts', 'InputError']).toContain(outcome(changed))
        },
      ),
      { numRuns: 400, seed: 7 },
    )
  }, 30_000)
})

function outcome(bytes: Uint8Array): string {
  try {
    const imported = importBoard(bytes, { file: 'f.dtb', arch: 'armhf', memorySize: 2 ** 30 })
    expect(readMachine(boardYaml(imported), 'f.yaml')).toEqual(imported.machine)
    return 'facts'
  } catch (e) {
    return e instanceof Error ? e.name : 'thrown'
  }
}

/** Words of the structure block, and `tail` letters of strings. */
function rawBlob(words: readonly number[], tail = 0): Uint8Array {
  const [structAt, structLen] = [56, words.length * 4]
  const bytes = new Uint8Array(structAt + structLen + tail + 1).fill(0x61, structAt + structLen, -1)
  const view = new DataView(bytes.buffer)
  const header = [0xd00dfeed, bytes.length, structAt, structAt + structLen, 40, 17, 16, 0, tail + 1, structLen]
  for (const [index, word] of header.entries()) view.setUint32(index * 4, word)
  for (const [index, word] of words.entries()) view.setUint32(structAt + index * 4, word)
  return bytes
}

const RICH: Tree = {
  '#address-cells': 1,
  '#size-cells': 1,
  'memory@40000000': { device_type: 'memory', reg: [0x4000_0000, 0x4000_0000] },
  'reserved-memory': {
    '#address-cells': 1,
    '#size-cells': 1,
    ranges: true,
    'pool@43000000': { compatible: 'shared-dma-pool', reg: [0x4300_0000, 0x80_0000], 'no-map': true, phandle: 1 },
    cma: { compatible: 'shared-dma-pool', size: 0x100_0000, alignment: 0x1000, reusable: true },
  },
  soc: {
    compatible: 'simple-bus',
    '#address-cells': 1,
    '#size-cells': 1,
    ranges: true,
    'dma-ranges': [0, 0x4000_0000, 0x4000_0000],
    'iommu@1': { '#iommu-cells': 1, phandle: 2 },
    'ic@2': { '#interconnect-cells': 1, phandle: 3 },
    'codec@3': {
      compatible: 'samsung,mfc-v7',
      'memory-region': [1, 1],
      iommus: [2, 7],
      interconnects: [3, 4],
      'interconnect-names': 'dma-mem',
    },
    pcie: {
      compatible: 'pci-host-ecam-generic',
      device_type: 'pci',
      '#address-cells': 3,
      '#size-cells': 2,
      'dma-ranges': [0x0200_0000, 0, 0, 0, 0, 0x4000_0000],
      'iommu-map': [0, 2, 0, 0x100],
      'dev@0': { compatible: 'x,y', reg: [0, 0, 0, 0, 0] },
    },
  },
}
