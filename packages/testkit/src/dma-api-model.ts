// What drivers may do with buffers and lists at each moment, and what is in them then: the rules that every op table has to keep.
import { type ListPart, pageAlign, type ScenarioStep, type StepDirection } from '@dmalab/api'
import {
  type OwnedBuffer,
  type Held,
  isDefined,
  isReadable,
  type Mapping,
  Ownership,
  type Piece,
  type Target,
} from './dma-ownership.ts'

/** What a random choice asks for; `which` picks one of those that may have it now. Lengths are bytes. */
export type Wish =
  | { readonly do: 'alloc'; readonly pieces: readonly PieceShape[] }
  | { readonly do: 'alloc-coherent'; readonly which: number; readonly size: number }
  | { readonly do: 'list'; readonly picks: readonly number[] }
  | { readonly do: 'map'; readonly which: number; readonly device: number; readonly dir: StepDirection }
  | { readonly do: 'free' | 'unmap' | 'sync' | 'device-read' | 'cpu-read'; readonly which: number }
  | { readonly do: 'device-write' | 'cpu-write'; readonly which: number; readonly part: number }

/** Each piece of a buffer begins `lead` bytes into the first page behind the piece before it: no two share a cache line. */
export interface PieceShape {
  readonly lead: number
  readonly size: number
}

/** A wish that may be granted: its step, and what is to be noted when the step is done. */
export interface Plan {
  readonly step: ScenarioStep
  /** Returns the steps in which whoever has the bytes now reads them. */
  done(): ScenarioStep[]
}

/** Few, so that a sequence gets far with each. */
const MAX_BUFFERS = 4
const MAX_LISTS = 4

export class DmaApiModel {
  private readonly now = new Ownership()
  private made = 0
  private readonly devices: readonly string[]

  constructor(devices: readonly string[]) {
    this.devices = devices
  }

  /** undefined when no caller may do it now. */
  plan(wish: Wish): Plan | undefined {
    switch (wish.do) {
      case 'alloc':
        return this.alloc(wish.pieces, null)
      case 'alloc-coherent':
        return this.alloc([{ lead: 0, size: wish.size }], pick(this.devices, wish.which) ?? null)
      case 'free':
        return this.free(
          pick(
            this.now.buffers.filter((one) => !one.pieces.some((piece) => this.now.isMapped(piece))),
            wish.which,
          ),
        )
      case 'list':
        return this.list(wish.picks)
      case 'map': {
        const device = pick(this.devices, wish.device) ?? ''
        return this.map(pick(this.now.mappable(device, wish.dir), wish.which), device, wish.dir)
      }
      case 'unmap':
        // What the CPU wrote into a mapped buffer must be synced for the device, or unmapping may throw it away.
        return this.unmap(
          pick(
            this.now.mappings.filter(({ cpuWrote }) => !cpuWrote),
            wish.which,
          ),
        )
      case 'sync':
        return this.sync(pick(this.now.mappings, wish.which))
      case 'device-read':
        return looking(this.deviceRead(pick(this.now.held().filter(isReadable), wish.which)))
      case 'device-write':
        return this.deviceWrite(
          pick(
            this.now.held().filter(({ dir }) => dir !== 'TO_DEVICE'),
            wish.which,
          ),
          wish.part,
        )
      case 'cpu-read':
        return looking(pick(this.cpuReads(this.now.pieces()), wish.which))
      case 'cpu-write':
        return this.cpuWrite(
          pick(
            this.now.pieces().filter((piece) => this.now.cpuMayWrite(piece)),
            wish.which,
          ),
          wish.part,
        )
    }
  }

  private alloc(shapes: readonly PieceShape[], coherent: string | null): Plan | undefined {
    if (this.now.buffers.length >= MAX_BUFFERS) return undefined
    const pieces: Piece[] = []
    let size = 0
    const places = shapes.map(({ lead, size: len }) => {
      const offset = pageAlign(size) + lead
      size = offset + len
      return { offset, size: len, defined: true }
    })
    const buffer: OwnedBuffer = { name: `b${this.made + 1}`, size, coherent, pieces }
    for (const place of places) pieces.push({ buffer, ...place })
    const step = { do: 'alloc', buffer: buffer.name, size } as const
    return {
      step: coherent === null ? { ...step, from: 'pages' } : { ...step, from: 'coherent', device: coherent, attrs: [] },
      done: () => {
        this.made++
        this.now.buffers = [...this.now.buffers, buffer]
        return []
      },
    }
  }

  private free(buffer: OwnedBuffer | undefined): Plan | undefined {
    if (buffer === undefined) return undefined
    return {
      step: { do: 'free', buffer: buffer.name },
      done: () => {
        this.now.buffers = this.now.buffers.filter((one) => one !== buffer)
        this.now.lists = this.now.lists.filter(({ pieces }) => !pieces.some((piece) => piece.buffer === buffer))
        return []
      },
    }
  }

