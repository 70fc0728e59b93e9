// A tree of nodes -> a device tree blob of version 17.
import { everyNode, type EditNode } from './edit.ts'
import type { MemReserve } from './header.ts'

const HEADER = 40
const RESERVE_ENTRY = 16

export interface WriteOptions {
  readonly reservations?: readonly MemReserve[]
  readonly bootCpu?: number
}

export function writeFdt(root: EditNode, { reservations = [], bootCpu = 0 }: WriteOptions = {}): Uint8Array {
  const strings = new Map<string, number>()
  let stringsSize = 0
  let structSize = 4
  for (const node of everyNode(root)) {
    structSize += 8 + padded(node.name.length + 1)
    for (const { name, value } of node.properties) {
      structSize += 12 + padded(value.length)
      if (strings.has(name)) continue
      strings.set(name, stringsSize)
      stringsSize += name.length + 1
    }
  }
  const structAt = HEADER + (reservations.length + 1) * RESERVE_ENTRY
  const stringsAt = structAt + structSize
  const total = stringsAt + stringsSize
  const blob = new Uint8Array(total)
  const view = new DataView(blob.buffer)
  const header = [0xd00dfeed, total, structAt, stringsAt, HEADER, 17, 16, bootCpu, stringsSize, structSize]
  for (const [index, word] of header.entries()) view.setUint32(index * 4, word)
  for (const [index, { address, size }] of reservations.entries()) {
    view.setBigUint64(HEADER + index * RESERVE_ENTRY, address)
    view.setBigUint64(HEADER + index * RESERVE_ENTRY + 8, size)
  }
  writeStructure(root, blob, structAt, strings)
  for (const [name, at] of strings) writeLatin1(blob, stringsAt + at, name)
  return blob
}

const BEGIN_NODE = 1
const END_NODE = 2
const PROP = 3
const END = 9

function writeStructure(root: EditNode, blob: Uint8Array, start: number, strings: ReadonlyMap<string, number>): void {
  const view = new DataView(blob.buffer)
  let at = start
  const word = (value: number): void => {
    view.setUint32(at, value)
    at += 4
  }
  // `undefined` ends the node that was begun last.
  const open: (EditNode | undefined)[] = [undefined, root]
  for (let left = 2; left > 0; left = open.length) {
    const node = open.pop()
    if (node === undefined) {
      if (open.length > 0) word(END_NODE)
      continue
    }
    word(BEGIN_NODE)
    writeLatin1(blob, at, node.name)
    at += padded(node.name.length + 1)
    for (const { name, value } of node.properties) {
      word(PROP)
      word(value.length)
      word(strings.get(name) ?? 0)
      blob.set(value, at)
      at += padded(value.length)
    }
    open.push(undefined)
    for (const child of node.children.toReversed()) open.push(child)
  }
  word(END)
}

const padded = (length: number): number => Math.ceil(length / 4) * 4

function writeLatin1(blob: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index++) blob[at + index] = text.charCodeAt(index)
}
