// A device's access to memory: bus address to physical ranges, what answers there, whose it is, and the bytes.
import type { BusAccess, BusReadResult, Content, DeviceBus, DmaAddr, EventSink, PhysAddr } from '@dmalab/api'
import type { Hot, View } from '@dmalab/hot'
import { Intervals } from './intervals.ts'
import type { ContentLedger, Owners } from './owners.ts'

/** One piece of a translated access. */
export type BusRun =
  | { readonly phys: PhysAddr; readonly len: number }
  /** Nothing lets the access through: an IOMMU fault, or no window. */
  | { readonly fault: string; readonly len: number }

/** How one device reaches memory; made by the DMA API for each device. */
export interface BusView {
  readonly name: string
  /** Snoops the CPU's caches. */
  readonly snoops: boolean
  /** Bits of an address that the device keeps, 1 to 64. */
  readonly addressBits: number
  translate(at: DmaAddr, len: number, write: boolean): readonly BusRun[]
}

export interface BusDeps {
  readonly hot: Hot
  readonly owners: Owners
  readonly ledger: ContentLedger
  readonly sink: EventSink
  /** What answers on the bus: RAM and reserved regions. */
  readonly present: Intervals<true>
}

type Piece =
  | { readonly phys: PhysAddr; readonly len: number; readonly done: number }
  | { readonly fault: string; readonly len: number }

export const createDeviceBus = (view: BusView, deps: BusDeps): DeviceBus => {
  const { hot, owners, ledger, sink, present } = deps
  const side: View = view.snoops ? 'snoop' : 'memory'

  /** Pieces that reach memory, with how many bytes of the access lie before each. */
  const pieces = (access: BusAccess, write: boolean): Piece[] => {
    let done = 0
    return view.translate(access.at, access.len, write).map((run) => {
      const piece: Piece =
        'fault' in run
          ? run
          : present.firstGap(run.phys, run.len) === undefined
            ? { done, ...run }
            : { fault: 'no memory answers', len: run.len }
      done += run.len
      return piece
    })
  }

  const foreigner = (access: BusAccess, found: readonly Piece[]): string | undefined => {
    const { owner } = access
    if (owner === undefined) return undefined
    for (const piece of found)
      if ('phys' in piece) {
        const other = owners.foreigner(piece.phys, piece.len, owner)
        if (other !== undefined) return other
      }
    return undefined
  }

  const report = (
    access: BusAccess,
    write: boolean,
    found: readonly Piece[],
    compared: { wrong: number; firstWrong: number } | undefined,
  ): BusReadResult => {
    const first = found.find((piece) => 'phys' in piece)
    const blocked = found.reduce((sum, piece) => sum + ('fault' in piece ? piece.len : 0), 0)
    const fault = found.find((piece) => 'fault' in piece)
    const foreign = foreigner(access, found)
    sink.emit({
      event: 'device_access',
      device: view.name,
      write,
      dmaAddr: access.at,
      size: access.len,
      ...(first !== undefined && 'phys' in first ? { physAddr: first.phys } : {}),
      ...(compared === undefined ? {} : { wrong: compared.wrong, firstWrong: compared.firstWrong }),
      ...(foreign === undefined ? {} : { foreign }),
      ...(access.buffer === undefined ? {} : { buffer: access.buffer }),
      ...(view.addressBits < 64 && access.at + access.len > 2 ** view.addressBits
        ? { addressBits: view.addressBits }
        : {}),
      ...(blocked === 0 ? {} : { blocked }),
      ...(fault !== undefined && 'fault' in fault ? { fault: fault.fault } : {}),
    })
    return {
      bytes: access.len - blocked,
      wrong: compared?.wrong ?? 0,
      firstWrong: compared?.firstWrong ?? -1,
      blocked,
      ...(foreign === undefined ? {} : { foreign }),
    }
  }

  return {
    write(access, content) {
      const found = pieces(access, true)
      for (const piece of found)
        if ('phys' in piece) {
          if (content instanceof Uint8Array)
            hot.write(side, piece.phys, content.subarray(piece.done, piece.done + piece.len))
          else hot.fill(side, piece.phys, piece.len, content.seed, (content.offset ?? 0) + piece.done)
        }
      if (access.owner !== undefined)
        ledger.record(access.owner, { content: fromStart(content, access), len: end(access) })
      return report(access, true, found, undefined)
    },

    read(access, expect) {
      const found = pieces(access, false)
      if (expect === undefined) return report(access, false, found, undefined)
      let wrong = 0
      let firstWrong = -1
      let before = 0
      for (const piece of found) {
        const result = 'phys' in piece ? compareBytes(hot, side, piece, expect) : { wrong: piece.len, firstWrong: 0 }
        if (result.wrong > 0 && firstWrong < 0) firstWrong = before + result.firstWrong
        wrong += result.wrong
        before += piece.len
      }
      return report(access, false, found, { wrong, firstWrong })
    },

    fetch(access) {
      const into = new Uint8Array(access.len)
      const found = pieces(access, false)
      for (const piece of found)
        if ('phys' in piece) hot.read(side, piece.phys, into.subarray(piece.done, piece.done + piece.len))
      report(access, false, found, undefined)
      return into
    },
  }
}

/** Bytes of the buffer up to the end of the access. */
const end = ({ offset = 0, len }: BusAccess): number => offset + len

/** The content as it would stand from the start of the buffer on; a gathering device writes it in several accesses. */
const fromStart = (content: Content | Uint8Array, { offset = 0 }: BusAccess): Content | Uint8Array => {
  if (offset === 0) return content
  if (content instanceof Uint8Array) throw new Error('bytes are written from the start of a buffer')
  return { seed: content.seed, offset: (content.offset ?? 0) - offset }
}

/** Compares one physically contiguous piece with its part of what is expected. */
export const compareBytes = (
  hot: Hot,
  side: View,
  piece: { readonly phys: PhysAddr; readonly len: number; readonly done: number },
  expect: Content | Uint8Array | number,
): { wrong: number; firstWrong: number } => {
  if (typeof expect === 'number') return hot.compareSet(side, piece.phys, piece.len, expect)
  if (!(expect instanceof Uint8Array))
    return hot.compare(side, piece.phys, piece.len, expect.seed, (expect.offset ?? 0) + piece.done)
  const got = new Uint8Array(piece.len)
  hot.read(side, piece.phys, got)
  let wrong = 0
  let firstWrong = -1
  for (let i = 0; i < piece.len; i++)
    if (got[i] !== expect[piece.done + i]) {
      if (firstWrong < 0) firstWrong = i
      wrong++
    }
  return { wrong, firstWrong }
}
