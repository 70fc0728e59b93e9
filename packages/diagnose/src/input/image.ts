// Device trees that lie in something larger: FIT images, kernels with a tree behind them, boot images.
import { InputError, isInputError } from '@dmalab/api'
import { treeIn } from '@dmalab/machine'
import type { Content } from './content.ts'
import { IMAGE } from './limits.ts'
import type { Input } from './input.ts'
import { type Chunks, whole } from './source.ts'
import type { InputTools } from './tools.ts'
import { readTree, wordsOf } from './tree.ts'

/** undefined: no tree lies in it. */
export const readImage = async (input: Input, chunks: Chunks, tools: InputTools): Promise<Content | undefined> => {
  const bytes = await whole(chunks, IMAGE)
  return bytes === undefined
    ? {
        file: input.file,
        kind: 'other',
        why: `an image of more than ${IMAGE / 2 ** 20} MiB: take the tree out of it first`,
      }
    : treeInside(bytes, input, tools)
}

/** undefined: no tree lies in it, or it is one. */
export const treeInside = (bytes: Uint8Array, { file, tree }: Input, { unpack }: InputTools): Content | undefined => {
  try {
    const { content, file: name } = treeIn(bytes, file, (packed, part) => unpack(packed, part) ?? packed, tree)
    return content === bytes ? undefined : readTree(name, content)
  } catch (error) {
    return { file, kind: 'other', why: wordsOf(error, file) }
  }
}

/** A compressed kernel may have a tree inside or behind it. undefined: none. @throws InputError where what is compressed is damaged, too */
export const treeOfLayers = (packed: Uint8Array, input: Input, tools: InputTools): Content | undefined => {
  let damage: InputError | undefined
  let inner: Uint8Array | undefined
  try {
    inner = tools.unpack(packed, input.file)
  } catch (error) {
    if (!isInputError(error)) throw error
    damage = error
  }
  const found = (inner === undefined ? undefined : treeInside(inner, input, tools)) ?? treeInside(packed, input, tools)
  if (found === undefined && damage !== undefined) throw damage
  return found
}
