import { startRow } from '../machines/start-machine.mjs'

/** As exploration does. */
export const row = startRow('machine-reset', 'start the same machine again', 'reset', 5000, (lab) => {
  lab.reset()
  return lab
})
