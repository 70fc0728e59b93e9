// Physical memory as a strip: what lies where, how much of it each device reaches, and where buffers are now.
import type { BoardDescription, BootMemory, Event, MasterRow } from '@dmalab/api'
import type { Timeline, ViewBuffer } from '@dmalab/report/view'

export interface Piece {
  readonly base: number
  readonly len: number
  readonly what: string
  readonly kind: 'memory' | 'pool' | 'cma' | 'bounce' | 'reserved' | 'hole'
  readonly struct: string
  readonly mapping: string
  /** Place in the strip, 0..1. */
  readonly x: number
  readonly width: number
}

/** Buffers that exist at an event, with what they cover. */
export interface Placed {
  readonly buffer: ViewBuffer
  readonly base: number
  readonly len: number
}

/** Part of the strip that a device cannot reach. */
export interface Blocked {
  readonly x: number
  readonly width: number
}

/** A window of a device: CPU addresses, and the bus addresses that stand for them. */
export interface WindowPlace extends Blocked {
  readonly bus: number
  readonly len: number
  readonly cpu: number
}

const kindOf = (kind: string): Piece['kind'] => {
  if (/coherent pool|restricted/.test(kind)) return 'pool'
  if (/CMA/.test(kind)) return 'cma'
  return /RAM/.test(kind) ? 'memory' : 'reserved'
}

/** Regions of a board, with what the kernel took at boot, by address. */
export const regionsOf = (board: BoardDescription, boot: BootMemory | null): readonly Omit<Piece, 'x' | 'width'>[] => {
  const rows = board.map.map(({ base, len, what, kind, structPage, cpuMapping }) => ({
    base,
    len,
    what,
    kind: kindOf(kind),
    struct: structPage === 'yes' ? 'yes' : structPage === 'no' ? 'no' : 'since 5.12',
    mapping: cpuMapping,
  }))
  const swiotlb = boot?.swiotlb ?? null
  const cuts: Omit<Piece, 'x' | 'width'>[] =
    swiotlb === null
      ? []
      : [{ ...swiotlb, what: `bounce pool, ${swiotlb.slots} slots`, kind: 'bounce', struct: 'yes', mapping: 'cached' }]
  return withHoles(cuts.reduce(cutOut, rows))
}

/** Where nothing tells of a board, buffers themselves say where memory is. */
export const regionsOfBuffers = (timeline: Timeline): readonly Omit<Piece, 'x' | 'width'>[] => {
  const BLOCK = 2 ** 24
  const blocks = new Set<number>()
  for (const { pieces } of timeline.buffers)
    for (const { base } of pieces.slice(0, 8)) blocks.add(Math.floor(base / BLOCK))
  const rows: { base: number; len: number }[] = []
  for (const block of [...blocks].toSorted((a, b) => a - b)) {
    const last = rows.at(-1)
    if (last !== undefined && last.base + last.len === block * BLOCK) last.len += BLOCK
    else rows.push({ base: block * BLOCK, len: BLOCK })
  }
  return withHoles(
    rows.map((row) => ({
      ...row,
      what: 'memory with buffers',
      kind: 'memory',
      struct: 'not known',
      mapping: 'not known',
    })),
  )
}

type Region = Omit<Piece, 'x' | 'width'>

const cutOut = (rows: readonly Region[], part: Region): readonly Region[] =>
  rows.flatMap((row): Region[] => {
    const [end, partEnd] = [row.base + row.len, part.base + part.len]
    if (part.base >= end || partEnd <= row.base) return [row]
    return [
      ...(part.base > row.base ? [{ ...row, len: part.base - row.base }] : []),
      part,
      ...(partEnd < end ? [{ ...row, base: partEnd, len: end - partEnd }] : []),
    ]
  })

const withHoles = (rows: readonly Region[]): readonly Region[] =>
  rows
    .toSorted((a, b) => a.base - b.base)
    .flatMap((row, i, all): Region[] => {
      const last = all[i - 1]
      const from = last === undefined ? 0 : last.base + last.len
      const hole: Region = {
        base: from,
        len: row.base - from,
        what: 'no memory',
        kind: 'hole',
        struct: 'no',
        mapping: '',
      }
      return hole.len > 0 ? [hole, row] : [row]
    })

