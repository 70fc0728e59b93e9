// What a driver may do with a buffer at each moment, and what is in it then: the rules that every op table has to keep.
import type { ScenarioStep, StepDirection } from '@dmalab/api'

/** What a random choice asks for; `slot` picks one of the live buffers. Lengths are bytes. */
export type Wish =
  | { readonly do: 'alloc'; readonly from: 'pages' | 'coherent'; readonly size: number }
  | { readonly do: 'map'; readonly slot: number; readonly dir: StepDirection }
  | { readonly do: 'sync'; readonly slot: number; readonly for: 'cpu' | 'device' }
  | { readonly do: 'free' | 'unmap' | 'device-read' | 'cpu-read'; readonly slot: number }
  | { readonly do: 'device-write' | 'cpu-write'; readonly slot: number; readonly part: number }

interface Buffer {
  readonly name: string
  readonly from: 'pages' | 'coherent'
  readonly size: number
  /** The device's mapping, and whose turn it is. */
  mapping: { readonly dir: StepDirection; owner: 'cpu' | 'device'; cpuWrote: boolean } | null
  /** Every byte that was ever written holds what was written last. False after a mapping for the device to write, until it did. */
  defined: boolean
}

/** Few, so that a sequence gets far with each. */
const MAX_BUFFERS = 3

export class DmaApiModel {
  private readonly buffers: Buffer[] = []
  private made = 0
  private readonly device: string

  constructor(device: string) {
    this.device = device
  }

  /** The step that a wish comes to now; undefined when a driver may not do it. */
  step(wish: Wish): ScenarioStep | undefined {
    const { device } = this
    if (wish.do === 'alloc') {
      if (this.buffers.length >= MAX_BUFFERS) return undefined
      const { from, size } = wish
      const step = { do: 'alloc', buffer: `b${this.made + 1}`, size, from } as const
      return from === 'coherent' ? { ...step, device, attrs: [] } : step
    }
    const buffer = this.pick(wish.slot)
    if (buffer === undefined || !allowed(wish, buffer)) return undefined
    const on = { buffer: buffer.name, device }
    switch (wish.do) {
      case 'map':
        return { do: 'map', ...on, dir: wish.dir }
      case 'unmap':
        return { do: 'unmap', ...on }
      case 'sync':
        return { do: 'sync', ...on, for: wish.for, dir: buffer.mapping?.dir ?? 'BIDIRECTIONAL' }
      case 'device-read':
        return { do: 'device-read', ...on }
      case 'device-write':
        return { do: 'device-write', ...on, ...partOf(wish.part, buffer, buffer.mapping?.dir === 'FROM_DEVICE') }
      case 'cpu-write':
        return { do: 'cpu-write', buffer: buffer.name, ...partOf(wish.part, buffer, !buffer.defined) }
      default:
        return { do: wish.do, buffer: buffer.name }
    }
  }

  /** Takes note of a wish that was carried out. */
  apply(wish: Wish): void {
    if (wish.do === 'alloc') {
      this.made++
      this.buffers.push({ name: `b${this.made}`, from: wish.from, size: wish.size, mapping: null, defined: true })
      return
    }
    const buffer = this.pick(wish.slot)
    if (buffer === undefined) return
    const { mapping } = buffer
    if (wish.do === 'free') this.buffers.splice(this.buffers.indexOf(buffer), 1)
    else if (wish.do === 'map') {
      buffer.mapping = { dir: wish.dir, owner: 'device', cpuWrote: false }
      if (wish.dir === 'FROM_DEVICE') buffer.defined = false
    } else if (wish.do === 'unmap') buffer.mapping = null
    else if (wish.do === 'sync' && mapping !== null) {
      mapping.owner = wish.for
      mapping.cpuWrote = false
    } else if (wish.do === 'device-write') buffer.defined = true
    else if (wish.do === 'cpu-write') {
      buffer.defined = true
      if (mapping !== null) mapping.cpuWrote = true
    }
  }

  private pick(slot: number): Buffer | undefined {
    return this.buffers[slot % Math.max(1, this.buffers.length)]
  }
}

/** Ownership as Documentation/core-api/dma-api.rst has it: who may touch a buffer between map, sync and unmap. */
const allowed = (wish: Exclude<Wish, { readonly do: 'alloc' }>, { from, mapping, defined }: Buffer): boolean => {
  const coherent = from === 'coherent'
  const cpuOwns = coherent || mapping === null || mapping.owner === 'cpu'
  const deviceOwns = coherent || mapping?.owner === 'device'
  switch (wish.do) {
    case 'free':
      return mapping === null
    case 'map':
      return !coherent && mapping === null
    case 'unmap':
      // What the CPU wrote into a mapped buffer must be synced for the device, or unmapping may throw it away.
      return mapping !== null && !mapping.cpuWrote
    case 'sync':
      return mapping !== null && mapping.owner !== wish.for
    case 'device-read':
      return deviceOwns && mapping?.dir !== 'FROM_DEVICE' && defined
    case 'device-write':
      return deviceOwns && mapping?.dir !== 'TO_DEVICE'
    case 'cpu-read':
      return cpuOwns && defined
    case 'cpu-write':
      return cpuOwns && mapping?.dir !== 'FROM_DEVICE'
  }
}

/** A part of the buffer, or all of it. */
const partOf = (part: number, { size }: Buffer, whole: boolean): { offset?: number; len?: number } => {
  if (whole || part === 0) return {}
  const offset = (part * 97) % size
  return { offset, len: Math.max(1, Math.floor((size - offset) / 2)) }
}
