// What one would write first: an object per cache line in a Map, a Map of pages, a look-up per line.
import { patternByte } from './pattern.mjs'

const LINE = 64
const PAGE = 4096

export class NaiveMachine {
  constructor(base, pages) {
    this.base = base
    this.len = pages * PAGE
    this.lines = new Map()
    this.pages = new Map()
    for (let at = base; at < base + this.len; at += PAGE) this.pages.set(at, new Uint8Array(PAGE))
  }

  page(at) {
    return this.pages.get(at - (at % PAGE))
  }

  /** The cached line that holds a byte, fetched when it is not there. */
  line(at) {
    const start = at - (at % LINE)
    let line = this.lines.get(start)
    if (line === undefined) {
      const offset = start % PAGE
      line = { dirty: false, bytes: this.page(start).slice(offset, offset + LINE) }
      this.lines.set(start, line)
    }
    return line
  }

  cpuWriteByte(at, byte) {
    const line = this.line(at)
    line.bytes[at % LINE] = byte
    line.dirty = true
  }

  cpuFill(at, len, seed) {
    for (let i = 0; i < len; i++) this.cpuWriteByte(at + i, patternByte(seed, i))
  }

  cpuCompare(at, len, seed) {
    let wrong = 0
    for (let i = 0; i < len; i++) if (this.line(at + i).bytes[(at + i) % LINE] !== patternByte(seed, i)) wrong++
    return wrong
  }

  /** The CPU reads a whole range that was never written: all lines are valid, none is dirty. */
  readZeros(at, len) {
    this.cpuCompare(at, len, 0)
  }

  deviceFill(at, len, seed) {
    for (let i = 0; i < len; i++) this.page(at + i)[(at + i) % PAGE] = patternByte(seed, i)
  }

  deviceCompare(at, len, seed) {
    let wrong = 0
    for (let i = 0; i < len; i++) if (this.page(at + i)[(at + i) % PAGE] !== patternByte(seed, i)) wrong++
    return wrong
  }

  clean(at, len) {
    let lines = 0
    let writtenBack = 0
    for (let start = at; start < at + len; start += LINE, lines++) {
      const line = this.lines.get(start)
      if (line === undefined || !line.dirty) continue
      this.page(start).set(line.bytes, start % PAGE)
      line.dirty = false
      writtenBack++
    }
    return { lines, writtenBack }
  }

  cleanTimes(at, len, times) {
    let last
    for (let i = 0; i < times; i++) last = this.clean(at, len)
    return last
  }

  invalidate(at, len) {
    for (let start = at; start < at + len; start += LINE) this.lines.delete(start)
  }

  /** entries: [pfn, length] */
  makeList(entries) {
    return entries.map(([pfn, length]) => ({
      page: { kind: 'page', pfn },
      offset: 0,
      length,
      attrs: 0,
      dmaAddress: 0,
      dmaLength: 0,
    }))
  }

  mapSg(list, { ranges, skipAttrs, limit }) {
    let lines = 0
    let writtenBack = 0
    for (const entry of list) {
      if ((entry.attrs & skipAttrs) !== 0) continue
      if (entry.page.kind !== 'page') break
      const { pfn } = entry.page
      const range = ranges.find(({ firstPfn, endPfn }) => pfn >= firstPfn && pfn < endPfn)
      if (range === undefined) break
      const bus = pfn * PAGE + entry.offset + range.busOffset
      if (bus + entry.length - 1 > limit) break
      const done = this.clean(pfn * PAGE + entry.offset, entry.length)
      lines += done.lines
      writtenBack += done.writtenBack
      entry.dmaAddress = bus
      entry.dmaLength = entry.length
    }
    return { lines, writtenBack }
  }

  mapSgTimes(list, device, times) {
    let last
    for (let i = 0; i < times; i++) last = this.mapSg(list, device)
    return last
  }

  dmaOf(list, i) {
    return [list[i].dmaAddress, list[i].dmaLength]
  }
}
