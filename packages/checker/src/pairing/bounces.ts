// Bounced mappings that nobody copies again: swiotlb copies at map and unmap, and in between only at a sync.
import { ATTR, finding, has, type Event, type ReportFinding } from '@dmalab/api'
import { named } from '../dma-debug/describe.ts'
import type { Mapping } from '../dma-debug/entry.ts'

type BounceEvent = Extract<Event, { event: 'swiotlb_bounced' }>

/** Bounces that wait for the event of their mapping; a failed one never gets it. */
const WAITING = 4096

/**
 * dma-buf importers map once and stream many frames with SKIP_CPU_SYNC. Behind swiotlb each frame after the first is then the first
 * one again: nothing copies it.
 */
export class Bounces {
  readonly #report: ReportFinding
  /** Device and address as swiotlb printed it -> size. */
  readonly #waiting = new Map<string, number>()

  constructor(report: ReportFinding) {
    this.#report = report
  }

  bounced(event: BounceEvent): void {
    this.#waiting.set(`${event.device} ${event.devAddr}`, event.size)
    if (this.#waiting.size > WAITING) this.#waiting.delete(this.#waiting.keys().next().value ?? '')
  }

  opened(mapping: Mapping): void {
    if (mapping.kind === 'coherent' || this.#waiting.size === 0) return
    for (const physAddr of mapping.list?.physAddrs ?? [mapping.physAddr])
      if (this.#waiting.delete(`${mapping.device} ${physAddr}`)) mapping.bounced = true
  }

  closed(mapping: Mapping, at: number): void {
    if (!mapping.bounced || mapping.synced || !has(mapping.attrs, ATTR.SKIP_CPU_SYNC)) return
    this.#report(
      finding(
        'bounce-without-sync',
        `${mapping.device}: ${named(mapping)} was bounced and mapped with SKIP_CPU_SYNC, and never synced: what was written later did not cross`,
        { device: mapping.device, evidence: [mapping.at, at] },
      ),
    )
  }
}
