// The fragments of an overlay: what each changes, and where.
import { childOf, everyNode, nodeAt, phandleNumber, propertyOf, textOf, type EditNode } from '../fdt/edit.ts'
import { cellAt } from '../fdt/node.ts'
import type { Fdt } from '../fdt/parse.ts'

export interface Fragment {
  /** Where `target` or `target-path` stand. */
  readonly node: EditNode
  /** `__overlay__`. */
  readonly content: EditNode
}

/** A board has CPUs, whatever else it holds; an overlay has fragments. */
export const isOverlay = ({ root }: Fdt): boolean =>
  root.children.some((child) => child.children.some(({ name }) => name === '__overlay__')) &&
  !root.children.some(({ name }) => name === 'cpus')

export const fragmentsOf = (overlay: EditNode): readonly Fragment[] =>
  overlay.children.flatMap((node) => {
    const content = childOf(node, '__overlay__')
    return content === undefined ? [] : [{ node, content }]
  })

/**
 * The node that a fragment changes, and how the fragment names it.
 * Models: libfdt 1.8.1 fdt_overlay.c: fdt_overlay_target_offset
 */
export function targetOf(base: EditNode, { node }: Fragment): { node: EditNode | undefined; words: string } {
  const target = propertyOf(node, 'target')?.value
  const phandle = target?.length === 4 ? cellAt(target, 0) : 0
  if (phandle > 0) return { node: byPhandle(base, phandle), words: `with the phandle 0x${phandle.toString(16)}` }
  const path = propertyOf(node, 'target-path')
  if (path === undefined) return { node: undefined, words: '(it has neither target nor target-path)' }
  return { node: nodeAt(base, textOf(path.value)), words: textOf(path.value) }
}

const byPhandle = (base: EditNode, phandle: number): EditNode | undefined => {
  for (const node of everyNode(base)) if (phandleNumber(node) === phandle) return node
  return undefined
}

/** What an overlay changes, as its author wrote it: `&cma, /`. */
export function targetsOf({ root }: Fdt): readonly string[] {
  const labels = new Map<string, string>()
  const fixups = root.children.find(({ name }) => name === '__fixups__')
  for (const { name } of fixups?.properties ?? [])
    for (const place of fixups?.strings(name) ?? []) {
      const [path = '', property] = place.split(':')
      if (property === 'target') labels.set(path, `&${name}`)
    }
  return root.children
    .filter((node) => node.children.some(({ name }) => name === '__overlay__'))
    .map((node) => labels.get(node.path) ?? node.string('target-path') ?? node.name)
}
