// Keeps what a laboratory tells while it runs, and how the CPU's cache holds its buffers, for people to look at.
import {
  type Event,
  type EventsView,
  type Lab,
  LINE_STATES,
  type LineSample,
  PAGE_SIZE,
  type PhysAddr,
} from '@dmalab/api'
import { BufferBook } from '@dmalab/report/view'

/** Events of a run that are kept. */
export const MOST_EVENTS = 200_000
/** Samples of cache lines of a run that are kept, and pieces of a buffer that are looked at. */
const MOST_SAMPLES = 20_000
const MOST_PIECES = 64
/** Bytes of a piece that are looked at. */
const MOST_BYTES = 64 * 2 ** 20

/** LINE_STATES by the bits of Lab.lineRuns. */
const STATE_OF_BITS = [0, 1, 0, 2, 0, 3]
/** Events that may leave the lines of a buffer otherwise than they were. */
const CHANGING = /^dma_(alloc|free|map|unmap|sync)|^pool_free|_access$/
const FOREIGN = LINE_STATES.indexOf('foreign')

export class RunRecorder {
  private readonly lab: Lab
  private readonly book = new BufferBook()
  private readonly events: Event[] = []
  private readonly lines: LineSample[] = []
  private readonly last = new Map<string, string>()
  private readonly owners = new Map<number, string | undefined>()
  private leftOut = 0

  constructor(lab: Lab) {
    this.lab = lab
    lab.listen('list', (event) => this.onEvent(event))
  }

  finish(name: string): EventsView {
    const { events, leftOut, lines, lab } = this
    return { name, events, leftOut, boot: lab.bootMemory, lines }
  }

  private onEvent(event: Event): void {
    if (this.events.length >= MOST_EVENTS) {
      this.leftOut++
      return
    }
    this.events.push(event)
    const { buffer } = this.book.onEvent(event)
    // It may have been another's before.
    if (event.event === 'dma_alloc' && event.physAddr !== undefined) this.owners.delete(event.physAddr)
    if (buffer === null || this.lines.length >= MOST_SAMPLES || !CHANGING.test(event.event)) return
    for (const { base, len } of this.book.piecesOf(buffer).slice(0, MOST_PIECES))
      this.sample(base, Math.min(len, MOST_BYTES))
  }

  private sample(base: number, len: number): void {
    const runs = this.runsOf(base, len)
    const key = `${base} ${len}`
    const text = runs.join(' ')
    if (this.last.get(key) === text) return
    this.last.set(key, text)
    this.lines.push({ event: this.events.length - 1, base, len, runs })
  }

  private runsOf(base: number, len: number): readonly number[] {
    const { lineSize } = this.lab.cache
    const isForeign = this.foreignIn(base, len)
    const runs: number[] = []
    const add = (lines: number, state: number): void => {
      if (runs.at(-1) === state) runs[runs.length - 2] = (runs.at(-2) ?? 0) + lines
      else runs.push(lines, state)
    }
    const held = this.lab.lineRuns(base as PhysAddr, len)
    let line = 0
    for (let i = 0; i < held.length; i += 2) {
      const [lines = 0, bits = 0] = held.slice(i, i + 2)
      const state = STATE_OF_BITS[bits] ?? 0
      if (isForeign === undefined) add(lines, state)
      else for (let n = 0; n < lines; n++) add(1, isForeign(base + (line + n) * lineSize) ? FOREIGN : state)
      line += lines
    }
    return runs
  }

  /** Does an address in the buffer belong to another owner than the buffer's first? Undefined: none does. */
  private foreignIn(base: number, len: number): ((at: number) => boolean) | undefined {
    const { mem } = this.lab
    const ownerAt = (at: number): string | undefined => mem.ownerAt(at as PhysAddr)
    if (!this.owners.has(base)) this.owners.set(base, ownerAt(base))
    const owner = this.owners.get(base)
    const isOther = (at: number): boolean => {
      const here = ownerAt(at)
      return here !== undefined && owner !== undefined && here !== owner
    }
    const middle = base + Math.floor(len / (2 * PAGE_SIZE)) * PAGE_SIZE
    return [base, middle, base + len - 1].some(isOther) ? isOther : undefined
  }
}
