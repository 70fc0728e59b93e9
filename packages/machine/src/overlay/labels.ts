// References of an overlay to labels of the board (`&i2c1`), which the board's __symbols__ resolve.
import { childOf, nodeAt, phandleNumber, propertyOf, textOf, type EditNode } from '../fdt/edit.ts'
import { latin1 } from '../fdt/node.ts'
import { setCell } from './phandles.ts'
import { refuseOverlay } from './refuse.ts'

const WITH_SYMBOLS =
  'compile the tree of the board with its labels: dtc -@, in a kernel tree DTC_FLAGS=-@ make dtbs (the blob that a boot loader loads often has them)'

/** Labels that a message names. */
const LISTED = 8

/** Models: libfdt 1.8.1 fdt_overlay.c: overlay_fixup_phandles */
export function resolveLabels(base: EditNode, overlay: EditNode, names: { file: string; base: string }): void {
  const fixups = childOf(overlay, '__fixups__')
  if (fixups === undefined || fixups.properties.length === 0) return
  const symbols = childOf(base, '__symbols__')
  const wanted = fixups.properties.map(({ name }) => name)
  if (symbols === undefined)
    return refuseOverlay(
      names.file,
      'NOTFOUND',
      `it refers to ${listed(wanted)}, and ${names.base} has no labels (__symbols__)`,
      WITH_SYMBOLS,
    )
  const missing = wanted.filter((label) => propertyOf(symbols, label) === undefined)
  if (missing.length > 0)
    refuseOverlay(
      names.file,
      'NOTFOUND',
      `${names.base} has no label ${listed(missing)}`,
      'the overlay is for another board or release, or needs another overlay before it',
    )
  for (const { name, value } of fixups.properties) {
    const path = textOf(propertyOf(symbols, name)?.value ?? new Uint8Array())
    const target = nodeAt(base, path)
    const phandle = target === undefined ? 0 : phandleNumber(target)
    if (phandle === 0)
      refuseOverlay(names.file, 'NOTFOUND', `label ${name} of ${names.base} leads to no node with a phandle`)
    for (const place of stringsOf(value)) setReference(overlay, place, phandle, names.file)
  }
}

/** `/fragment@0:target:0`: node, property and byte of a reference. Models: libfdt 1.8.1 fdt_overlay.c: overlay_fixup_phandle */
function setReference(overlay: EditNode, place: string, phandle: number, file: string): void {
  const [, path, name, byte] = /^([^:]+):([^:]+):(\d+)$/.exec(place) ?? []
  const node = path === undefined ? undefined : nodeAt(overlay, path)
  const property = node === undefined || name === undefined ? undefined : propertyOf(node, name)
  if (property === undefined || Number(byte) + 4 > property.value.length)
    return refuseOverlay(file, 'BADOVERLAY', `__fixups__ names ${place}, which is not there`)
  setCell(property.value, Number(byte), phandle)
}

const listed = (labels: readonly string[]): string =>
  `${labels
    .slice(0, LISTED)
    .map((label) => `&${label}`)
    .join(', ')}${labels.length > LISTED ? ` and ${labels.length - LISTED} more` : ''}`

function stringsOf(value: Uint8Array): readonly string[] {
  return latin1(value, 0, value.length).replace(/\0$/, '').split('\0')
}
