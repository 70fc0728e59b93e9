// How long the entries of a mapped list are. A log prints the lengths of the device's side only.
import type { Event } from '@dmalab/api'

type MapSg = Extract<Event, { event: 'dma_map_sg' }>
type IommuMap = Extract<Event, { event: 'map' }>

/** Page table updates between two mappings that are remembered: one list makes no more. */
const REMEMBERED = 4096

export class ListLengths {
  #updates: IommuMap[] = []

  /** The IOMMU core maps the pieces of a list before the event of the list. */
  update(event: IommuMap): void {
    if (this.#updates.length < REMEMBERED) this.#updates.push(event)
  }

  /** Some mapping is complete. */
  done(): void {
    this.#updates = []
  }

  /** Physical address and bytes of each entry; undefined where an IOMMU joined entries and the log does not show how. */
  of(event: MapSg): readonly (readonly [number, number])[] | undefined {
    const { physAddrs, sizes } = event
    if (physAddrs.length === sizes.length) return physAddrs.map((at, index) => [at, sizes[index] ?? 0])
    let rest = sizes.reduce((sum, size) => sum + size, 0)
    const entries: (readonly [number, number])[] = []
    for (const [index, at] of physAddrs.entries()) {
      const piece = this.#updates.find(({ physAddr, size }) => physAddr <= at && at < physAddr + size)
      if (piece === undefined) return undefined
      const end = piece.physAddr + piece.size
      const next = physAddrs[index + 1]
      const len = Math.min(rest, (next !== undefined && at < next && next < end ? next : end) - at)
      if (len <= 0) return undefined
      entries.push([at, len])
      rest -= len
    }
    return rest === 0 ? entries : undefined
  }
}
