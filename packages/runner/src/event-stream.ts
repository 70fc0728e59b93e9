// The one stream of events of a laboratory. No event is built that has no listener.
import type { Detail, Event, EventBody, EventSink } from '@dmalab/api'

const RANK: Readonly<Record<Detail, number>> = { op: 0, list: 1, page: 2, line: 3 }

export class EventStream implements EventSink {
  private readonly listeners: { readonly detail: Detail; readonly take: (event: Event) => void }[] = []
  private detail = -1
  private step = 0

  wants(detail: Detail): boolean {
    return this.detail >= 0 && RANK[detail] <= this.detail
  }

  emit(event: EventBody): void {
    if (this.detail < 0) return
    const stamped: Event = { at: this.step, ...event }
    for (const listener of this.listeners) listener.take(stamped)
  }

  /** The machine starts again: events that follow come before any step. Listeners stay. */
  restart(): void {
    this.step = 0
  }

  /** Events that follow belong to the next step. */
  nextStep(): void {
    this.step++
  }

  /** Listens to everything up to `detail`; returns how to stop. */
  listen(detail: Detail, take: (event: Event) => void): () => void {
    const listener = { detail, take }
    this.listeners.push(listener)
    this.update()
    return () => {
      const index = this.listeners.indexOf(listener)
      if (index >= 0) this.listeners.splice(index, 1)
      this.update()
    }
  }

  private update(): void {
    this.detail = Math.max(-1, ...this.listeners.map((listener) => RANK[listener.detail]))
  }
}
