// Memory for the buffers of a log: the very pages it names where the board has them free, other pages where not.
import { InputError, type Lab, PAGE_SIZE, pageAlign, phys, type PhysAddr, type UserMapping } from '@dmalab/api'

export interface Place {
  readonly at: PhysAddr
  /** Memory that stands for pages which the board lacks, or which its kernel has for itself. */
  readonly moved: UserMapping | undefined
}

export class LogMemory {
  readonly #lab: Lab
  readonly #claimed = new Set<number>()
  /** Buffers that got other memory. */
  moved = 0

  constructor(lab: Lab) {
    this.#lab = lab
  }

  /** @throws InputError when the board has no memory left */
  place(at: number, len: number): Place {
    if (this.#claim(at, len)) return { at: phys(at), moved: undefined }
    const offset = at % PAGE_SIZE
    const got = this.#lab.userAlloc(pageAlign(offset + Math.max(len, 1)), 'replay')
    if (!got.ok) throw new InputError(`the board has no ${len} bytes left for a buffer of the log: ${got.why}`)
    this.moved += 1
    return { at: phys(got.value.phys + offset), moved: got.value }
  }

  giveBack(...places: readonly Pick<Place, 'moved'>[]): void {
    for (const { moved } of places) if (moved !== undefined) this.#lab.userFree(moved)
  }

  /** Pages stay claimed: a log uses them again and again, and no buffer that was moved may lie there meanwhile. */
  #claim(at: number, len: number): boolean {
    const first = Math.floor(at / PAGE_SIZE)
    const last = Math.floor((at + Math.max(len, 1) - 1) / PAGE_SIZE)
    for (let page = first; page <= last; page += 1) {
      if (this.#claimed.has(page)) continue
      if (!this.#lab.userClaim(phys(page * PAGE_SIZE), PAGE_SIZE, 'replay').ok) return false
      this.#claimed.add(page)
    }
    return true
  }
}
