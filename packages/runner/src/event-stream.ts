// The one stream of events of a laboratory. No event is built that has no listener.
import type { Detail, Event, EventBody, EventName, MappingSink, NumberListener } from '@dmalab/api'

/** No task: the kernel's own. */
const NO_PID = -1
const RANK: Readonly<Record<Detail, number>> = { op: 0, list: 1, page: 2, line: 3 }

type MapName = Parameters<MappingSink['emitMap']>[0]
type UnmapName = Parameters<MappingSink['emitUnmap']>[0]

export class EventStream implements MappingSink {
  private readonly listeners: { readonly detail: Detail; readonly take: (event: Event) => void }[] = []
  /** Those that may take an event as numbers. */
  private readonly numberListeners: NumberListener[] = []
  /** The one that listens, where there is one alone, and it may take numbers: the checker. */
  private only: NumberListener | undefined
  private detail = -1
  heard = false
  private step = 0

  wants(detail: Detail): boolean {
    // Asked several times a mapping: the two common questions are compared by name.
    if (detail === 'op') return this.detail >= RANK.op
    return detail === 'page' ? this.detail >= RANK.page : this.detail >= RANK[detail]
  }

  emit(event: EventBody): void {
    if (this.detail < 0) return
    const at = this.step
    let stamped: Event | undefined
    for (const listener of this.listeners) listener.take((stamped ??= { at, ...event }))
    for (const listener of this.numberListeners)
      if (!listener.onName(event.event, at, 1)) listener.onEvent((stamped ??= { at, ...event }))
  }

  emitMap(
    event: MapName,
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    physAddr: number,
  ): void {
    if (this.only?.onMap(event, device, dmaAddr, size, dir, attrs, physAddr, this.step, NO_PID) === true) return
    if (this.heard) this.tellMap(event, device, dmaAddr, size, dir, attrs, physAddr)
  }

  /** As numbers to who may take them, else as an event. A method of its own: emitMap is short enough to become part of its caller. */
  private tellMap(
    event: MapName,
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    physAddr: number,
  ): void {
    const at = this.step
    let made: Event | undefined
    for (const listener of this.numberListeners) {
      if (listener !== this.only && listener.onMap(event, device, dmaAddr, size, dir, attrs, physAddr, at, NO_PID))
        continue
      made ??= { at, event, device, dir, dmaAddr, size, attrs, physAddr }
      listener.onEvent(made)
    }
    if (this.listeners.length === 0) return
    made ??= { at, event, device, dir, dmaAddr, size, attrs, physAddr }
    for (const listener of this.listeners) listener.take(made)
  }

  emitUnmap(event: UnmapName, device: string, dmaAddr: number, size: number, dir: number, attrs: number): void {
    if (this.only?.onUnmap(event, device, dmaAddr, size, dir, attrs, this.step) === true) return
    if (this.heard) this.tellUnmap(event, device, dmaAddr, size, dir, attrs)
  }

  /** As tellMap(). */
  private tellUnmap(event: UnmapName, device: string, dmaAddr: number, size: number, dir: number, attrs: number): void {
    const at = this.step
    let made: Event | undefined
    for (const listener of this.numberListeners) {
      if (listener !== this.only && listener.onUnmap(event, device, dmaAddr, size, dir, attrs, at)) continue
      made ??= { at, event, device, dir, dmaAddr, size, attrs }
      listener.onEvent(made)
    }
    if (this.listeners.length === 0) return
    made ??= { at, event, device, dir, dmaAddr, size, attrs }
    for (const listener of this.listeners) listener.take(made)
  }

  tellName(name: EventName, count: number): boolean {
    return this.only === undefined ? !this.heard : this.only.onName(name, this.step, count)
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

  /** As listen('op', listener.onEvent), for one that takes the commonest events as numbers. */
  listenInNumbers(listener: NumberListener): () => void {
    this.numberListeners.push(listener)
    this.update()
    return () => {
      const index = this.numberListeners.indexOf(listener)
      if (index >= 0) this.numberListeners.splice(index, 1)
      this.update()
    }
  }

  private update(): void {
    const least = this.numberListeners.length > 0 ? RANK.op : -1
    this.only = this.listeners.length === 0 && this.numberListeners.length === 1 ? this.numberListeners[0] : undefined
    this.detail = Math.max(least, ...this.listeners.map((listener) => RANK[listener.detail]))
    this.heard = this.detail >= RANK.op
  }
}
