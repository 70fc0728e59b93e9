// Who has which buffer at this moment: bars that are open, in lanes and rows.
import { LiveRanges } from './intervals.ts'
import { RowStack } from './row-stack.ts'
import type { Arrow, Bar, Owner, Tick, TickKind, Timeline, ViewBuffer } from './timeline-data.ts'

type Open<T> = { -readonly [K in keyof T]: T[K] }
interface OpenBar extends Open<Omit<Bar, 'owners'>> {
  readonly owners: [number, Owner][]
}

export class Ownership {
  /** Position of the event that is followed. */
  at = -1
  readonly buffers: Open<ViewBuffer>[] = []
  readonly live = new LiveRanges<number>()
  private readonly bars: OpenBar[] = []
  private readonly ticks: Tick[] = []
  private readonly arrows: Arrow[] = []
  private readonly rows: RowStack[] = []
  private readonly laneNumbers = new Map<string, number>()
  /** Open bars: by what undoes them, and by buffer. */
  private readonly open = new Map<string, OpenBar[]>()
  private readonly ofBuffer = new Map<number, OpenBar[]>()

  finish(): Pick<Timeline, 'lanes' | 'buffers' | 'bars' | 'ticks' | 'arrows'> {
    const { buffers, bars, ticks, arrows } = this
    const lanes = [...this.laneNumbers.keys()].map((name, i) => ({ name, rows: this.rows[i]?.rows ?? 0 }))
    return { lanes, buffers, bars, ticks, arrows }
  }

  /** Lane of a name; undefined: it has none yet. */
  knownLane(name: string): number | undefined {
    return this.laneNumbers.get(name)
  }

  laneOf(name: string): number {
    const known = this.laneNumbers.get(name)
    if (known !== undefined) return known
    this.laneNumbers.set(name, this.rows.length)
    return this.rows.push(new RowStack()) - 1
  }

  buffer(made: Omit<ViewBuffer, 'id' | 'name' | 'from' | 'to'>): number {
    const id = this.buffers.length
    this.buffers.push({ id, name: `${made.device} #${id}`, from: this.at, to: null, ...made })
    for (const { base, len } of made.pieces) this.live.add(base, len, id)
    return id
  }

  bar(buffer: number, device: string, kind: Bar['kind'], key: string, owner: Owner, bounced = false): void {
    const lane = this.laneOf(device)
    const row = this.rows[lane]?.take() ?? 0
    const bar: OpenBar = {
      buffer,
      lane,
      kind,
      from: this.at,
      to: null,
      row,
      bounced,
      owners: [[this.at, owner]],
    }
    this.bars.push(bar)
    push(this.open, key, bar)
    push(this.ofBuffer, buffer, bar)
    // While a device has it mapped, the others wait.
    if (kind === 'mapping')
      for (const other of this.ofBuffer.get(buffer) ?? []) if (other !== bar) this.change(other, 'transit')
  }

  close(key: string): number | undefined {
    const bars = this.open.get(key)
    const bar = bars?.pop()
    if (bars?.length === 0) this.open.delete(key)
    if (bar === undefined) return undefined
    bar.to = this.at
    this.rows[bar.lane]?.give(bar.row)
    const left = (this.ofBuffer.get(bar.buffer) ?? []).filter((one) => one !== bar)
    if (left.length === 0) this.ofBuffer.delete(bar.buffer)
    else this.ofBuffer.set(bar.buffer, left)
    const buffer = this.buffers[bar.buffer]
    const isOver = bar.kind === 'home' || (left.length === 0 && buffer?.kind !== 'coherent' && buffer?.kind !== 'pool')
    if (buffer !== undefined && isOver && left.every(({ kind }) => kind !== 'home')) {
      buffer.to = this.at
      for (const { base, len } of buffer.pieces) this.live.delete(base, len, buffer.id)
    }
    for (const one of left) if (one.kind === 'home') this.change(one, 'cpu')
    return bar.buffer
  }

  /** `device`: whose bar it is that belongs to its device now; the others are in transit. */
  own(buffer: number, owner: Owner, device: string | null): void {
    for (const bar of this.ofBuffer.get(buffer) ?? []) {
      const isItsLane = device === null || bar.lane === this.laneNumbers.get(device)
      this.change(bar, owner === 'device' && !isItsLane ? 'transit' : owner)
    }
  }

  tick(kind: TickKind, device: string, buffer: number | null): void {
    this.ticks.push({ event: this.at, lane: this.laneOf(device), kind, buffer })
  }

  /** A buffer passes from one device to another. */
  arrow(buffer: number, from: string, to: string): void {
    this.arrows.push({ event: this.at, from: this.laneOf(from), to: this.laneOf(to), buffer })
  }

  /** The buffer at a bus address: what the device has mapped or allocated there, else where the address is the physical one. */
  atBus(device: string, at: number): number | undefined {
    const mapped = this.open.get(`${device} ${at}`) ?? this.open.get(`${device} alloc ${at}`)
    return mapped?.at(-1)?.buffer ?? this.within(device, at) ?? this.live.at(at)
  }

  private within(device: string, at: number): number | undefined {
    const lane = this.laneNumbers.get(device)
    for (const bars of this.ofBuffer.values())
      for (const { buffer, lane: its } of bars) {
        const one = this.buffers[buffer]
        if (
          its === lane &&
          one !== undefined &&
          one.dmaAddr !== null &&
          at >= one.dmaAddr &&
          at < one.dmaAddr + one.size
        )
          return buffer
      }
    return undefined
  }

  private change(bar: OpenBar, owner: Owner): void {
    const last = bar.owners.at(-1)
    if (last?.[1] === owner) return
    if (last?.[0] === this.at) last[1] = owner
    else bar.owners.push([this.at, owner])
  }
}

const push = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  const known = map.get(key)
  if (known === undefined) map.set(key, [value])
  else known.push(value)
}
