// What the kernel's map_benchmark measures, on the model: the cost of one mapping and of undoing it.
// Models: Linux v6.12 kernel/dma/map_benchmark.c: map_benchmark_thread
// Leaves out: threads and the time limit; one thread maps a stated number of times, in batches that a clock can tell apart.
import {
  type Device,
  type Direction,
  DIR,
  InputError,
  type Lab,
  type Latency,
  type MapBenchmark,
  PAGE_SIZE,
  physOf,
  type DmaAddr,
  type SgPage,
} from '@dmalab/api'

export interface MapBenchmarkOptions {
  /** Pages of each mapping. */
  readonly granule: number
  readonly dir: Direction
  /** Mappings to measure; whole batches are. */
  readonly count: number
  /** Microseconds so far, of CPU time where there is such a clock: a busy machine then matters least. */
  readonly clock: () => number
}

/** First calls compile code; the tool on a kernel has no such start. */
const WARM_UP = 200
/** Mappings of a batch, as long as their buffers fit: a clock that counts microseconds cannot tell one from the next. */
const BATCH = 64
const BATCH_PAGES = 512

/** @throws InputError when a mapping is refused */
export const mapBenchmark = (lab: Lab, device: Device, options: MapBenchmarkOptions): MapBenchmark => {
  const { granule, dir, count, clock } = options
  const size = granule * PAGE_SIZE
  const mappings = Math.min(count, BATCH, Math.max(1, Math.floor(BATCH_PAGES / granule)))
  const buffers = Array.from({ length: mappings }, () => bufferOf(lab, granule))
  const handles = buffers.map(() => 0 as DmaAddr)
  const refused = (errno: string, why: string): InputError =>
    new InputError(`${device.name} cannot map ${granule} pages: ${errno}, ${why}`)
  const batch = (seed: number): { readonly map: number; readonly unmap: number } => {
    // The CPU fills what the device is to read, so that there is something to clean.
    if (dir !== DIR.FROM_DEVICE) for (const { user } of buffers) lab.userWrite(user, { seed }, size, 'map_benchmark')
    const start = clock()
    for (let i = 0; i < mappings; i++) {
      const mapped = lab.dma.mapPageAttrs(device, buffers[i]!.page, 0, size, dir, 0)
      if (!mapped.ok) throw refused(mapped.errno, mapped.why)
      handles[i] = mapped.value
    }
    const between = clock()
    for (let i = 0; i < mappings; i++) lab.dma.unmapPageAttrs(device, handles[i]!, size, dir, 0)
    return { map: (between - start) / mappings, unmap: (clock() - between) / mappings }
  }
  for (let i = 0; i < WARM_UP; i += mappings) batch(i)
  const samples = Array.from({ length: Math.ceil(count / mappings) }, (_, i) => batch(i))
  return {
    kernel: lab.kernel.name,
    device: device.name,
    ops: device.opsName,
    map: latency(samples.map(({ map }) => map)),
    unmap: latency(samples.map(({ unmap }) => unmap)),
  }
}

interface CachedBuffer {
  readonly page: SgPage
  readonly user: Parameters<Lab['userWrite']>[0]
}

const bufferOf = (lab: Lab, granule: number): CachedBuffer => {
  const pages = lab.mem.allocPages(granule * PAGE_SIZE, { owner: 'map_benchmark' })
  if (!pages.ok) throw new InputError(`no buffer of ${granule} pages: ${pages.why}`)
  const pfn = pages.value
  return { page: { kind: 'page', pfn }, user: { phys: physOf(pfn), len: granule * PAGE_SIZE, kind: 'cached' } }
}

const latency = (samples: readonly number[]): Latency => {
  const average = samples.reduce((sum, x) => sum + x, 0) / samples.length
  const variance = samples.reduce((sum, x) => sum + (x - average) ** 2, 0) / samples.length
  const median = samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)]!
  return { average, deviation: Math.sqrt(variance), median }
}
