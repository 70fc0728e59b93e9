// What dma-debug checks when a driver maps: where the memory lies, segments, shared cache lines.
import {
  ATTR,
  DIR,
  bytes,
  finding,
  has,
  hex,
  type CheckerContext,
  type Event,
  type FindingCode,
  type ReportFinding,
} from '@dmalab/api'
import { mapTexts } from './texts.ts'

type MapEvent = Extract<Event, { event: 'dma_map_page' | 'dma_map_resource' | 'dma_map_phys' }>
type SgEvent = Extract<Event, { event: 'dma_map_sg' }>

/** DMA_ATTR_MMIO of 6.18 and later. */
const ATTR_MMIO = 1024

/** Memory that must not be mapped this way; only a model run can tell. */
export const checkArea = (event: MapEvent, report: ReportFinding, context: CheckerContext): void => {
  const virt = hex(event.physAddr)
  const say = (code: FindingCode, what: string, text: string): void =>
    report(
      finding(code, `${event.device}: ${bytes(event.size)} at ${virt} were mapped, ${what}`, {
        device: event.device,
        evidence: [event.at],
        kernelText: [text],
      }),
    )
  const old = context.kernelText === '4.11'
  if (event.area === 'stack') say('map-stack', 'which is the stack of the running task', mapTexts.stack(virt))
  else if (event.area === 'stack-page') say('map-stack', 'which is a page of a vmalloc stack', mapTexts.stackPage(virt))
  else if (event.area === 'text')
    say('map-kernel-text', 'which is kernel text or rodata', mapTexts.text(virt, event.size))
  else if (event.area === 'invalid' && !old)
    say('map-invalid-area', 'which is outside the linear mapping', mapTexts.invalid(virt, event.size))
  else if (event.area === 'vmalloc' && !old)
    say('map-vmalloc', 'which is vmalloc memory', mapTexts.vmalloc(virt, event.size))
  else if (event.area === 'zone-device')
    report(
      finding('map-zone-device', `${event.device}: device memory at ${virt} was mapped as if it were RAM`, {
        device: event.device,
        evidence: [event.at],
      }),
    )
  if (context.kernelText === '7.3' && (event.event === 'dma_map_resource' || has(event.attrs, ATTR_MMIO))) {
    const ram = context.session?.memory.find(({ base, len }) => event.physAddr >= base && event.physAddr < base + len)
    if (ram !== undefined)
      say('map-resource-ram', 'as a resource, but this is RAM', mapTexts.resourceRam(event.physAddr))
  }
}

/** Segments against what the device claims to take; only a session names the limits. */
export const checkSegments = (event: SgEvent, report: ReportFinding, context: CheckerContext): void => {
  const device = context.session?.devices.find(({ name }) => name === event.device)
  if (device === undefined || context.kernelText === '4.11') return
  for (const [index, start] of event.dmaAddrs.entries()) {
    const len = event.sizes[index] ?? 0
    const end = start + len - 1
    if (len > device.maxSegmentSize)
      report(
        finding(
          'sg-segment-too-long',
          `${event.device}: segment ${index} has ${bytes(len)}, the device takes ${bytes(device.maxSegmentSize)}`,
          {
            device: event.device,
            evidence: [event.at],
            kernelText: [mapTexts.segmentLength(len, device.maxSegmentSize)],
          },
        ),
      )
    const boundary = device.segmentBoundary
    if (boundary !== undefined && Math.floor(start / (boundary + 1)) !== Math.floor(end / (boundary + 1)))
      report(
        finding(
          'sg-segment-boundary',
          `${event.device}: segment ${index} at ${hex(start)} (${bytes(len)}) crosses a boundary of ${hex(boundary + 1)}`,
          {
            device: event.device,
            evidence: [event.at],
            kernelText: [mapTexts.segmentBoundary(start, end, boundary)],
          },
        ),
      )
  }
}

/** dma-debug keeps the overlap count of a line in three tag bits. */
const MAX_OVERLAP = 7

/**
 * First cache lines of mappings that a device may write.
 *
 * Models: Linux v6.12 kernel/dma/debug.c: active_cacheline_insert
 * Leaves out: the suppression by DMA_BOUNCE_UNALIGNED_KMALLOC, which depends on a kernel option that no event tells.
 */
export class CacheLines {
  /** Physical line number -> steps of its live mappings. */
  readonly #lines = new Map<number, number[]>()
  readonly #lineSize: () => number

  constructor(lineSize: () => number) {
    this.#lineSize = lineSize
  }

  insert(device: string, physAddr: number, dir: number, attrs: number, at: number, report: ReportFinding): void {
    if (dir === DIR.TO_DEVICE) return
    const line = Math.floor(physAddr / this.#lineSize())
    const steps = this.#lines.get(line)
    if (steps === undefined) {
      this.#lines.set(line, [at])
      return
    }
    const evidence = [steps[0] ?? at, at]
    steps.push(at)
    if (!has(attrs, ATTR.SKIP_CPU_SYNC))
      report(
        finding(
          'cacheline-overlap',
          `${device}: the mapping of ${hex(physAddr)} begins in a cache line that another live mapping begins in`,
          {
            device,
            evidence,
            kernelText: [mapTexts.cacheline()],
          },
        ),
      )
    if (steps.length === MAX_OVERLAP + 2)
      report(
        finding(
          'cacheline-overlap-overflow',
          `${device}: ${steps.length} live mappings begin in the cache line of ${hex(physAddr)}`,
          {
            device,
            evidence,
            kernelText: [mapTexts.cachelineOverflow(line)],
          },
        ),
      )
  }

  remove(physAddr: number, dir: number, at: number): void {
    if (dir === DIR.TO_DEVICE) return
    const line = Math.floor(physAddr / this.#lineSize())
    const steps = this.#lines.get(line)
    if (steps === undefined) return
    const position = steps.indexOf(at)
    if (position >= 0) steps.splice(position, 1)
    if (steps.length === 0) this.#lines.delete(line)
  }
}
