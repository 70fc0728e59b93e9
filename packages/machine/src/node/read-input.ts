// The bytes of a board's file; of a folder that is a device tree, the blob that it makes. `FILE#NAME` names one tree of several.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '@dmalab/api'
import { readWhole, unreadable } from '@dmalab/api/node'
import { isTreeRoot, treeOfFiles, type TreeFile } from '../container/folder.ts'
import { MOST_BYTES } from './unpack.ts'

export interface BoardInput {
  readonly content: Uint8Array
  readonly file: string
  /** What stands behind `#`. */
  readonly tree: string | undefined
}

/** @throws InputError for what cannot be read, and for a folder that is no device tree */
export function readInput(reference: string, given: Uint8Array | undefined): BoardInput {
  if (given !== undefined) return { content: given, file: reference, tree: undefined }
  const cut = reference.lastIndexOf('#')
  const [file, tree] =
    cut > 0 && !existsSync(reference) ? [reference.slice(0, cut), reference.slice(cut + 1)] : [reference, undefined]
  return { content: readPath(file), file, tree }
}

const readPath = (file: string): Uint8Array => (isFolder(file) ? readFolder(file) : readWhole(file, MOST_BYTES))

const isFolder = (file: string): boolean => {
  try {
    return statSync(file).isDirectory()
  } catch (error) {
    throw unreadable(error, file)
  }
}

/** Where the kernel shows the tree, from what holds it on. */
const WITHIN = ['', 'base', 'devicetree/base', 'device-tree', 'sys/firmware/devicetree/base', 'proc/device-tree']

function readFolder(file: string): Uint8Array {
  for (const inner of WITHIN) {
    const root = join(file, inner)
    if (existsSync(root) && statSync(root).isDirectory() && isTreeRoot(readdirSync(root)))
      return treeOfFiles(filesBelow(root, ''), file)
  }
  throw new InputError(
    'is a folder, and not a device tree',
    { file },
    'a folder is read where it is one: /sys/firmware/devicetree/base, or a copy of it',
  )
}

/** Links are not followed: below /sys they lead round in circles. */
function* filesBelow(root: string, path: string): Generator<TreeFile> {
  const entries = readdirSync(join(root, path), { withFileTypes: true })
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = path === '' ? entry.name : `${path}/${entry.name}`
    if (entry.isFile()) yield { path: inner, isFolder: false, content: readWhole(join(root, inner), MOST_BYTES) }
    else if (entry.isDirectory()) {
      yield { path: inner, isFolder: true, content: new Uint8Array() }
      yield* filesBelow(root, inner)
    }
  }
}
