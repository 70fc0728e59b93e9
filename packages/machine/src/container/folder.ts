// A device tree as files: /sys/firmware/devicetree/base, where a folder is a node and a file a property.
import { InputError } from '@dmalab/api'
import { newNode, type EditNode } from '../fdt/edit.ts'
import { writeFdt } from '../fdt/write.ts'

export interface TreeFile {
  /** From the root of the tree on: `cpus/cpu@0/reg`. */
  readonly path: string
  readonly isFolder: boolean
  readonly content: Uint8Array
}

const MOST_FILES = 500_000
const MOST_BYTES = 64 * 2 ** 20
const DEEPEST = 64

/**
 * A blob of what stands in the files; memory reservations (/memreserve/) are not among them.
 * @throws InputError where there is more than any tree has
 */
export function treeOfFiles(files: Iterable<TreeFile>, file: string): Uint8Array {
  const root = newNode('', undefined)
  const nodes = new Map<string, EditNode>([['', root]])
  let count = 0
  let bytes = 0
  for (const { path, isFolder, content } of files) {
    count += 1
    bytes += content.length
    if (count > MOST_FILES || bytes > MOST_BYTES) throw new InputError('holds more than a device tree can', { file })
    const parts = path.split('/').filter((part) => part !== '')
    if (parts.length > DEEPEST) continue
    const folder = nodeFor(nodes, root, isFolder ? parts : parts.slice(0, -1))
    const name = parts.at(-1)
    // The kernel adds a node's name as a property.
    if (!isFolder && name !== undefined && name !== 'name') folder.properties.push({ name, value: content })
  }
  return writeFdt(root)
}

function nodeFor(nodes: Map<string, EditNode>, root: EditNode, parts: readonly string[]): EditNode {
  let [node, path] = [root, '']
  for (const part of parts) {
    path = `${path}/${part}`
    let child = nodes.get(path)
    if (child === undefined) {
      child = newNode(part, node)
      node.children.push(child)
      nodes.set(path, child)
    }
    node = child
  }
  return node
}

/** Does a folder with these files begin a device tree? */
export const isTreeRoot = (names: readonly string[]): boolean =>
  names.includes('#address-cells') && (names.includes('compatible') || names.includes('model'))
