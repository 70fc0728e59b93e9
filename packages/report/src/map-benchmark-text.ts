// A row of the map benchmark, in the terms of the kernel's tool.
import type { MapBenchmark } from '@dmalab/api'

export const mapBenchmarkText = (row: MapBenchmark, dir: string, granule: number, count: number): string =>
  [
    `${row.kernel}, ${row.device} (${row.ops}): dir:${dir} granule:${granule} count:${count}`,
    latencyText('map', row.map),
    latencyText('unmap', row.unmap),
  ].join('\n')

const latencyText = (what: string, { average, deviation, median }: MapBenchmark['map']): string =>
  `  average ${what} latency(us):${average.toFixed(2)} standard deviation:${deviation.toFixed(2)} median:${median.toFixed(2)}`