  private list(picks: readonly number[]): Plan | undefined {
    const left = this.now.pieces().filter(({ buffer }) => buffer.coherent === null)
    const pieces = picks.flatMap((at) => (left.length === 0 ? [] : left.splice(at % left.length, 1)))
    if (pieces.length === 0 || this.now.lists.length >= MAX_LISTS) return undefined
    const target = { name: `l${this.made + 1}`, pieces }
    return {
      step: { do: 'sg-table', buffer: target.name, of: pieces.map(partOf) },
      done: () => {
        this.made++
        this.now.lists = [...this.now.lists, target]
        return []
      },
    }
  }

  private map(target: Target | undefined, device: string, dir: StepDirection): Plan | undefined {
    if (target === undefined) return undefined
    const mapping: Mapping = { target, device, dir, owner: 'device', cpuWrote: false }
    return {
      step: { do: 'map', buffer: target.name, device, dir },
      done: () => {
        this.now.mappings = [...this.now.mappings, mapping]
        if (dir === 'FROM_DEVICE') for (const piece of target.pieces) piece.defined = false
        return this.deviceReads(mapping)
      },
    }
  }

  private unmap(mapping: Mapping | undefined): Plan | undefined {
    if (mapping === undefined) return undefined
    return {
      step: { do: 'unmap', buffer: mapping.target.name, device: mapping.device },
      done: () => {
        this.now.mappings = this.now.mappings.filter((one) => one !== mapping)
        return this.cpuReads(mapping.target.pieces)
      },
    }
  }

  /** Hands the buffer to the one who does not have it. */
  private sync(mapping: Mapping | undefined): Plan | undefined {
    if (mapping === undefined) return undefined
    const { target, device, dir } = mapping
    const to = mapping.owner === 'cpu' ? 'device' : 'cpu'
    return {
      step: { do: 'sync', buffer: target.name, device, for: to, dir },
      done: () => {
        mapping.owner = to
        mapping.cpuWrote = false
        return to === 'cpu' ? this.cpuReads(target.pieces) : this.deviceReads(mapping)
      },
    }
  }

  private deviceWrite(held: Held | undefined, part: number): Plan | undefined {
    if (held === undefined) return undefined
    const { target, device, dir } = held
    const whole = dir === 'FROM_DEVICE' || !isDefined(target)
    const size = target.pieces.reduce((sum, piece) => sum + piece.size, 0)
    return {
      step: { do: 'device-write', buffer: target.name, device, ...(whole ? {} : within(part, 0, size)) },
      done: () => {
        for (const piece of target.pieces) piece.defined = true
        return [...this.deviceReads(held), ...this.cpuReads(target.pieces)]
      },
    }
  }

  private cpuWrite(piece: Piece | undefined, part: number): Plan | undefined {
    if (piece === undefined) return undefined
    const { buffer, offset, size } = piece
    return {
      step: { do: 'cpu-write', buffer: buffer.name, ...within(piece.defined ? part : 0, offset, size, buffer.size) },
      done: () => {
        piece.defined = true
        for (const mapping of this.now.over(piece)) mapping.cpuWrote = true
        const holder = this.now.held().find(({ target }) => target.name === buffer.name)
        return [...this.cpuReads([piece]), ...(holder === undefined ? [] : this.deviceReads(holder))]
      },
    }
  }

  private cpuReads(pieces: readonly Piece[]): ScenarioStep[] {
    const readable = pieces.filter((piece) => piece.defined && this.now.cpuOwns(piece))
    return readable.map(({ buffer, offset, size }) => ({
      do: 'cpu-read',
      buffer: buffer.name,
      ...within(0, offset, size, buffer.size),
    }))
  }

  private deviceRead(held: Held | undefined): ScenarioStep | undefined {
    return held === undefined ? undefined : { do: 'device-read', buffer: held.target.name, device: held.device }
  }

  private deviceReads(held: Held): ScenarioStep[] {
    const step = isReadable(held) ? this.deviceRead(held) : undefined
    return step === undefined ? [] : [step]
  }
}

const pick = <T>(from: readonly T[], which: number): T | undefined => from[which % Math.max(1, from.length)]

const looking = (step: ScenarioStep | undefined): Plan | undefined =>
  step === undefined ? undefined : { step, done: () => [] }

const partOf = ({ buffer, offset, size }: Piece): ListPart =>
  size === buffer.size ? buffer.name : { buffer: buffer.name, offset, len: size }

/** A part of `size` bytes from `first` on, or (0) all of them; nothing is said where that is the whole buffer. */
const within = (part: number, first: number, size: number, whole = size): { offset?: number; len?: number } => {
  if (part === 0) return size === whole ? {} : { offset: first, len: size }
  const skip = (part * 97) % size
  return { offset: first + skip, len: Math.max(1, Math.floor((size - skip) / 2)) }
}
