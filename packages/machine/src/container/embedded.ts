// Device trees somewhere in a file: behind a kernel (zImage with a tree appended, Image.gz-dtb), in an Android boot image or table.
import { isInputError } from '@dmalab/api'
import { cellAt } from '../fdt/node.ts'
import { readFdt } from '../fdt/read.ts'
import { printable, type Found, type FoundTree } from './found.ts'

const MAGIC = [0xd0, 0x0d, 0xfe, 0xed]
/** Trees that one file may hold. */
const MOST = 256
/** Places that look like one and are not. */
const MOST_TRIED = 4096
const SMALLEST = 72

/** In their order; each whole and valid. */
export function embeddedTrees(content: Uint8Array): Found {
  const trees: FoundTree[] = []
  let at = content.indexOf(0xd0)
  for (let tried = 0; at >= 0 && trees.length < MOST && tried < MOST_TRIED; at = content.indexOf(0xd0, at + 1)) {
    if (MAGIC.some((byte, index) => content[at + index] !== byte)) continue
    tried += 1
    const size = cellAt(content.subarray(at, at + 8), 1)
    if (size < SMALLEST || at + size > content.length) continue
    const blob = content.subarray(at, at + size)
    const title = titleOf(blob)
    if (title === undefined) continue
    trees.push({ name: String(trees.length + 1), title, isDefault: false, blob: () => blob })
    at += size - 1
  }
  return { what: 'a file', trees }
}

/** undefined: not a tree. */
function titleOf(blob: Uint8Array): string | undefined {
  try {
    const { root, nodes } = readFdt(blob, '')
    return nodes.length < 2 ? undefined : printable(root.string('model') ?? root.compatible[0] ?? '')
  } catch (error) {
    if (isInputError(error)) return undefined
    throw error
  }
}
