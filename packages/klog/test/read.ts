// Reads a log in one go.
import type { KlogReport } from '@dmalab/api'
import { createKlogReader } from '../src/index.ts'

export const read = (log: string | Uint8Array): KlogReport => {
  const reader = createKlogReader()
  reader.push(log)
  return reader.end()
}
