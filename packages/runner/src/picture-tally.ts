// Pictures that came to the end of a pipeline, and whether every byte of them was right.
import type { Delivery } from '@dmalab/api'

export class PictureTally {
  delivered = 0
  intact = 0
  /** Bytes that differed, by frame, over all consumers. */
  readonly wrong: Map<number, number> = new Map()
  /** Ends of the pipeline that have had a frame. */
  private readonly seen = new Map<number, number>()

  count(deliveries: readonly Delivery[]): void {
    for (const { frame, wrong } of deliveries) this.wrong.set(frame, (this.wrong.get(frame) ?? 0) + wrong)
  }

  /** A frame came to one of so many ends; it is delivered with the last. */
  arrived(frame: number, ends: number): void {
    const seen = (this.seen.get(frame) ?? 0) + 1
    this.seen.set(frame, seen)
    if (seen < ends) return
    this.delivered++
    if ((this.wrong.get(frame) ?? 0) === 0) this.intact++
  }
}
