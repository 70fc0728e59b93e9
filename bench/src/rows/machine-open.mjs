import { startRow } from '../machines/start-machine.mjs'

/** As runs do, one after the other: the engine of the one before is handed on. */
export const row = startRow('machine-open', 'close a machine, and open one', 'opened', 2000, (lab, open) => {
  lab.close()
  return open()
})
