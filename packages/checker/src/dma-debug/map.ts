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
  type KernelText,
  type ReportFinding,
} from '@dmalab/api'
import { DIALECTS, type PhysDigits } from './dialects.ts'
import { mapTexts } from './texts.ts'
import { isResource } from './types.ts'

type MapEvent = Extract<Event, { event: 'dma_map_page' | 'dma_map_resource' | 'dma_map_phys' }>
type SgEvent = Extract<Event, { event: 'dma_map_sg' }>

/** Memory that must not be mapped this way; only a model run can tell. */
export const checkArea = (
  event: MapEvent,
  report: ReportFinding,
  context: CheckerContext,
  digits: PhysDigits,
): void => {
  const virt = hex(event.physAddr)
  const say = (code: FindingCode, what: string, text: string): void =>
    report(
      finding(code, `${event.device}: ${bytes(event.size)} at ${virt} were mapped, ${what}`, {
        device: event.device,
        evidence: [event.at],
        kernelText: [text],
      }),
    )
  const { checks } = DIALECTS[context.kernelText]
  if (event.area === 'stack') say('map-stack', 'which is the stack of the running task', mapTexts.stack(virt))
  else if (event.area === 'stack-page') say('map-stack', 'which is a page of a vmalloc stack', mapTexts.stackPage(virt))
  else if (event.area === 'text')
    say('map-kernel-text', 'which is kernel text or rodata', mapTexts.text(virt, event.size))
  else if (event.area === 'invalid' && checks.linearArea)
    say('map-invalid-area', 'which is outside the linear mapping', mapTexts.invalid(virt, event.size))
  else if (event.area === 'vmalloc' && checks.linearArea)
    say('map-vmalloc', 'which is vmalloc memory', mapTexts.vmalloc(virt, event.size))
  else if (event.area === 'zone-device')
    report(
      finding('map-zone-device', `${event.device}: device memory at ${virt} was mapped as if it were RAM`, {
        device: event.device,
        evidence: [event.at],
      }),
    )
  if (checks.resourceRam && isResource(event)) {
    const ram = context.session?.memory.find(({ base, len }) => event.physAddr >= base && event.physAddr < base + len)
    if (ram !== undefined)
      say('map-resource-ram', 'as a resource, but this is RAM', mapTexts.resourceRam(event.physAddr, digits))
  }
}

/** Segments against what the device claims to take; only a session names the limits. */
export const checkSegments = (event: SgEvent, report: ReportFinding, context: CheckerContext): void => {
  const device = context.session?.devices.find(({ name }) => name === event.device)
  if (device === undefined || !DIALECTS[context.kernelText].checks.segments) return
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
/** What the texts and the arithmetic need to know of the machine. */
export interface CacheLineFacts {
  readonly lineSize: number
  readonly release: KernelText
  readonly physDigits: PhysDigits
}

interface Line {
  /** Attributes of the mapping that took the line first. */
  readonly attrs: number
  /** Steps of its live mappings. */
  readonly steps: number[]
}

/**
 * First cache lines of entries that a device may write.
 *
 * Models: Linux v6.12 kernel/dma/debug.c: active_cacheline_insert, add_dma_entry
 * Leaves out: the suppression by DMA_BOUNCE_UNALIGNED_KMALLOC, which depends on a kernel option that no event tells;
 * coherent memory, whose lines the kernel tracks too: a dma-buf of it that another device maps is shared on purpose.
 */
export class CacheLines {
  readonly #lines = new Map<number, Line>()
  readonly #facts: CacheLineFacts

  constructor(facts: CacheLineFacts) {
    this.#facts = facts
  }

  insert(
    event: { device: string; dir: number; attrs: number; at: number },
    physAddr: number,
    report: ReportFinding,
  ): void {
    const { device, dir, attrs, at } = event
    if (dir === DIR.TO_DEVICE) return
    const { lineSize, release, physDigits } = this.#facts
    const number = Math.floor(physAddr / lineSize)
    const line = this.#lines.get(number)
    if (line === undefined) {
      this.#lines.set(number, { attrs, steps: [at] })
      return
    }
    const { steps } = line
    const evidence = [steps[0] ?? at, at]
    steps.push(at)
    const { lineSharers, checks } = DIALECTS[release]
    const mayShare = (carried: number): boolean => has(carried, lineSharers)
    const shared = mayShare(attrs) && mayShare(line.attrs)
    if (!has(attrs, ATTR.SKIP_CPU_SYNC) && !shared)
      report(
        finding(
          'cacheline-overlap',
          `${device}: the mapping of ${hex(physAddr)} begins in a cache line that another live mapping begins in`,
          { device, evidence, ...(checks.cacheLine ? { kernelText: [mapTexts.cacheline()] } : {}) },
        ),
      )
    if (steps.length === MAX_OVERLAP + 2 && !mayShare(attrs))
      report(
        finding(
          'cacheline-overlap-overflow',
          `${device}: ${steps.length} live mappings begin in the cache line of ${hex(physAddr)}`,
          { device, evidence, kernelText: [mapTexts.cachelineOverflow(number, physDigits)] },
        ),
      )
  }

  isEmpty(): boolean {
    return this.#lines.size === 0
  }

  /** Does a live mapping begin in the cache line of an address? */
  has(physAddr: number): boolean {
    return this.#lines.size > 0 && this.#lines.has(Math.floor(physAddr / this.#facts.lineSize))
  }

  remove(physAddr: number, dir: number, at: number): void {
    if (dir === DIR.TO_DEVICE) return
    const number = Math.floor(physAddr / this.#facts.lineSize)
    const steps = this.#lines.get(number)?.steps
    if (steps === undefined) return
    const position = steps.indexOf(at)
    if (position >= 0) steps.splice(position, 1)
    if (steps.length === 0) this.#lines.delete(number)
  }
}
