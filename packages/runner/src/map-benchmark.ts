// What the kernel's map_benchmark measures, on the model: the cost of one mapping and of undoing it.
// Models: Linux v6.12 kernel/dma/map_benchmark.c: map_benchmark_thread
// Leaves out: threads and the time limit; one thread maps a stated number of times.
import {
  type Device,
  type Direction,
  DIR,
  InputError,
  type Lab,
  type Latency,
  type MapBenchmark,
  PAGE_SIZE,
} from '@dmalab/api'

export interface MapBenchmarkOptions {
  /** Pages of each mapping. */
  readonly granule: number
  readonly dir: Direction
  readonly count: number
}

/** First calls compile code; the tool on a kernel has no such start. */
const WARM_UP = 200

/** @throws InputError when a mapping is refused */
export const mapBenchmark = (lab: Lab, device: Device, options: MapBenchmarkOptions): MapBenchmark => {
  const { granule, dir, count } = options
  const size = granule * PAGE_SIZE
  const pages = lab.mem.allocPages(size, { owner: 'map_benchmark' })
  if (!pages.ok) throw new InputError(`no buffer of ${granule} pages: ${pages.why}`)
  const page = { kind: 'page', pfn: pages.value } as const
  const user = { phys: (pages.value * PAGE_SIZE) as never, len: size, kind: 'cached' } as const
  const map = new Float64Array(count)
  const unmap = new Float64Array(count)
  for (let i = -WARM_UP; i < count; i++) {
    // The CPU fills what the device is to read, so that there is something to clean.
    if (dir !== DIR.FROM_DEVICE) lab.userWrite(user, { seed: i }, size, 'map_benchmark')
    const start = performance.now()
    const mapped = lab.dma.mapPageAttrs(device, page, 0, size, dir, 0)
    const between = performance.now()
    if (!mapped.ok) throw new InputError(`${device.name} cannot map ${granule} pages: ${mapped.errno}, ${mapped.why}`)
    const again = performance.now()
    lab.dma.unmapPageAttrs(device, mapped.value, size, dir, 0)
    const end = performance.now()
    if (i < 0) continue
    map[i] = (between - start) * 1000
    unmap[i] = (end - again) * 1000
  }
  return { kernel: lab.kernel.name, device: device.name, ops: device.opsName, map: latency(map), unmap: latency(unmap) }
}

const latency = (samples: Float64Array): Latency => {
  const average = samples.reduce((sum, x) => sum + x, 0) / samples.length
  const variance = samples.reduce((sum, x) => sum + (x - average) ** 2, 0) / samples.length
  return { average, deviation: Math.sqrt(variance) }
}
