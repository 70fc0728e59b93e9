// A device tree with overlays laid over it, as a boot loader does it before the kernel starts.
import { InputError } from '@dmalab/api'
import { childMade, childOf, editable, pathTo, propertyOf, setProperty, textOf, type EditNode } from '../fdt/edit.ts'
import { readFdt } from '../fdt/read.ts'
import { writeFdt } from '../fdt/write.ts'
import { fragmentsOf, isOverlay, targetOf, type Fragment } from './fragments.ts'
import { keepBasePhandles, shiftPhandles } from './phandles.ts'
import { refuseOverlay } from './refuse.ts'
import { resolveLabels } from './labels.ts'

/** An overlay (.dtbo), and its name in messages. */
export interface OverlayFile {
  readonly file: string
  readonly content: Uint8Array
}

/**
 * The tree that the overlays make of `base`, in their order.
 * @throws InputError for what is not an overlay, and for one that does not fit the tree
 */
export function withOverlays(base: Uint8Array, file: string, overlays: readonly OverlayFile[]): Uint8Array {
  if (overlays.length === 0) return base
  const { reservations, header, ...fdt } = readFdt(base, file)
  const root = editable({ ...fdt, reservations, header })
  for (const overlay of overlays) applyOverlay(root, file, overlay)
  return writeFdt(root, { reservations, bootCpu: header.boot_cpuid_phys })
}

/** Deeper than any overlay, and far from what a stack holds. */
const DEEPEST = 256

/** Models: libfdt 1.8.1 fdt_overlay.c: fdt_overlay_apply */
function applyOverlay(base: EditNode, baseFile: string, { file, content }: OverlayFile): void {
  const fdt = readFdt(content, file)
  if (!isOverlay(fdt))
    throw new InputError(
      'this is not a device tree overlay: no node of it has an __overlay__',
      { file },
      'a whole tree is given as the board; an overlay is compiled from source with /plugin/ (.dtbo)',
    )
  if (fdt.nodes.some(({ depth }) => depth > DEEPEST))
    throw new InputError(`nodes are nested more than ${DEEPEST} deep`, { file })
  const overlay = editable(fdt)
  shiftPhandles(base, overlay, file)
  resolveLabels(base, overlay, { file, base: baseFile })
  const fragments = fragmentsOf(overlay)
  keepBasePhandles(base, overlay, fragments)
  for (const fragment of fragments) merge(targetIn(base, fragment, file), fragment.content)
  takeSymbols(base, overlay, fragments, file)
}

/** Models: libfdt 1.8.1 fdt_overlay.c: overlay_apply_node */
function merge(target: EditNode, from: EditNode): void {
  for (const { name, value } of from.properties) setProperty(target, name, value)
  for (const child of from.children) merge(childMade(target, child.name), child)
}

function targetIn(base: EditNode, fragment: Fragment, file: string): EditNode {
  const { node, words } = targetOf(base, fragment)
  return node ?? refuseOverlay(file, 'NOTFOUND', `/${fragment.node.name}: the board has no node ${words}`)
}

/** Labels of the overlay, for those behind it. Models: libfdt 1.8.1 fdt_overlay.c: overlay_symbol_update */
function takeSymbols(base: EditNode, overlay: EditNode, fragments: readonly Fragment[], file: string): void {
  const symbols = childOf(overlay, '__symbols__')
  if (symbols === undefined) return
  const known = childMade(base, '__symbols__')
  for (const { name, value } of symbols.properties) {
    const path = textOf(value)
    if (path.length + 1 !== value.length || !path.startsWith('/'))
      refuseOverlay(file, 'BADVALUE', `/__symbols__ ${name} is not a path`)
    const [, fragmentName = '', content, ...rest] = path.split('/')
    // What lies beside the fragments does not get into the tree.
    if (content !== '__overlay__') continue
    const fragment = fragments.find(({ node }) => node === childOf(overlay, fragmentName))
    if (fragment === undefined) return refuseOverlay(file, 'BADOVERLAY', `/__symbols__ ${name} is in no fragment`)
    const given =
      propertyOf(fragment.node, 'target') === undefined ? propertyOf(fragment.node, 'target-path') : undefined
    const target = given === undefined ? pathTo(targetIn(base, fragment, file)) : textOf(given.value)
    setProperty(known, name, latin1Bytes(`${target.length > 1 ? target : ''}/${rest.join('/')}\0`))
  }
}

const latin1Bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))
