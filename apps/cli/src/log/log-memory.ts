// Memory for the buffers of a log: where the log has them, or elsewhere on a board that has nothing ordinary there.
import { InputError, type Lab, pageAlign, PAGE_SIZE, phys, type PhysAddr, type UserMapping } from '@dmalab/api'

/** Where a buffer of the log lies in the model; `moved` is what was taken for it instead of the log's own place. */
export interface LogBuffer {
  readonly at: PhysAddr
  readonly moved: UserMapping | undefined
}

export class LogMemory {
  /** Buffers that could not stay where they were. */
  moved = 0
  readonly #lab: Lab

  constructor(lab: Lab) {
    this.#lab = lab
  }

  /** @throws InputError when the board has no memory left */
  at(at: number, len: number): LogBuffer {
    const { memory, reserved } = this.#lab.machine
    const inside = memory.some(({ base, len: size }) => at >= base && at + len <= base + size)
    const taken = reserved.some(({ base, len: size }) => at < base + size && base < at + len)
    if (inside && !taken) return { at: phys(at), moved: undefined }
    const offset = at % PAGE_SIZE
    const got = this.#lab.userAlloc(pageAlign(offset + Math.max(len, 1)), 'replay')
    if (!got.ok) throw new InputError(`the board has no ${len} bytes left for a buffer of the log: ${got.why}`)
    this.moved += 1
    return { at: phys(got.value.phys + offset), moved: got.value }
  }

  giveBack(...moved: readonly (UserMapping | undefined)[]): void {
    for (const one of moved) if (one !== undefined) this.#lab.userFree(one)
  }
}
