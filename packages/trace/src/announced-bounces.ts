// Which mappings swiotlb bounced: it announces pages before it looks for slots, and the event of the mapping follows, or none.
import type { Event, EventBase } from '@dmalab/api'

type Mapping = EventBase & { readonly device: string }

/** Devices and tasks remembered, and pages of each. */
const TASKS = 1024
const PAGES = 65_536

export class AnnouncedBounces {
  readonly #pages = new Map<string, Set<number>>()

  announce(event: Extract<Event, { event: 'swiotlb_bounced' }>): void {
    const key = taskOf(event)
    let pages = this.#pages.get(key)
    if (pages === undefined) this.#pages.set(key, (pages = new Set()))
    if (pages.size < PAGES) pages.add(event.devAddr)
    if (this.#pages.size > TASKS) for (const oldest of this.#pages.keys()) return void this.#pages.delete(oldest)
  }

  /** A task's next mapping for the device, also a refused one, takes all that was announced: what does not fit it was refused before. */
  take(event: Mapping, physAddrs: readonly number[]): boolean {
    if (this.#pages.size === 0) return false
    const key = taskOf(event)
    const pages = this.#pages.get(key)
    this.#pages.delete(key)
    return pages !== undefined && physAddrs.some((page) => pages.has(page))
  }
}

/** What an interrupt maps lies between the events of the task it interrupted, under the task's name. */
const taskOf = ({ device, pid, interrupt }: Mapping): string => `${device} ${pid} ${interrupt}`
