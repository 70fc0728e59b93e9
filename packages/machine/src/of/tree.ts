// Look-ups across the tree: phandles, lists of phandles with arguments, DMA parents.
import type { Fdt } from '../fdt/parse.ts'
import { cellAt, type FdtNode } from '../fdt/node.ts'
import { nothingKnown, type Known } from './known.ts'

/** One entry of a list such as `iommus`. */
export interface PhandleArgs {
  readonly phandle: number
  readonly node: FdtNode | undefined
  readonly args: readonly number[]
  /** What is wrong with the entry; nothing behind it can be read. */
  readonly error?: 'missing-phandle' | 'missing-cells' | 'short'
}

/** FDT_MAX_DEPTH - 1; the root is 0. */
const DEEPEST = 63

export class DeviceTree {
  readonly fdt: Fdt
  /** Valid phandles; of two nodes with one phandle the first counts. */
  readonly #byPhandle = new Map<number, FdtNode>()
  readonly #dmaParents = new Map<FdtNode, FdtNode | undefined>()
  readonly known: Known = nothingKnown()
  readonly #byPath = new Map<string, FdtNode | undefined>()
  /**
   * Nodes that Linux makes something of: it leaves out what lies deeper than its stack is high.
   * Models: Linux v6.12 drivers/of/fdt.c: unflatten_dt_nodes
   */
  readonly nodes: readonly FdtNode[]

  constructor(fdt: Fdt) {
    this.fdt = fdt
    this.nodes = fdt.nodes.filter((node) => node.depth < DEEPEST)
    for (const node of fdt.nodes) {
      const phandle = phandleOf(node)
      if (isValidPhandle(phandle) && !this.#byPhandle.has(phandle)) this.#byPhandle.set(phandle, node)
    }
  }

  get root(): FdtNode {
    return this.fdt.root
  }

  get phandleCount(): number {
    return this.#byPhandle.size
  }

  byPhandle(phandle: number): FdtNode | undefined {
    return this.#byPhandle.get(phandle)
  }

  /** First node at this path, undefined when there is none. */
  byPath(path: string): FdtNode | undefined {
    if (!this.#byPath.has(path)) this.#byPath.set(path, this.#find(path))
    return this.#byPath.get(path)
  }

  #find(path: string): FdtNode | undefined {
    let node: FdtNode | undefined = this.root
    for (const name of path.split('/').slice(1)) node = node?.children.find((child) => child.name === name)
    return node
  }

  /**
   * Entries of a list of phandles, each with as many arguments as the node it names asks for; ends at the first bad one.
   * Models: Linux v6.12 drivers/of/base.c: of_phandle_iterator_next
   */
  phandlesWithArgs(node: FdtNode, list: string, cellsName: string): PhandleArgs[] {
    const cells = node.cells(list) ?? []
    const entries: PhandleArgs[] = []
    for (let at = 0; at < cells.length;) {
      const phandle = cells[at++] ?? 0
      const target = this.byPhandle(phandle)
      if (target === undefined) return [...entries, { phandle, node: target, args: [], error: 'missing-phandle' }]
      const count = target.u32(cellsName)
      if (count === undefined) return [...entries, { phandle, node: target, args: [], error: 'missing-cells' }]
      const args = cells.slice(at, at + count)
      if (args.length < count) return [...entries, { phandle, node: target, args, error: 'short' }]
      entries.push({ phandle, node: target, args })
      at += count
    }
    return entries
  }

  /**
   * Where DMA of a node goes next: its interconnect named `dma-mem`, else its parent. Such parents may form a ring.
   * Models: Linux v6.12 drivers/of/address.c: __of_get_dma_parent
   */
  dmaParent(node: FdtNode): FdtNode | undefined {
    if (this.#dmaParents.has(node)) return this.#dmaParents.get(node)
    const index = (node.strings('interconnect-names') ?? []).indexOf('dma-mem')
    const entry = index < 0 ? undefined : this.#entryAt(node, index)
    const parent = entry ?? node.parent
    this.#dmaParents.set(node, parent)
    return parent
  }

  /** Do the DMA parents of a node never end? */
  dmaParentsCircle(from: FdtNode): boolean {
    const walked = new Set<FdtNode>()
    let circle = false
    for (let node: FdtNode | undefined = from; node !== undefined; node = this.dmaParent(node)) {
      circle = this.known.circles.get(node) ?? walked.has(node)
      if (circle || this.known.circles.has(node)) break
      walked.add(node)
    }
    for (const node of walked) this.known.circles.set(node, circle)
    return circle
  }

  /** The node itself and its DMA parents up to the root, or up to where they begin to go in a circle. */
  *dmaWalk(from: FdtNode | undefined): Generator<FdtNode> {
    const seen = new Set<FdtNode>()
    for (let node = from; node !== undefined && !seen.has(node); node = this.dmaParent(node)) {
      seen.add(node)
      yield node
    }
  }

  /** An empty entry (phandle 0) counts but leads nowhere; a bad one makes the whole list unreadable from there on. */
  #entryAt(node: FdtNode, index: number): FdtNode | undefined {
    const cells = node.cells('interconnects') ?? []
    for (let at = 0, entry = 0; at < cells.length; entry++) {
      const phandle = cells[at++] ?? 0
      const target = phandle === 0 ? undefined : this.byPhandle(phandle)
      const count = phandle === 0 ? 0 : target?.u32('#interconnect-cells')
      if (count === undefined || count > cells.length - at) return undefined
      if (entry === index) return target
      at += count
    }
    return undefined
  }
}

/** What the node says its phandle is, valid or not. Models: libfdt 1.7.2 fdt_ro.c: fdt_get_phandle */
export function phandleOf(node: FdtNode): number | undefined {
  for (const name of ['phandle', 'linux,phandle']) {
    const value = node.bytes(name)
    if (value?.length === 4) return cellAt(value, 0)
  }
  return undefined
}

const isValidPhandle = (phandle: number | undefined): phandle is number =>
  phandle !== undefined && phandle !== 0 && phandle !== 0xffff_ffff
