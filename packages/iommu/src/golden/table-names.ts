// The event log in the words of a reader: tables by number in order of allocation, and the tables themselves as lists.
import { IO_LOG, type LogRecord, type PageTable } from '@dmalab/hot'

export type TableEvent = readonly (string | number)[]
/** [number, level, entries]. */
export type TableDump = readonly [number, number, readonly TableEntry[]]
/** [index, entry], [index, entry, count, step], or [index, 'T<number>', rest]. */
export type TableEntry = readonly (string | number)[]

const SHORTEST_RUN = 3
const ADDRESS_64 = 0x0000_ffff_ffff_f000n
const ADDRESS_32 = 0xffff_fc00n

const hex = (x: bigint): string => `0x${x.toString(16)}`

/** Numbers tables as they are allocated; a freed table's number is never used again. */
export class TableNames {
  private readonly numbers = new Map<bigint, number>()
  private next = 0

  /** Log records as `[letter, ...]`, in time order. */
  events(records: readonly LogRecord[]): TableEvent[] {
    return records.map((r) => this.event(r))
  }

  /** All tables now, in number order. Zero entries are left out; three or more entries at equal steps are joined. */
  dump(table: PageTable): TableDump[] {
    const found: TableDump[] = []
    const visit = (at: number, level: number, bits: number): void => {
      const entries = table.entries(at, bits)
      found.push([this.numberOf(BigInt(at)), level, this.list(table, entries, level)])
      for (const { value } of entries)
        if (isTable(table, value, level)) visit(Number(value & addressMask(table)), level + 1, table.shape.bitsPerLevel)
    }
    visit(table.pgd, table.shape.startLevel, table.shape.pgdBits)
    return found.toSorted((a, b) => a[0] - b[0])
  }

  private event({ kind, count, a, b, c }: LogRecord): TableEvent {
    const repeated = count > 1 ? [count] : []
    switch (kind) {
      case IO_LOG.TABLE_ALLOC:
        this.numbers.set(a, this.next)
        return ['+', this.next++]
      case IO_LOG.TABLE_FREE:
        return ['-', this.numberOf(a)]
      case IO_LOG.FLUSH_WALK:
        return ['w', hex(a), hex(b), hex(c)]
      case IO_LOG.ADD_PAGE:
        return ['p', hex(a), hex(b), ...repeated]
      case IO_LOG.FLUSH_ALL:
        return ['a']
      case IO_LOG.DIRTY:
        return ['d', hex(a), hex(b)]
      case IO_LOG.TABLE_MAP:
        return ['M', this.numberOf(a), Number(b)]
      case IO_LOG.TABLE_UNMAP:
        return ['U', this.numberOf(a), Number(b)]
      case IO_LOG.TABLE_SYNC:
        return ['S', this.numberOf(a), Number(b), Number(c), ...repeated]
      default:
        throw new Error(`log record of unknown kind ${kind}`)
    }
  }

  private numberOf(at: bigint): number {
    const number = this.numbers.get(at)
    if (number === undefined) throw new Error(`no table at ${hex(at)}`)
    return number
  }

  private list(table: PageTable, entries: readonly Entry[], level: number): TableEntry[] {
    const wrap = table.shape.format === 'ARM_V7S' ? 32 : 64
    const listed: TableEntry[] = []
    for (let i = 0; i < entries.length;) {
      const first = entries[i]!
      if (isTable(table, first.value, level)) {
        const address = first.value & addressMask(table)
        listed.push([first.index, `T${this.numberOf(address)}`, hex(first.value - address)])
        i++
        continue
      }
      const run = runAt(entries, i, wrap, (e) => isTable(table, e.value, level))
      const joined = run.count >= SHORTEST_RUN
      listed.push(joined ? [first.index, hex(first.value), run.count, hex(run.step)] : [first.index, hex(first.value)])
      i += joined ? run.count : 1
    }
    return listed
  }
}

export interface Entry {
  readonly index: number
  readonly value: bigint
}

/** How many neighbouring entries from `i` on lie at one step from each other. */
function runAt(
  entries: readonly Entry[],
  i: number,
  wrap: number,
  breaks: (e: Entry) => boolean,
): { count: number; step: bigint } {
  const first = entries[i]!
  const second = entries[i + 1]
  if (second === undefined || second.index !== first.index + 1 || breaks(second)) return { count: 1, step: 0n }
  const step = BigInt.asUintN(wrap, second.value - first.value)
  let count = 2
  for (let last = second; ; count++) {
    const next = entries[i + count]
    if (next === undefined || next.index !== last.index + 1 || breaks(next)) break
    if (BigInt.asUintN(wrap, next.value - last.value) !== step) break
    last = next
  }
  return { count, step }
}

const addressMask = (table: PageTable): bigint => (table.shape.format === 'ARM_V7S' ? ADDRESS_32 : ADDRESS_64)

function isTable(table: PageTable, value: bigint, level: number): boolean {
  const type = value & 3n
  return table.shape.format === 'ARM_V7S' ? level === 1 && type === 1n : level < 3 && type === 3n
}
