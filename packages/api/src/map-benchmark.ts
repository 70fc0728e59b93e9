// What `bench map` measures, as data.

/** Microseconds, as the kernel's tool prints them, with a digit more. */
export interface Latency {
  readonly average: number
  /** Over batches of mappings, as is the median. */
  readonly deviation: number
  readonly median: number
}

export interface MapBenchmark {
  readonly kernel: string
  readonly device: string
  readonly ops: string
  readonly map: Latency
  readonly unmap: Latency
}
