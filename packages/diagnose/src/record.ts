// The script that collects on a board what `diagnose` and `run --bundle` read.
import { RECORD } from './generated/record.ts'

const DEFAULT = 'REDACT=yes # dmalab: redact\n'

interface RecordOptions {
  /** What the script does unless it is told otherwise: leave out serial numbers, MAC and IP addresses, host and user names. */
  readonly redact: boolean
}

/** A script for any POSIX shell, busybox included. */
export const recordScript = ({ redact }: RecordOptions): string =>
  RECORD.replace(DEFAULT, `REDACT=${redact ? 'yes' : 'no'}\n`)
