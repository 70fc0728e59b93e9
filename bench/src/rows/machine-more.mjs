import { startRow } from '../machines/start-machine.mjs'

/** Each has an engine of its own, and those before are left to the collector. */
export const row = startRow('machine-more', 'open one machine more', 'opened', 0, (_lab, open) => open())
