// A device tree as /sys/firmware/devicetree/base shows it: a folder for a node, a file for a property.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

type Value = string | number | readonly number[] | true
export interface Tree {
  readonly [name: string]: Value | Tree
}

/** Takes the place of what lies there. */
export const writeTree = (folder: string, tree: Tree): void => {
  rmSync(folder, { recursive: true, force: true })
  writeNode(folder, tree)
}

const writeNode = (folder: string, tree: Tree): void => {
  mkdirSync(folder)
  for (const [name, value] of Object.entries(tree))
    if (isNode(value)) writeNode(join(folder, name), value)
    else writeFileSync(join(folder, name), bytesOf(value))
}

const isNode = (value: Value | Tree): value is Tree => typeof value === 'object' && !Array.isArray(value)

const bytesOf = (value: Value): Uint8Array => {
  if (value === true) return new Uint8Array()
  if (typeof value === 'string') return Buffer.from(`${value}\0`)
  const cells = typeof value === 'number' ? [value] : value
  const bytes = Buffer.alloc(cells.length * 4)
  for (const [i, cell] of cells.entries()) bytes.writeUInt32BE(cell, i * 4)
  return bytes
}
