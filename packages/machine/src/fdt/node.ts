// One node of a flattened device tree, with the ways its properties are read. Text is Latin-1, cells are big-endian.

/** A property: its name, and where its bytes lie in the blob. */
export interface FdtProperty {
  readonly name: string
  readonly start: number
  readonly length: number
}

export class FdtNode {
  /** In the order of the blob. */
  readonly properties: FdtProperty[] = []
  readonly children: FdtNode[] = []
  /** Full path; built when first asked for, because a path is as long as the tree is deep. */
  #path: string | undefined
  #reachable: boolean | undefined
  readonly name: string
  readonly parent: FdtNode | undefined
  /** Root = 0. */
  readonly depth: number
  readonly #blob: Uint8Array

  constructor(blob: Uint8Array, name: string, parent: FdtNode | undefined) {
    this.#blob = blob
    this.name = name
    this.parent = parent
    this.depth = parent === undefined ? 0 : parent.depth + 1
  }

  get path(): string {
    if (this.#path !== undefined) return this.#path
    return (this.#path = pathOf(this))
  }

  /** Node name without the unit address. Models: Linux v6.12 drivers/of/base.c: of_node_name_eq */
  get baseName(): string {
    const at = this.name.indexOf('@')
    return at < 0 ? this.name : this.name.slice(0, at)
  }

  /** Of two properties with one name the first counts. */
  find(name: string): FdtProperty | undefined {
    for (const property of this.properties) if (property.name === name) return property
    return undefined
  }

  has(name: string): boolean {
    return this.find(name) !== undefined
  }

  /** Bytes of a property (a view, not a copy), undefined when it is not there. */
  bytes(name: string): Uint8Array | undefined {
    const property = this.find(name)
    return property === undefined ? undefined : this.valueOf(property)
  }

  valueOf({ start, length }: FdtProperty): Uint8Array {
    return this.#blob.subarray(start, start + length)
  }

  /** Whole cells of a property; bytes beyond the last whole one are left out. */
  cells(name: string): number[] | undefined {
    const value = this.bytes(name)
    return value === undefined ? undefined : cellsOf(value)
  }

  /** First cell of a property that has at least one. Models: Linux v6.12 drivers/of/property.c: of_property_read_u32 */
  u32(name: string): number | undefined {
    const value = this.bytes(name)
    return value === undefined || value.length < 4 ? undefined : cellAt(value, 0)
  }

  /** All strings of a string list; a last one without its NUL counts too. */
  strings(name: string): string[] | undefined {
    const value = this.bytes(name)
    if (value === undefined) return undefined
    const strings: string[] = []
    for (let at = 0; at < value.length;) {
      const nul = value.indexOf(0, at)
      const end = nul < 0 ? value.length : nul
      strings.push(latin1(value, at, end))
      at = end + 1
    }
    return strings
  }

  /** First string of a property. */
  string(name: string): string | undefined {
    const value = this.bytes(name)
    if (value === undefined) return undefined
    const nul = value.indexOf(0)
    return latin1(value, 0, nul < 0 ? value.length : nul)
  }

  /** Models: Linux v6.12 drivers/of/base.c: __of_device_is_available */
  get enabled(): boolean {
    const status = this.string('status')
    return status === undefined || status === 'okay' || status === 'ok'
  }

  /** Enabled, and so are all nodes above. */
  get reachable(): boolean {
    const open: FdtNode[] = []
    let known = true
    for (const node of upwards(this)) {
      if (node.#reachable !== undefined) {
        known = node.#reachable
        break
      }
      open.push(node)
    }
    for (const node of open.toReversed()) known = node.#reachable = known && node.enabled
    return known
  }

  get compatible(): string[] {
    return this.strings('compatible') ?? []
  }
}

/** The node and all above it, the root last. */
export function* upwards(from: FdtNode | undefined): Generator<FdtNode> {
  for (let node = from; node !== undefined; node = node.parent) yield node
}

export const cellAt = (value: Uint8Array, index: number): number => {
  const at = index * 4
  return (
    (value[at] ?? 0) * 2 ** 24 + (value[at + 1] ?? 0) * 2 ** 16 + (value[at + 2] ?? 0) * 2 ** 8 + (value[at + 3] ?? 0)
  )
}

export function cellsOf(value: Uint8Array): number[] {
  const cells: number[] = []
  for (let index = 0; index < Math.floor(value.length / 4); index++) cells.push(cellAt(value, index))
  return cells
}

/**
 * Number made of `count` cells from `from` on; of more than two the low 64 bits remain.
 * Models: Linux v6.12 include/linux/of.h: of_read_number
 */
export function readNumber(cells: readonly number[], from: number, count: number): bigint {
  let value = 0n
  for (let index = from + Math.max(0, count - 2); index < from + count; index++)
    value = value * 2n ** 32n + BigInt(cells[index] ?? 0)
  return value
}

/** Letter by letter where it is short, as names are, else in pieces: a call takes only so many arguments. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  if (to - from <= 64) {
    for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at] ?? 0)
    return text
  }
  for (let at = from; at < to; at += 4096) text += String.fromCharCode(...bytes.subarray(at, Math.min(to, at + 4096)))
  return text
}

function pathOf(node: FdtNode): string {
  const names: string[] = []
  for (let at = node; at.parent !== undefined; at = at.parent) names.push(at.name)
  return `/${names.toReversed().join('/')}`
}
