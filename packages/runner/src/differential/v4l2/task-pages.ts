// Pages that the program's task has of its own.
import {
  InputError,
  type Lab,
  PAGE_SIZE,
  pageAlign,
  pagesFor,
  type Pfn,
  pfnOf,
  phys,
  type UserMapping,
} from '@dmalab/api'

export class TaskPages {
  private readonly lab: Lab
  private readonly taken: UserMapping[] = []

  constructor(lab: Lab) {
    this.lab = lab
  }

  /** Memory in one piece, or in single pages that do not follow each other. @throws InputError for more than the machine has */
  pages(size: number, onePiece: boolean): UserMapping {
    const len = pageAlign(size)
    if (onePiece) return this.take(len)
    const frames: Pfn[] = []
    for (let i = 0; i < pagesFor(len); i++) {
      frames.push(pfnOf(this.take(PAGE_SIZE).phys))
      this.take(PAGE_SIZE)
    }
    const [first = 0 as Pfn] = frames
    return { phys: phys(first * PAGE_SIZE), len, kind: 'cached', pages: frames }
  }

  free(): void {
    for (const memory of this.taken.splice(0)) this.lab.userFree(memory)
  }

  private take(len: number): UserMapping {
    const memory = this.lab.userAlloc(len, 'task')
    if (!memory.ok) throw new InputError(`more memory than the machine of these records has: ${memory.why}`)
    this.taken.push(memory.value)
    return memory.value
  }
}
