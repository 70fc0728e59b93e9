// The door for the tree of a board: an overlay is a change to one, and never taken for it.
import { InputError } from '@dmalab/api'
import type { Fdt } from '../fdt/parse.ts'
import { readFdt } from '../fdt/read.ts'
import { isOverlay, targetsOf } from './fragments.ts'

/** Targets that a message names. */
const LISTED = 6

/** @throws InputError as readFdt does, and for an overlay, with what it changes and how it is given */
export function readBoardTree(blob: Uint8Array, file: string): Fdt {
  const fdt = readFdt(blob, file)
  if (!isOverlay(fdt)) return fdt
  const targets = targetsOf(fdt)
  const more = targets.length > LISTED ? ` and ${targets.length - LISTED} more` : ''
  const changes = targets.slice(0, LISTED).map(printable).join(', ')
  throw new InputError(
    `this is a device tree overlay, not a board: it changes ${changes}${more}`,
    { file },
    `give the tree of the board, and this with --overlay: board.dtb --overlay ${file}`,
  )
}

const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 80)
