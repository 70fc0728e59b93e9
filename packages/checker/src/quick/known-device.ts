// A device as the short way of pairing has it.
import type { DeviceMappings } from '../dma-debug/tracker.ts'
import type { History } from '../pairing/unexplained.ts'
import type { UndoneMappings } from './undone-mappings.ts'

export interface KnownDevice {
  readonly number: number
  readonly name: string
  readonly undone: UndoneMappings
  /** What the ledger has of it; undefined until it maps something. */
  ledger: DeviceMappings | undefined
  /** The task that mapped last. */
  pid: number
  /** The set of active devices that it is in. */
  active: ReadonlySet<string> | undefined
  history: History | undefined
}
