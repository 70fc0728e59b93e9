// A device tree blob -> a tree of nodes: one pass over the structure block, no recursion, nothing bigger than the blob.
import {
  INT_MAX,
  readHeader,
  readReservations,
  refuse,
  type FdtError,
  type FdtHeader,
  type MemReserve,
} from './header.ts'
import { FdtNode, latin1 } from './node.ts'

export interface Fdt {
  readonly ok: true
  readonly header: FdtHeader
  readonly reservations: readonly MemReserve[]
  /** A blob without any node is valid: its root has neither properties nor children, and `nodes` is empty. */
  readonly root: FdtNode
  /** All nodes, depth first. */
  readonly nodes: readonly FdtNode[]
  /** Properties of the whole blob, also those that no look-up finds: before the root or behind a child. */
  readonly propertyCount: number
  readonly longestProperty: number
}

const BEGIN_NODE = 1
const END_NODE = 2
const PROP = 3
const NOP = 4
const END = 9

/**
 * Accepts and refuses what libfdt accepts and refuses.
 * Models: libfdt 1.7.2 fdt_check.c: fdt_check_full
 */
export function parseFdt(bytes: Uint8Array): Fdt | FdtError {
  // A Buffer makes a Buffer of every part of it, which takes several times as long.
  const blob = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  const head = readHeader(blob)
  if (!head.ok) return head
  const reserved = readReservations(blob, head.header)
  if (!reserved.ok) return reserved
  return new StructureReader(blob, head.header).read(reserved.entries)
}

class StructureReader {
  readonly #blob: Uint8Array
  readonly #view: DataView
  readonly #header: FdtHeader
  /** First byte behind the structure block, and behind the strings. Only version 17 states the sizes. */
  readonly #structEnd: number
  readonly #names: StringsBlock
  readonly #nodes: FdtNode[] = []
  #propertyCount = 0
  #longestProperty = 0
  /** Innermost open node. */
  #open: FdtNode | undefined
  /** Byte of the token at hand, from the start of the blob. */
  #at: number

  constructor(blob: Uint8Array, header: FdtHeader) {
    this.#blob = blob
    this.#view = new DataView(blob.buffer, blob.byteOffset, blob.length)
    this.#header = header
    const { totalsize, off_dt_struct: start } = header
    this.#structEnd = header.version >= 17 ? Math.min(totalsize, start + header.size_dt_struct) : totalsize
    this.#names = new StringsBlock(blob, header)
    this.#at = start
  }

