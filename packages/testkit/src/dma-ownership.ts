// Who may touch which bytes: CPU or device, as Documentation/core-api/dma-api.rst has it.
import type { StepDirection } from '@dmalab/api'

/** Bytes that always go together: they lie in one piece, and an entry of a list covers all of them or none. */
export interface Piece {
  readonly buffer: OwnedBuffer
  readonly offset: number
  readonly size: number
  /** Every byte that was ever written holds what was written last. False after a mapping for the device to write, until it did. */
  defined: boolean
}

export interface OwnedBuffer {
  readonly name: string
  readonly size: number
  /** Whose coherent memory it is; null for pages. */
  readonly coherent: string | null
  readonly pieces: readonly Piece[]
}

/** What a device may map: a buffer, or a list of pieces. */
export interface Target {
  readonly name: string
  readonly pieces: readonly Piece[]
}

export interface Mapping {
  readonly target: Target
  readonly device: string
  readonly dir: StepDirection
  owner: 'cpu' | 'device'
  cpuWrote: boolean
}

/** What a device has in hand. */
export type Held = Pick<Mapping, 'target' | 'device' | 'dir'>

export class Ownership {
  buffers: readonly OwnedBuffer[] = []
  lists: readonly Target[] = []
  mappings: readonly Mapping[] = []

  pieces(): Piece[] {
    return this.buffers.flatMap(({ pieces }) => pieces)
  }

  over(piece: Piece): Mapping[] {
    return this.mappings.filter(({ target }) => target.pieces.includes(piece))
  }

  isMapped(piece: Piece): boolean {
    return this.over(piece).length > 0
  }

  /** Devices may share what none of them writes. */
  mappable(device: string, dir: StepDirection): Target[] {
    const direct = this.buffers.filter(({ coherent, pieces, size }) => coherent === null && pieces[0]?.size === size)
    return [...direct, ...this.lists].filter(({ name, pieces }) =>
      pieces.every((piece) =>
        this.over(piece).every(
          (other) =>
            dir === 'TO_DEVICE' && other.dir === dir && !(other.device === device && other.target.name === name),
        ),
      ),
    )
  }

  held(): Held[] {
    const coherent = this.buffers.flatMap((target): Held[] =>
      target.coherent === null ? [] : [{ target, device: target.coherent, dir: 'BIDIRECTIONAL' }],
    )
    return [...coherent, ...this.mappings.filter(({ owner }) => owner === 'device')]
  }

  cpuOwns(piece: Piece): boolean {
    return this.over(piece).every(({ owner }) => owner === 'cpu')
  }

  cpuMayWrite(piece: Piece): boolean {
    return this.cpuOwns(piece) && this.over(piece).every(({ dir }) => dir !== 'FROM_DEVICE')
  }
}

export const isDefined = ({ pieces }: Target): boolean => pieces.every(({ defined }) => defined)
export const isReadable = ({ target, dir }: Held): boolean => dir !== 'FROM_DEVICE' && isDefined(target)
