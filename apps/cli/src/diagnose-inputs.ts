// Files, folders and standard input as what diagnose reads: bytes as they come.
import { InputError } from '@dmalab/api'
import { type Input, inputOf, isTreeRoot } from '@dmalab/lab'
import { readDeviceTree } from '@dmalab/lab/node'
import { checkNamedOnce, piecesOf } from './files.ts'
import { filesBelow, isFolder, isThere, namesIn } from './paths.ts'

/** Files of a folder that are read: an unpacked archive has some thirty. */
const FILES = 512

/** @throws InputError for what is not there, and for standard input that is named twice */
export const inputsOf = (files: readonly string[]): readonly Input[] => {
  checkNamedOnce(files)
  return files.flatMap((file) => (isFolder(file) ? (treeIn(file) ?? folder(file)) : [fileOf(file)]))
}

/** `FILE#NAME` is one device tree of several in a file. */
const fileOf = (name: string): Input => {
  const cut = name.lastIndexOf('#')
  if (cut <= 0 || isThere(name)) return { file: name, chunks: piecesOf(name) }
  const file = name.slice(0, cut)
  return { file, tree: name.slice(cut + 1), chunks: piecesOf(file) }
}

/** A folder that is a device tree: /sys/firmware/devicetree/base, or a copy of it. */
const treeIn = (file: string): readonly Input[] | undefined => {
  if (!isTreeRoot(namesIn(file))) return undefined
  const { content, file: name } = readDeviceTree(file)
  return [inputOf(name, content)]
}

/** Links are not followed: one may lead anywhere. */
const folder = (file: string): readonly Input[] => {
  const all = filesBelow(file)
  if (all.length === 0) throw new InputError('the folder has no files', { file })
  // An unpacked archive of a board without a blob has its tree as files.
  const base = /^.*\/devicetree\/base(?=\/)/.exec(all.find((one) => one.includes('/devicetree/base/')) ?? '')?.[0]
  const files = base === undefined ? all : all.filter((one) => !one.startsWith(`${base}/`))
  if (files.length > FILES)
    throw new InputError(`the folder has more than ${FILES} files`, { file }, 'name the files that matter')
  const tree = base === undefined ? [] : (treeIn(base) ?? [])
  return [...tree, ...files.map((one) => ({ file: one, chunks: piecesOf(one) }))]
}
