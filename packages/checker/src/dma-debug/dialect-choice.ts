// Whose dma-debug a stream is compared with: the one that a session names, the release that a log names, or what the events prove.
import { KERNEL_TEXTS, nearestRelease, TRACE_RELEASES, type Event, type EventName, type KernelText } from '@dmalab/api'

/** A log that names no kernel: its first possible release, and the newest one once events show that it is not so old. */
const [FIRST_TRACED] = TRACE_RELEASES
const NEWEST: KernelText = KERNEL_TEXTS.at(-1) ?? FIRST_TRACED

export class DialectChoice {
  #release: KernelText
  /** The release was given, or the stream named it: events prove nothing more. */
  #settled: boolean
  /** A release that the stream names and whose dma-debug is not known: the nearest earlier one stands for it. */
  unknownRelease: string | undefined

  constructor(given: KernelText | 'auto' = 'auto') {
    this.#settled = given !== 'auto'
    this.#release = given === 'auto' ? FIRST_TRACED : given
  }

  get release(): KernelText {
    return this.#release
  }

  see(event: Event): void {
    if (this.#settled) return
    if (event.event === 'session') this.#named(event.dmaDebug)
    else if (event.event === 'kernel_release') this.#named(event.release)
    else this.seeName(event.event)
  }

  /** An event of this name came by. */
  seeName(name: EventName): void {
    if (!this.#settled && (name === 'dma_map_phys' || name === 'dma_unmap_phys')) this.#release = NEWEST
  }

  #named(release: string): void {
    const nearest = nearestRelease(KERNEL_TEXTS, release)
    this.#release = nearest?.release ?? this.#release
    this.#settled = nearest !== undefined
    this.unknownRelease = nearest?.exact === true ? undefined : release
  }
}
