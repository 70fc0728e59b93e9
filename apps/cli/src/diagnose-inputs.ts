// Files, folders and standard input as what diagnose reads: bytes as they come.
import { spawnSync } from 'node:child_process'
import { InputError } from '@dmalab/api'
import { type Input, isTreeRoot } from '@dmalab/lab'
import { readDeviceTree } from '@dmalab/lab/node'
import { checkNamedOnce, piecesOf } from './files.ts'
import { filesBelow, isFolder, namesIn } from './paths.ts'

/** Files of a folder that are read: an unpacked archive has some thirty. */
const FILES = 512

/** @throws InputError for what is not there, and for standard input that is named twice */
export const inputsOf = (files: readonly string[]): readonly Input[] => {
  checkNamedOnce(files)
  return files.flatMap((file) => (isFolder(file) ? (treeIn(file) ?? folder(file)) : [{ file, chunks: piecesOf(file) }]))
}

/** A folder that is a device tree: /sys/firmware/devicetree/base, or a copy of it. */
const treeIn = (file: string): readonly Input[] | undefined => {
  if (!isTreeRoot(namesIn(file))) return undefined
  const { content, file: name } = readDeviceTree(file)
  return [{ file: name, chunks: one(content) }]
}

// eslint-disable-next-line require-await -- it has the shape of a file that is read in pieces
async function* one(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

/** Links are not followed: one may lead anywhere. */
const folder = (file: string): readonly Input[] => {
  const files = filesBelow(file)
  if (files.length === 0) throw new InputError('the folder has no files', { file })
  if (files.length > FILES)
    throw new InputError(`the folder has more than ${FILES} files`, { file }, 'name the files that matter')
  return files.map((one) => ({ file: one, chunks: piecesOf(one) }))
}

/** Device tree source through dtc, where that is installed. */
export const compileTree = (source: Uint8Array): Uint8Array | undefined => {
  const { status, stdout } = spawnSync('dtc', ['-q', '-I', 'dts', '-O', 'dtb', '-o', '-', '-'], {
    input: source,
    maxBuffer: 2 ** 26,
    timeout: 60_000,
  })
  return status === 0 && stdout.length > 0 ? stdout : undefined
}
