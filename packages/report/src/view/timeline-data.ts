// What a time line is made of.

/** Who may touch a buffer. `transit`: it waits in a queue, or was handed on and not taken yet. */
export type Owner = 'cpu' | 'device' | 'transit'

/** Memory that somebody asked for, or that was mapped. `to` and `from` are positions of events; null: it is there at the end. */
export interface ViewBuffer {
  readonly id: number
  /** As the queue calls it, else by its device and number. */
  readonly name: string
  readonly kind: 'coherent' | 'pool' | 'streaming' | 'list' | 'user'
  readonly device: string
  readonly pool: string | null
  /** Physical memory; empty where no event tells it. */
  readonly pieces: readonly { readonly base: number; readonly len: number }[]
  readonly dmaAddr: number | null
  readonly size: number
  readonly from: number
  readonly to: number | null
}

/** A bar: a buffer in the lane of somebody who has it. */
export interface Bar {
  readonly buffer: number
  readonly lane: number
  readonly kind: 'home' | 'mapping'
  readonly from: number
  readonly to: number | null
  /** Row in its lane. */
  readonly row: number
  readonly bounced: boolean
  /** From which event on it belongs to whom, in order. */
  readonly owners: readonly (readonly [event: number, owner: Owner])[]
}

export type TickKind = 'sync' | 'cache' | 'access' | 'bounce' | 'wrong' | 'refused' | 'fault'

export interface Tick {
  readonly event: number
  readonly lane: number
  readonly kind: TickKind
  readonly buffer: number | null
}

/** A buffer on its way from the lane of who exports it to that of who imports it. */
export interface Arrow {
  readonly event: number
  readonly from: number
  readonly to: number
  readonly buffer: number
}

export interface Timeline {
  readonly lanes: readonly { readonly name: string; readonly rows: number }[]
  readonly buffers: readonly ViewBuffer[]
  readonly bars: readonly Bar[]
  readonly ticks: readonly Tick[]
  readonly arrows: readonly Arrow[]
  readonly steps: readonly { readonly event: number; readonly name: string }[]
  /** Buffer that each event is about; -1: none. */
  readonly touched: Int32Array
  /** Lane that each event belongs to. */
  readonly laneOf: Int32Array
  readonly count: number
}

/** What the CPU does, and what nothing else says who did. */
export const CPU_LANE = 'CPU and user space'
