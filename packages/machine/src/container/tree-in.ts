// What a file gives for a board when device trees lie in something larger.
import { isDtb } from '../input-kind.ts'
import { parseFdt } from '../fdt/parse.ts'
import { embeddedTrees } from './embedded.ts'
import { fitTrees, isFit, type Unpack } from './fit.ts'
import { isTreeRoot, treeOfFiles } from './folder.ts'
import { chooseTree, type Found, type FoundTree } from './found.ts'
import { isTar, tarEntries, type TarEntry } from './tar.ts'

export interface TreeIn {
  readonly content: Uint8Array
  /** The file's name, with `#NAME` where one of several trees was taken. */
  readonly file: string
}

/**
 * The bytes themselves where they hold no tree but their own.
 * @throws InputError where it is not clear which tree is meant, and for a `wanted` that is not there
 */
export function treeIn(content: Uint8Array, file: string, unpack: Unpack, wanted?: string): TreeIn {
  const found = foundIn(content, file, unpack)
  if (found === undefined || (found.trees.length === 0 && wanted === undefined)) return { content, file }
  const tree = chooseTree(found, file, wanted)
  const isOnly = found.trees.length === 1 && wanted === undefined
  return { content: tree.blob(), file: isOnly ? file : `${file}#${tree.name}` }
}

/** undefined: a tree by itself. */
function foundIn(content: Uint8Array, file: string, unpack: Unpack): Found | undefined {
  if (isTar(content)) return treesOfArchive([...tarEntries(content)], file)
  if (!isDtb(content)) return embeddedTrees(content)
  const fdt = parseFdt(content)
  return fdt.ok && isFit(fdt) ? fitTrees(fdt, content, file, unpack) : undefined
}

/** Blobs of an archive; where it has none, folders that are device trees. */
function treesOfArchive(entries: readonly TarEntry[], file: string): Found {
  const what = 'an archive'
  const blobs = entries
    .filter((entry) => isDtb(entry.content))
    .map(({ path, content }): FoundTree => ({ name: path, title: '', isDefault: isRunning(path), blob: () => content }))
  if (blobs.length > 0) return { what, trees: blobs }
  const names = new Map<string, string[]>()
  for (const { path, isFolder } of entries) {
    const cut = path.lastIndexOf('/')
    const folder = path.slice(0, Math.max(cut, 0))
    if (isFolder) continue
    const known = names.get(folder)
    if (known === undefined) names.set(folder, [path.slice(cut + 1)])
    else known.push(path.slice(cut + 1))
  }
  const roots = [...names].filter(([, files]) => isTreeRoot(files)).map(([folder]) => folder)
  const outermost = roots.filter((root) => !roots.some((other) => other !== root && isBelow(root, other)))
  const trees = outermost.map((root): FoundTree => ({
    name: root === '' ? '.' : root,
    title: '',
    isDefault: false,
    blob: () =>
      treeOfFiles(
        entries.flatMap((entry) =>
          isBelow(entry.path, root) ? [{ ...entry, path: entry.path.slice(root === '' ? 0 : root.length + 1) }] : [],
        ),
        file,
      ),
  }))
  return { what, trees }
}

/** What a recording keeps of a running board. */
const isRunning = (path: string): boolean => /(^|\/)fdt(\.dtb)?$/.test(path)

const isBelow = (path: string, folder: string): boolean => folder === '' || path.startsWith(`${folder}/`)
