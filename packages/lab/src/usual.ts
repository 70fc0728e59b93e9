// What is usual with a user, asked for where neither the words of a request nor its work says otherwise.
import type { ArchName, BoardSpec } from '@dmalab/api'

export interface Usual {
  /** The board of work that names none. */
  readonly board: () => Promise<BoardSpec | undefined>
  /** The kernel of a board of this architecture. */
  readonly kernel: (arch: ArchName) => string | undefined
  /** Memory of a device tree that states none. */
  readonly memory: () => readonly string[] | undefined
}

export const NOTHING_USUAL: Usual = {
  board: () => Promise.resolve(undefined),
  kernel: () => undefined,
  memory: () => undefined,
}
