// What is compressed, and archives: read through, never written anywhere.
import { isInputError } from '@dmalab/api'
import { isTreeRoot, type TreeFile, treeOfFiles } from '@dmalab/machine'
import type { Content } from './content.ts'
import { treeOfLayers } from './image.ts'
import type { Input, ReadInside, ReadOptions } from './input.ts'
import { recognise } from './kind.ts'
import { DEPTH, HEAD, IMAGE, SMALL } from './limits.ts'
import { type Chunks, type Ending, gunzip, limited, peek, teed } from './source.ts'
import { tarParts } from './tar.ts'
import { holdsTrace } from './trace-facts.ts'
import { readTree, wordsOf } from './tree.ts'

export const readPacked = async (
  input: Input,
  kind: 'gzip' | 'tar' | 'compressed',
  packedHead: Uint8Array,
  options: ReadOptions,
  depth: number,
  read: ReadInside,
): Promise<readonly Content[]> => {
  const { file } = input
  if (depth >= DEPTH) return [{ file, kind: 'other', why: 'packed into what is packed itself: unpack it first' }]
  const ending: Ending = { why: undefined }
  if (kind === 'tar') return readArchive(file, input.chunks, ending, options, depth, read)
  const tee = teed(input.chunks)
  const stream = kind === 'gzip' ? gunzip(tee.chunks, ending) : options.tools.unpackStream(packedHead, tee.chunks)
  if (stream === undefined) {
    const seen = recognise(packedHead, holdsTrace)
    return [{ file, kind: 'other', why: 'why' in seen ? seen.why : 'compressed: unpack it first' }]
  }
  const unpacked = limited(stream, ending, file)
  const { head, all } = await peek(unpacked, HEAD)
  const inside = recognise(head, holdsTrace).kind
  if (inside === 'image') {
    await closed(all)
    return [await treeOfImage(input, await tee.rest(IMAGE), options)]
  }
  tee.stop()
  const contents =
    inside === 'tar'
      ? await readArchive(file, all, ending, options, depth, read)
      : await read({ ...input, chunks: all }, options, depth + 1)
  if (inside === 'tar' || ending.why === undefined) return contents
  // Nothing came of it.
  const others = contents.filter((one) => one.kind !== 'other' || one.file !== file)
  return [...others, { file, kind: 'other', why: ending.why }]
}

/** Ends what unpacks. */
const closed = async (chunks: Chunks): Promise<void> => {
  for await (const _ of chunks) return
}

const treeOfImage = async (input: Input, packed: Uint8Array | undefined, { tools }: ReadOptions): Promise<Content> => {
  const { file } = input
  if (packed === undefined) return { file, kind: 'other', why: `an image of more than ${IMAGE / 2 ** 20} MiB` }
  try {
    return (
      treeOfLayers(packed, input, tools) ?? {
        file,
        kind: 'other',
        why: 'compressed bytes that are neither text nor hold a tree',
      }
    )
  } catch (error) {
    return { file, kind: 'other', why: wordsOf(error, file) }
  }
}

const readArchive = async (
  file: string,
  chunks: Chunks,
  ending: Ending,
  options: ReadOptions,
  depth: number,
  read: ReadInside,
): Promise<readonly Content[]> => {
  const counts = { leftOut: 0 }
  const parts: { readonly name: string; readonly contents: readonly Content[] }[] = []
  const small: TreeFile[] = []
  let held = 0
  for await (const { name, bytes } of tarParts(chunks, counts, ending)) {
    const { head, all } = await peek(bytes, HEAD)
    if (head.length < HEAD && held + head.length <= SMALL) {
      held += head.length
      small.push({ path: name, isFolder: false, content: head })
    }
    // Most properties are no input by themselves; there are thousands.
    const isProperty = /(?:^|\/)(?:devicetree\/base|device-tree)\//.test(name)
    const part = { file: `${file}:${name.replace(/^dmalab-record\//, '')}`, chunks: all }
    parts.push({ name, contents: isProperty ? [] : await read(part, options, depth + 1) })
  }
  const root = rootOf(small)
  const tree = root === undefined ? [] : [treeOf(file, root, small)]
  const inTree = (name: string): boolean => root !== undefined && isBelow(name, root)
  const said = [
    ...(ending.why === undefined ? [] : [ending.why]),
    ...(counts.leftOut === 0 ? [] : [`${counts.leftOut} links, devices and names that lead out of it were left out`]),
  ]
  return [
    { file, kind: 'bundle', parts: parts.length, why: said.length === 0 ? undefined : said.join('; ') },
    ...parts.flatMap(({ name, contents }) => (inTree(name) ? [] : contents)),
    ...tree,
  ]
}

const isBelow = (path: string, folder: string): boolean => folder === '' || path.startsWith(`${folder}/`)

/** The outermost folder that begins a device tree; undefined: none does. */
const rootOf = (files: readonly TreeFile[]): string | undefined => {
  const names = new Map<string, string[]>()
  for (const { path } of files) {
    const cut = Math.max(path.lastIndexOf('/'), 0)
    const folder = path.slice(0, cut)
    const known = names.get(folder)
    const name = path.slice(cut === 0 ? 0 : cut + 1)
    if (known === undefined) names.set(folder, [name])
    else known.push(name)
  }
  const roots = [...names].flatMap(([folder, inside]) => (isTreeRoot(inside) ? [folder] : []))
  return roots.toSorted((a, b) => a.length - b.length)[0]
}

/** The tree of a running kernel, a file for each property. */
const treeOf = (file: string, root: string, files: readonly TreeFile[]): Content => {
  const name = root === '' ? file : `${file}:${root.replace(/^dmalab-record\//, '')}`
  try {
    const properties = files.flatMap((one) =>
      isBelow(one.path, root) ? [{ ...one, path: one.path.slice(root === '' ? 0 : root.length + 1) }] : [],
    )
    return readTree(name, treeOfFiles(properties, name))
  } catch (error) {
    if (!isInputError(error)) throw error
    return { file: name, kind: 'other', why: wordsOf(error, name) }
  }
}
