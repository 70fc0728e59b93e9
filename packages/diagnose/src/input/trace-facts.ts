// A trace through the checker, and what joins need of it besides: who maps what, what faulted, what bounced.
import type { CheckSummary, Event, LogCheck } from '@dmalab/api'
import { createChecker } from '@dmalab/checker'
import { createReader } from '@dmalab/trace'
import type { DeviceUse, Mapping, ReadTrace, TraceFacts } from './content.ts'
import { KEPT } from './limits.ts'

export interface TraceReading {
  push(chunk: Uint8Array): void
  end(): ReadTrace
}

/** Mappings that are remembered, the newest: a fault is about one of them. */
const MAPPINGS = 2 ** 16
const DEVICES = 1024

type Fault = TraceFacts['faults'][number]
type FailedCma = TraceFacts['failedCma'][number]

export const createTraceReading = (file: string): TraceReading => {
  const checker = createChecker()
  const devices = new Map<string, DeviceUse>()
  /** By device and address, in order of mapping. */
  const mappings = new Map<string, Mapping>()
  const faults: Fault[] = []
  const failedCma: FailedCma[] = []
  let release: TraceFacts['release']

  const useOf = (device: string, line: number): DeviceUse => {
    const known = devices.get(device)
    if (known !== undefined) return known
    const use = { mappings: 0, bounces: 0, maskBits: undefined, largest: 0, line }
    if (devices.size < DEVICES) devices.set(device, use)
    return use
  }
  const mapped = (device: string, at: number, len: number, line: number): void => {
    const key = `${device} ${at}`
    mappings.delete(key)
    mappings.set(key, { device, at, len, line, unmapped: undefined })
    if (mappings.size <= MAPPINGS) return
    const [oldest] = mappings.keys()
    if (oldest !== undefined) mappings.delete(oldest)
  }
  const unmapped = (device: string, at: number, line: number): void => {
    const mapping = mappings.get(`${device} ${at}`)
    if (mapping !== undefined) mapping.unmapped ??= line
  }
  const used = (device: string, at: number, len: number, line: number): void => {
    const use = useOf(device, line)
    use.mappings += 1
    use.largest = Math.max(use.largest, len)
    mapped(device, at, len, line)
  }
  const onEvent = (event: Event): void => {
    checker.onEvent(event)
    switch (event.event) {
      case 'kernel_release':
        release ??= { line: event.at, text: event.release, value: event.release }
        break
      case 'dma_map_page':
      case 'dma_map_phys':
      case 'dma_map_resource':
      case 'dma_alloc':
      case 'dma_alloc_pages':
        used(event.device, event.dmaAddr, event.size, event.at)
        break
      case 'dma_map_sg':
        for (const [index, at] of event.dmaAddrs.entries()) used(event.device, at, event.sizes[index] ?? 0, event.at)
        break
      case 'dma_unmap_page':
      case 'dma_unmap_phys':
      case 'dma_unmap_resource':
      case 'dma_free':
      case 'dma_free_pages':
        unmapped(event.device, event.dmaAddr, event.at)
        break
      case 'map':
        mapped('', event.iova, event.size, event.at)
        break
      case 'unmap':
        unmapped('', event.iova, event.at)
        break
      case 'swiotlb_bounced': {
        const use = useOf(event.device, event.at)
        use.bounces += 1
        use.maskBits ??= Math.round(Math.log2(event.dmaMask + 1))
        use.largest = Math.max(use.largest, event.size)
        break
      }
      case 'io_page_fault':
        if (faults.length < KEPT) faults.push(event)
        break
      case 'cma_alloc_finish':
        if (event.errno !== undefined && event.errno !== 0 && failedCma.length < KEPT)
          failedCma.push({ ...event, event: 'cma_alloc_finish' })
        break
      default:
    }
  }
  const reader = createReader({ onEvent })
  return {
    push: (chunk) => reader.push(chunk),
    end: () => {
      const read = reader.end()
      const report: { readonly findings: LogCheck['findings']; readonly summary: CheckSummary } = checker.finish()
      return {
        check: { file, read, ...report, drivers: {} },
        facts: { devices, mappings: [...mappings.values()], faults, failedCma, release },
      }
    },
  }
}

/** Are there events of a trace in the first bytes of an input? */
export const holdsTrace = (head: Uint8Array): boolean => {
  let events = 0
  const reader = createReader({
    onEvent: ({ event }) => {
      if (event !== 'kernel_release' && event !== 'lost') events += 1
    },
  })
  // What is cut at its end is a damaged line, and says nothing.
  reader.push(head.subarray(0, head.lastIndexOf(10) + 1 || head.length))
  const { unknownCount, entries } = reader.end()
  return events > 0 || unknownCount > 3 || entries !== undefined
}
