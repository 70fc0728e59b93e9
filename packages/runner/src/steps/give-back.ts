// Gives back everything that steps left, as drivers and tasks do when they end in good order: what is still lent then was lost.
import { giveAddressesBack } from './iova-steps.ts'
import type { LabBuffer } from './lab-buffer.ts'
import { unmap } from './mapping-steps.ts'
import { free } from './memory-steps.ts'
import { detach } from './share-steps.ts'
import type { StepContext } from './step-context.ts'

/** The newest first: lists before what they are made of, mappings before attachments. The files of the task are closed already. */
export const giveBack = (c: StepContext): void => {
  const buffers = [...c.buffers.values()].toReversed()
  for (const buffer of buffers) unmapAll(c, buffer, false)
  for (const buffer of buffers) {
    for (const importer of buffer.importers.values()) giveAddressesBack(c, importer)
    unmapAll(c, buffer, true)
    for (const [device, { attachment }] of [...buffer.importers].toReversed())
      if (attachment !== null) detach(c, { do: 'detach', buffer: buffer.name, device })
  }
  for (const buffer of buffers) freeOnce(c, buffer)
}

/** Mappings of tables that are the importer's own, or of tables that other importers lent it. */
const unmapAll = (c: StepContext, { name, importers }: LabBuffer, own: boolean): void => {
  for (const [device, { table, single, ownsTable }] of [...importers].toReversed())
    if (ownsTable === own && (table !== null || single !== null)) unmap(c, { do: 'unmap', buffer: name, device })
}

const freeOnce = (c: StepContext, buffer: LabBuffer): void => {
  if (buffer.freed) return
  if (buffer.memory.kind === 'memfd') c.lab.userFree(buffer.memory.mapping)
  else free(c, buffer)
}
