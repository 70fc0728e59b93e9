// Figures over a run: bytes that are taken, mapped and copied, event by event.
import { type Event, PAGE_SIZE } from '@dmalab/api'

interface Series {
  readonly name: string
  readonly values: readonly number[]
}

/** Values at a few hundred events: `x` are their numbers. Series that stay zero are left out. */
export interface FigureData {
  readonly x: readonly number[]
  readonly series: readonly Series[]
}

/** Points of a figure. */
const POINTS = 600

export const figuresOf = (events: readonly Event[]): FigureData => {
  const totals = { cma: 0, allocated: 0, mapped: 0, copied: 0, bounced: 0 }
  const mapped = new Map<string, number>()
  const step = Math.max(1, Math.ceil(events.length / POINTS))
  const x: number[] = []
  const rows: Record<keyof typeof totals, number[]> = { cma: [], allocated: [], mapped: [], copied: [], bounced: [] }
  const begin = (key: string, size: number): void => {
    totals.mapped += size
    mapped.set(key, (mapped.get(key) ?? 0) + size)
  }
  const end = (key: string): void => {
    totals.mapped -= mapped.get(key) ?? 0
    mapped.delete(key)
  }
  for (const [i, event] of events.entries()) {
    switch (event.event) {
      case 'cma_alloc_finish':
        if ((event.errno ?? 0) === 0) totals.cma += event.count * PAGE_SIZE
        break
      case 'cma_release':
        totals.cma -= event.count * PAGE_SIZE
        break
      case 'dma_alloc':
      case 'dma_alloc_pages':
        if (!/^(0x)?0*$/.test(event.virtAddr)) totals.allocated += event.size
        break
      case 'dma_free':
      case 'dma_free_pages':
      case 'pool_free':
        totals.allocated -= event.size
        break
      case 'dma_map_page':
      case 'dma_map_phys':
        begin(`${event.device} ${event.dmaAddr}`, event.size)
        break
      case 'dma_unmap_page':
      case 'dma_unmap_phys':
        end(`${event.device} ${event.dmaAddr}`)
        break
      case 'dma_map_sg':
        begin(
          `${event.device} list ${event.physAddrs[0]}`,
          event.sizes.reduce((sum, size) => sum + size, 0),
        )
        break
      case 'dma_unmap_sg':
        end(`${event.device} list ${event.physAddrs[0]}`)
        break
      case 'swiotlb_bounced':
        totals.bounced += event.size
        break
      case 'cpu_access':
        totals.copied += event.size
        break
      default:
    }
    if (i % step !== 0 && i !== events.length - 1) continue
    x.push(i)
    for (const key of KEYS) rows[key].push(totals[key])
  }
  const series = KEYS.map((key) => ({ name: NAMES[key], values: rows[key] }))
  return { x, series: series.filter(({ values }) => values.some((value) => value !== 0)) }
}

const KEYS = ['cma', 'allocated', 'mapped', 'copied', 'bounced'] as const
const NAMES: Readonly<Record<(typeof KEYS)[number], string>> = {
  cma: 'CMA in use',
  allocated: 'coherent memory allocated',
  mapped: 'mapped for devices',
  copied: 'touched by the CPU, in all',
  bounced: 'bounced, in all',
}
