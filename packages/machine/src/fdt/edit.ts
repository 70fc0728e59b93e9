// A device tree that can be changed: nodes own their values. Where libfdt puts something new, it goes here too, so that both write the same tree.
import { cellAt, type FdtNode, latin1 } from './node.ts'
import type { Fdt } from './parse.ts'

export interface EditProperty {
  readonly name: string
  value: Uint8Array
}

export interface EditNode {
  readonly name: string
  readonly parent: EditNode | undefined
  readonly properties: EditProperty[]
  readonly children: EditNode[]
}

export const newNode = (name: string, parent: EditNode | undefined): EditNode => ({
  name,
  parent,
  properties: [],
  children: [],
})

export function editable({ root, nodes }: Fdt): EditNode {
  const copies = new Map<FdtNode, EditNode>()
  for (const node of nodes) {
    const parent = node.parent === undefined ? undefined : copies.get(node.parent)
    const copy = newNode(node.name, parent)
    for (const property of node.properties)
      copy.properties.push({ name: property.name, value: node.valueOf(property).slice() })
    parent?.children.push(copy)
    copies.set(node, copy)
  }
  return copies.get(root) ?? newNode('', undefined)
}

export const propertyOf = (node: EditNode, name: string): EditProperty | undefined =>
  node.properties.find((property) => property.name === name)

export const textOf = (value: Uint8Array): string => {
  const nul = value.indexOf(0)
  return latin1(value, 0, nul < 0 ? value.length : nul)
}

/** Models: libfdt 1.8.1 fdt_rw.c: fdt_setprop, fdt_add_property_ */
export function setProperty(node: EditNode, name: string, value: Uint8Array): void {
  const known = propertyOf(node, name)
  if (known === undefined) node.properties.unshift({ name, value })
  else known.value = value
}

/** A name without unit address finds a node that has one. Models: libfdt 1.8.1 fdt_ro.c: fdt_nodename_eq_ */
export const childOf = (node: EditNode, name: string): EditNode | undefined =>
  node.children.find(
    (child) =>
      child.name === name || (!name.includes('@') && child.name.startsWith(name) && child.name[name.length] === '@'),
  )

/** Models: libfdt 1.8.1 fdt_rw.c: fdt_add_subnode_namelen */
export function childMade(node: EditNode, name: string): EditNode {
  const known = childOf(node, name)
  if (known !== undefined) return known
  const child = newNode(name, node)
  node.children.unshift(child)
  return child
}

/** A path, or an alias with more of a path behind it. Models: libfdt 1.8.1 fdt_ro.c: fdt_path_offset_namelen */
export function nodeAt(root: EditNode, path: string): EditNode | undefined {
  const [first = '', ...rest] = path.split('/')
  let from: EditNode | undefined = root
  if (first !== '') {
    const alias = propertyOf(childOf(root, 'aliases') ?? root, first)
    const target = alias === undefined ? '' : textOf(alias.value)
    from = target.startsWith('/') ? nodeAt(root, target) : undefined
  }
  for (const name of rest) if (name !== '' && from !== undefined) from = childOf(from, name)
  return path === '' ? undefined : from
}

export function pathTo(node: EditNode): string {
  const names: string[] = []
  for (let at = node; at.parent !== undefined; at = at.parent) names.push(at.name)
  return `/${names.toReversed().join('/')}`
}

/** Every node, depth first, without recursion. */
export function* everyNode(root: EditNode): Generator<EditNode> {
  const open = [root]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node
    open.push(...node.children.toReversed())
  }
}

/** 0: none. Models: libfdt 1.8.1 fdt_ro.c: fdt_get_phandle */
export function phandleNumber(node: EditNode): number {
  for (const name of PHANDLES) {
    const value = propertyOf(node, name)?.value
    if (value?.length === 4) return cellAt(value, 0)
  }
  return 0
}

export const PHANDLES = ['phandle', 'linux,phandle'] as const
