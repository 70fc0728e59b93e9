// Contiguous memory areas: ranges set aside at boot, first fit by page, with the trace events that mm/cma.c gives.
import { bytes, type EventSink, fail, hex, type KResult, ok, PAGE_SIZE, type Pfn, type Range } from '@dmalab/api'
import { Intervals } from './intervals.ts'

export interface CmaRequest {
  /** Pages. */
  readonly count: number
  /** Order of the alignment, pages. */
  readonly align: number
  /** Highest physical address, inclusive. */
  readonly limit?: number
  /** Asked once for each range that fits: are its pages pinned, so that they cannot be moved away? */
  readonly busy?: () => boolean
  /** Without an event: memory taken at boot, and stand-ins for movable pages. */
  readonly quiet?: boolean
}

/** What a CMA area is made of. */
export interface CmaSetup extends Range {
  readonly name: string
}

const EBUSY = -16
const ENOMEM = -12

export class CmaArea {
  readonly name: string
  readonly base: number
  readonly len: number
  private readonly sink: EventSink
  private readonly noPfn: number
  private readonly free = new Intervals<true>()

  /** @param longBits of the kernel's unsigned long, for what it prints of no page */
  constructor({ name, base, len }: CmaSetup, sink: EventSink, longBits: 32 | 64) {
    this.name = name
    this.base = base
    this.len = len
    this.sink = sink
    this.noPfn = 2 ** longBits - 1
    this.free.set(base, len, true)
  }

  contains(pfn: Pfn): boolean {
    const at = pfn * PAGE_SIZE
    return at >= this.base && at < this.base + this.len
  }

  /** Bytes that are free. */
  get available(): number {
    return this.free.all().reduce((sum, { base, end }) => sum + end - base, 0)
  }

  /** Why `size` bytes are not to be had, in sizes: the area is too small, exhausted, fragmented, or beyond the reach of a device. */
  lacks(size: number, limit = Infinity): string {
    const free = this.available
    const has = `CMA area ${this.name} has ${bytes(this.len)}, ${bytes(free)} free`
    const larger = `try cma=${Math.max(suggestedCma(size, this.len - free), 2 ** Math.ceil(Math.log2((2 * this.len) / 2 ** 20)))}M`
    if (free < size) return `${bytes(size)} are needed and ${has}: ${larger}`
    const pieces = this.free.all()
    const largest = Math.max(...pieces.map(({ base, end }) => end - base))
    if (this.find(size, PAGE_SIZE, this.base, Infinity) === undefined)
      return `${bytes(size)} are needed in one piece and ${has}, in ${pieces.length} pieces of at most ${bytes(largest)}: ${larger}`
    const reached = limit === Infinity ? '' : ` and ends below ${hex(limit)}`
    return `${has}, and no ${bytes(size)} in one piece that is aligned${reached}: ${larger}`
  }

  /**
   * The lowest range that fits and whose pages can be moved. A request larger than the area starts and never finishes in the trace.
   * ENOMEM, EBUSY.
   *
   * Models: Linux v6.12 mm/cma.c: cma_alloc
   */
  alloc({ count, align, limit = Infinity, busy = () => false, quiet = false }: CmaRequest): KResult<Pfn> {
    const { name } = this
    const tells = !quiet && this.sink.wants('op')
    const told = { name, count, align }
    if (tells) this.sink.emit({ event: 'cma_alloc_start', ...told })
    const size = count * PAGE_SIZE
    if (size > this.len) return fail('ENOMEM', this.lacks(size, limit))
    const step = PAGE_SIZE * 2 ** align
    let pfn = this.noPfn
    let errno = ENOMEM
    for (let at = this.find(size, step, this.base, limit); at !== undefined;) {
      pfn = at / PAGE_SIZE
      if (!busy()) {
        this.free.delete(at, size)
        if (tells) this.sink.emit({ event: 'cma_alloc_finish', ...told, pfn, errno: 0 })
        return ok(pfn as Pfn)
      }
      errno = EBUSY
      if (tells) this.sink.emit({ event: 'cma_alloc_busy_retry', ...told, pfn })
      at = this.find(size, step, at + step, limit)
    }
    if (tells) this.sink.emit({ event: 'cma_alloc_finish', ...told, pfn, errno })
    if (!quiet) {
      const text = `cma: cma_alloc: ${name}: alloc failed, req-size: ${count} pages, ret: ${errno}`
      this.sink.emit({ event: 'printk', level: 'err', text })
    }
    if (errno === EBUSY)
      return fail(
        'EBUSY',
        `CMA area ${name} has no ${bytes(size)} in one piece whose pages can be moved: a memory-region of its own keeps others out`,
      )
    return fail('ENOMEM', this.lacks(size, limit))
  }

  /** Models: Linux v6.12 mm/cma.c: cma_release */
  release(pfn: Pfn, count: number): void {
    if (this.sink.wants('op')) this.sink.emit({ event: 'cma_release', name: this.name, pfn, count })
    this.free.join(pfn * PAGE_SIZE, count * PAGE_SIZE, true)
  }

  private find(size: number, step: number, from: number, limit: number): number | undefined {
    for (const range of this.free.all()) {
      const base = Math.ceil(Math.max(range.base, from) / step) * step
      if (base + size <= range.end && base + size - 1 <= limit) return base
    }
    return undefined
  }
}

/** Models: Linux v6.12 kernel/dma/Kconfig: CMA_ALIGNMENT */
const MOST_ALIGNED = 2 ** 20
/** What pools for atomic allocations take of an area at boot. */
const BOOT = 2 * 2 ** 20
const BUFFERS = 4

/** The next power of two that holds what is taken and a handful of such buffers, each at its alignment; MiB. */
export const suggestedCma = (size: number, taken = BOOT): number => {
  const step = Math.min(MOST_ALIGNED, 2 ** Math.ceil(Math.log2(Math.max(size, PAGE_SIZE))))
  const needed = Math.max(taken, BOOT) + BUFFERS * Math.ceil(size / step) * step
  return 2 ** Math.ceil(Math.log2(Math.max(needed, 2 ** 24) / 2 ** 20))
}
