// A log in memory through reader and checker.
import { createChecker, type CheckerOptions, type CheckReport } from '@dmalab/checker'
import { createReader } from '@dmalab/trace'

export const checkText = (log: string | Uint8Array, options: CheckerOptions = {}): CheckReport => {
  const checker = createChecker(options)
  const reader = createReader({ onEvent: (event) => checker.onEvent(event) })
  reader.push(typeof log === 'string' ? Buffer.from(log, 'latin1') : log)
  reader.end()
  return checker.finish()
}