/** Parts of the strip: a region's width grows with the logarithm of its size, so that small pools are seen beside gigabytes. */
export const placed = (regions: readonly Region[]): readonly Piece[] => {
  const weight = ({ len, kind }: Region): number => (kind === 'hole' ? 0.45 : Math.max(1, Math.log2(len / 2 ** 18) / 3))
  const sum = regions.reduce((total, region) => total + weight(region), 0)
  let x = 0
  return regions.map((region) => {
    const width = weight(region) / sum
    x += width
    return { ...region, x: x - width, width }
  })
}

/** Place of an address in the strip. */
export const placeOf = (pieces: readonly Piece[], at: number): number => {
  const piece = pieces.find(({ base, len }) => at >= base && at < base + len)
  if (piece !== undefined) return piece.x + (piece.width * (at - piece.base)) / piece.len
  return at < (pieces[0]?.base ?? 0) ? 0 : 1
}

/** What a device can reach by its mask and its bus, without an IOMMU's help. */
export const blockedFor = (pieces: readonly Piece[], master: MasterRow): readonly Blocked[] => {
  if (master.iommu?.enabled === true) return []
  const limit = Math.min(2 ** master.maskBits - 1, master.busLimit ?? Infinity)
  const windows = master.windows.length === 0 ? [{ cpu: 0, bus: 0, len: 2 ** 52 }] : master.windows
  return pieces.flatMap((piece) => {
    if (piece.kind === 'hole') return []
    // The first byte from which on nothing of the piece is reached; windows are few, so one cut is enough.
    const ways = windows
      .map(({ cpu, bus, len }) => ({ from: cpu, to: Math.min(cpu + len, limit - bus + cpu + 1) }))
      .filter(({ from, to }) => to > piece.base && from < piece.base + piece.len && to > from)
    const from = Math.min(piece.base + piece.len, ...ways.map((way) => Math.max(way.from, piece.base)))
    const to = Math.max(piece.base, ...ways.map((way) => Math.min(way.to, piece.base + piece.len)))
    if (ways.length === 0) return [{ x: piece.x, width: piece.width }]
    const part = (a: number, b: number): Blocked[] =>
      b > a ? [{ x: placeOf(pieces, a), width: ((b - a) / piece.len) * piece.width }] : []
    return [...part(piece.base, from), ...part(to, piece.base + piece.len)]
  })
}

export const windowsOf = (pieces: readonly Piece[], { windows }: MasterRow): readonly WindowPlace[] =>
  windows.map(({ cpu, bus, len }) => {
    const x = placeOf(pieces, cpu)
    return { cpu, bus, len, x, width: Math.max(0.002, placeOf(pieces, cpu + len - 1) - x) }
  })

/** Buffers that exist at an event. */
export const buffersAt = (timeline: Timeline, event: number): readonly Placed[] =>
  timeline.buffers
    .filter(({ from, to }) => from <= event && (to === null || to > event))
    .flatMap((buffer) => buffer.pieces.slice(0, 64).map(({ base, len }) => ({ buffer, base, len })))

/** What a device has mapped at an event: bus addresses, and the physical ones behind them. */
export const mappedAt = (
  timeline: Timeline,
  events: readonly Event[],
  device: string,
  event: number,
): readonly { readonly bus: number; readonly phys: number; readonly len: number; readonly buffer: number }[] => {
  const lane = timeline.lanes.findIndex(({ name }) => name === device)
  return timeline.bars
    .filter((bar) => bar.lane === lane && bar.from <= event && (bar.to === null || bar.to > event))
    .flatMap((bar) => {
      const begin = events[bar.from]
      const phys = timeline.buffers[bar.buffer]?.pieces[0]?.base
      if (begin === undefined || phys === undefined) return []
      if (begin.event === 'dma_map_sg')
        return [{ bus: begin.dmaAddrs[0] ?? 0, phys, len: begin.sizes[0] ?? 0, buffer: bar.buffer }]
      return 'dmaAddr' in begin && 'size' in begin
        ? [{ bus: begin.dmaAddr, phys, len: begin.size, buffer: bar.buffer }]
        : []
    })
}