  read(reservations: readonly MemReserve[]): Fdt | FdtError {
    for (;;) {
      if (!this.#fits(4)) return refuse('TRUNCATED', this.#at, 'the structure block ends without an END token')
      const token = this.#word(0)
      const rootIsClosed = this.#nodes.length > 0 && this.#open === undefined
      if (token === END) {
        if (this.#open !== undefined) return this.#bad(`END inside the node ${this.#open.path}`)
        const root = this.#nodes[0] ?? new FdtNode(this.#blob, '', undefined)
        const [propertyCount, longestProperty] = [this.#propertyCount, this.#longestProperty]
        const header = this.#header
        return { ok: true, header, reservations, root, nodes: this.#nodes, propertyCount, longestProperty }
      }
      const error = this.#token(token, rootIsClosed)
      if (error !== undefined) return error
    }
  }

  /** Takes one token and moves behind it. */
  #token(token: number, rootIsClosed: boolean): FdtError | undefined {
    switch (token) {
      case BEGIN_NODE:
        return this.#beginNode(rootIsClosed)
      case END_NODE:
        if (rootIsClosed) return this.#bad('expected END behind the root node, not END_NODE')
        if (this.#open === undefined) return this.#bad('END_NODE without a node')
        this.#open = this.#open.parent
        this.#at += 4
        return undefined
      case PROP:
        return this.#property(rootIsClosed)
      case NOP:
        if (rootIsClosed) return this.#bad('expected END behind the root node, not NOP')
        this.#at += 4
        return undefined
      default:
        return this.#bad(`unknown token 0x${token.toString(16)}`)
    }
  }

  #beginNode(rootIsClosed: boolean): FdtError | undefined {
    const start = this.#at + 4
    const nul = this.#blob.indexOf(0, start)
    if (nul < 0 || nul >= this.#structEnd) return this.#bad('the name of this node has no end')
    if (rootIsClosed) return this.#bad('a second root node')
    let name = latin1(this.#blob, start, nul)
    if (this.#open === undefined) {
      // Before version 16 a node carries its full path.
      if (this.#header.version < 16) {
        const slash = name.lastIndexOf('/')
        if (slash < 0)
          return this.#bad(`version ${this.#header.version} names nodes by path, and this one has no slash`)
        name = name.slice(slash + 1)
      }
      if (name !== '') return this.#bad(`the root node is named ${JSON.stringify(name.slice(0, 40))}`)
    }
    const node = new FdtNode(this.#blob, name, this.#open)
    this.#open?.children.push(node)
    this.#nodes.push(node)
    this.#open = node
    this.#move(nul + 1)
    return undefined
  }

  #property(rootIsClosed: boolean): FdtError | undefined {
    if (!this.#fits(8)) return this.#bad('a property is cut off')
    const length = this.#word(1)
    const offset = this.#at - this.#header.off_dt_struct
    if (length + offset + 4 >= INT_MAX) return this.#bad(`a property of ${length} bytes`)
    // Before version 16, values of 8 bytes and more are aligned to 8.
    const gap = this.#header.version < 16 && length >= 8 && (offset + 12) % 8 !== 0 ? 4 : 0
    if (!this.#fits(12 + length + gap)) return this.#bad(`a property of ${length} bytes runs past the structure block`)
    if (rootIsClosed) return this.#bad('a property behind the root node')
    const name = this.#names.at(this.#word(2))
    if (typeof name !== 'string') return refuse(name.code, this.#at + 8, `the name of this property ${name.reason}`)
    const start = this.#at + 12 + gap
    this.#propertyCount += 1
    this.#longestProperty = Math.max(this.#longestProperty, length)
    // Behind a child no look-up finds a property: libfdt and Linux stop at the first BEGIN_NODE.
    if (this.#open !== undefined && this.#open.children.length === 0)
      this.#open.properties.push({ name, start, length })
    this.#move(start + length)
    return undefined
  }

  #bad(reason: string): FdtError {
    return refuse('BADSTRUCTURE', this.#at, reason)
  }

  #fits(bytes: number): boolean {
    return this.#at + bytes <= this.#structEnd
  }

  /** The index-th word from the token at hand; the structure block itself may lie at any byte. */
  #word(index: number): number {
    return this.#view.getUint32(this.#at + index * 4)
  }

  /** Next token: tokens are aligned to four bytes counted from the start of the block. */
  #move(end: number): void {
    const { off_dt_struct: start } = this.#header
    this.#at = start + Math.ceil((end - start) / 4) * 4
  }
}

/**
 * Property names by offset. A name may start in the middle of another one, so a hostile block of n bytes holds n names of n
 * bytes: the text is decoded once and names are slices of it, and where each name ends is known beforehand.
 * Models: libfdt 1.7.2 fdt_ro.c: fdt_get_string
 */
class StringsBlock {
  readonly #text: string
  readonly #length: number
  /** For each byte, the next NUL at or behind it; the block's length where there is none. */
  readonly #ends: Uint32Array
  readonly #known = new Map<number, string>()

  constructor(blob: Uint8Array, header: FdtHeader) {
    const start = header.off_dt_strings
    const end = header.version >= 17 ? start + header.size_dt_strings : header.totalsize
    this.#length = end - start
    this.#text = latin1(blob, start, end)
    this.#ends = new Uint32Array(this.#length)
    for (let at = this.#length - 1, nul = this.#length; at >= 0; at--) {
      if (blob[start + at] === 0) nul = at
      this.#ends[at] = nul
    }
  }

  at(offset: number): string | { readonly code: 'BADOFFSET' | 'TRUNCATED'; readonly reason: string } {
    const known = this.#known.get(offset)
    if (known !== undefined) return known
    const end = this.#ends[offset]
    if (end === undefined) return { code: 'BADOFFSET', reason: 'lies outside the strings block' }
    if (end === this.#length) return { code: 'TRUNCATED', reason: 'has no end in the strings block' }
    const name = this.#text.slice(offset, end)
    this.#known.set(offset, name)
    return name
  }
}
