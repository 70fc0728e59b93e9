// Phandles of an overlay: moved behind those of the board, except where the board's node has one already.
import { childOf, everyNode, PHANDLES, phandleNumber, propertyOf, setProperty, type EditNode } from '../fdt/edit.ts'
import { cellAt, cellsOf } from '../fdt/node.ts'
import { targetOf, type Fragment } from './fragments.ts'
import { refuseOverlay } from './refuse.ts'

const LAST = 0xffff_fffe

/** Models: libfdt 1.8.1 fdt_overlay.c: overlay_adjust_local_phandles, overlay_update_local_references */
export function shiftPhandles(base: EditNode, overlay: EditNode, file: string): void {
  let delta = 0
  for (const node of everyNode(base)) {
    const phandle = phandleNumber(node)
    if (phandle <= LAST) delta = Math.max(delta, phandle)
  }
  for (const node of everyNode(overlay))
    for (const name of PHANDLES) {
      const property = propertyOf(node, name)
      if (property === undefined) continue
      if (property.value.length !== 4) refuseOverlay(file, 'BADPHANDLE', `${name} of ${node.name} is not one cell`)
      const moved = cellAt(property.value, 0) + delta
      if (moved > LAST) refuseOverlay(file, 'NOPHANDLES', `no phandle is left for ${node.name}`)
      property.value = cell(moved)
    }
  forEachLocal(overlay, file, (value, at) => {
    setCell(value, at, (cellAtByte(value, at) + delta) % 2 ** 32)
  })
}

/**
 * Where the board's node has a phandle, the overlay's references follow it.
 * Models: libfdt 1.8.1 fdt_overlay.c: overlay_prevent_phandle_overwrite
 */
export function keepBasePhandles(base: EditNode, overlay: EditNode, fragments: readonly Fragment[]): void {
  const kept = new Map<number, number>()
  const visit = (target: EditNode, from: EditNode): void => {
    const [own, theirs] = [phandleNumber(target), phandleNumber(from)]
    if (own > 0 && theirs > 0) {
      for (const name of PHANDLES) if (propertyOf(from, name) !== undefined) setProperty(from, name, cell(own))
      kept.set(theirs, own)
    }
    for (const child of from.children) {
      const known = childOf(target, child.name)
      if (known !== undefined) visit(known, child)
    }
  }
  for (const fragment of fragments) {
    const { node } = targetOf(base, fragment)
    if (node !== undefined) visit(node, fragment.content)
  }
  if (kept.size === 0) return
  forEachLocal(overlay, '', (value, at) => {
    const own = kept.get(cellAtByte(value, at))
    if (own !== undefined) setCell(value, at, own)
  })
}

/** Each place of the overlay that refers to a node of its own, as __local_fixups__ lists them. */
function forEachLocal(overlay: EditNode, file: string, change: (value: Uint8Array, at: number) => void): void {
  const fixups = childOf(overlay, '__local_fixups__')
  const open: (readonly [node: EditNode, fixups: EditNode])[] = fixups === undefined ? [] : [[overlay, fixups]]
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [node, places] = pair
    for (const { name, value } of places.properties) {
      const property = propertyOf(node, name)
      if (property === undefined || value.length % 4 !== 0)
        return refuseOverlay(
          file,
          'BADOVERLAY',
          `__local_fixups__ names ${name} of ${node.name || '/'}, which is not there`,
        )
      for (const at of cellsOf(value)) {
        if (at + 4 > property.value.length)
          refuseOverlay(file, 'BADOVERLAY', `__local_fixups__ names byte ${at} of ${name} of ${node.name || '/'}`)
        change(property.value, at)
      }
    }
    for (const child of places.children) {
      const known = childOf(node, child.name)
      if (known === undefined)
        return refuseOverlay(file, 'NOTFOUND', `__local_fixups__ names a node ${child.name}, which is not there`)
      open.push([known, child])
    }
  }
}

const cellAtByte = (value: Uint8Array, at: number): number => cellAt(value.subarray(at, at + 4), 0)

export function setCell(value: Uint8Array, at: number, word: number): void {
  new DataView(value.buffer, value.byteOffset, value.length).setUint32(at, word)
}

const cell = (word: number): Uint8Array => {
  const value = new Uint8Array(4)
  setCell(value, 0, word)
  return value
}
