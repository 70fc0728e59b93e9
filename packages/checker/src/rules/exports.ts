// Lists that dma_get_sgtable() makes of memory: their page pointers may lead to no struct page, or to one of other memory.
import { bytes, finding, hex, type CheckerRule, type Event } from '@dmalab/api'

type TableEvent = Extract<Event, { event: 'dma_get_sgtable' }>

export const exportRule: CheckerRule = {
  name: 'exported-lists',
  source: 'Linux kernel/dma/mapping.c: dma_get_sgtable_attrs',
  codes: ['page-less-export'],
  create(report, context) {
    /** Every buffer of a device is alike: the first is reported. */
    const told = new Set<string>()
    return {
      onEvent(event): void {
        if (event.event !== 'dma_get_sgtable') return
        const { device, dmaAddr, size, at } = event
        const wrong = wrongPage(event, context.session?.memory ?? [])
        if (wrong === undefined || told.has(`${device} ${wrong.kind}`)) return
        told.add(`${device} ${wrong.kind}`)
        const where = wrong.place < 0 ? '' : `; the memory lies at ${hex(wrong.place)}`
        const text = `${device}: the list of ${hex(dmaAddr)} (${bytes(size)}) names ${wrong.text}${where}`
        report(finding('page-less-export', text, { device, evidence: [at] }))
      },
      onEnd(): void {},
    }
  },
}

interface WrongPage {
  readonly kind: string
  readonly text: string
  /** Where the memory lies; -1: nothing tells. */
  readonly place: number
}

/** The first page that is wrong. */
const wrongPage = (
  { pages, physAddrs, places }: TableEvent,
  memory: readonly { readonly base: number; readonly len: number }[],
): WrongPage | undefined => {
  for (const [i, kind] of pages.entries()) {
    const named = physAddrs[i] ?? 0
    const place = places[i] ?? -1
    if (kind === 'no pointer to one') return { kind, place, text: 'something that is not a pointer to a struct page' }
    if (kind === 'no struct page') return { kind, place, text: `a struct page that does not exist, for ${hex(named)}` }
    if (place >= 0 && place !== named) {
      const ram = memory.some(({ base, len }) => base <= named && named < base + len)
      return { kind, place, text: `the page of ${ram ? 'unrelated RAM' : 'other memory'} at ${hex(named)}` }
    }
  }
  return undefined
}
