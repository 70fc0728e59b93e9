// Careful JavaScript: typed arrays, line masks and the same three-level summary as the engine, no object per line. Contents are
// flat (no frames, no sections), which favours it.
import { patternStart, patternWord } from './pattern.mjs'

const LINE = 64
const PAGE = 4096

export class TypedMachine {
  constructor(base, pages) {
    this.base = base
    this.dram = new Uint8Array(pages * PAGE)
    this.cache = new Uint8Array(pages * PAGE)
    this.dramWords = new Int32Array(this.dram.buffer)
    this.cacheWords = new Int32Array(this.cache.buffer)
    // Two words of 32 lines a page; one bit per page; one bit per 32 pages.
    this.dirty = new Uint32Array(pages * 2)
    this.valid = new Uint32Array(pages * 2)
    this.dirtyPages = new Uint32Array((pages + 31) >>> 5)
    this.dirtyWords = new Uint32Array((this.dirtyPages.length + 31) >>> 5)
  }

  markDirty(line) {
    const page = line >>> 6
    const bit = 1 << (line & 31)
    this.dirty[line >>> 5] |= bit
    this.valid[line >>> 5] |= bit
    this.dirtyPages[page >>> 5] |= 1 << (page & 31)
    this.dirtyWords[page >>> 10] |= 1 << ((page >>> 5) & 31)
  }

  /** Line fill of lines [first, end). */
  fetch(first, end) {
    for (let w = first >>> 5; w < end >>> 5; w++) {
      const missing = ~this.valid[w]
      if (missing === 0) continue
      if (missing === -1) this.cache.set(this.dram.subarray(w * 2048, w * 2048 + 2048), w * 2048)
      else
        for (let bit = 0; bit < 32; bit++)
          if ((missing >>> bit) & 1) {
            const at = (w * 32 + bit) * LINE
            this.cache.set(this.dram.subarray(at, at + LINE), at)
          }
      this.valid[w] = 0xffffffff
    }
  }

  cpuWriteByte(at, byte) {
    const line = (at - this.base) >>> 6
    if (((this.valid[line >>> 5] >>> (line & 31)) & 1) === 0)
      this.cache.set(this.dram.subarray(line * LINE, line * LINE + LINE), line * LINE)
    this.cache[at - this.base] = byte
    this.markDirty(line)
  }

  /** Whole pages. */
  cpuFill(at, len, seed) {
    const first = (at - this.base) / PAGE
    const end = first + len / PAGE
    fill(this.cacheWords, (at - this.base) >>> 2, len >>> 2, seed)
    this.dirty.fill(0xffffffff, first * 2, end * 2)
    this.valid.fill(0xffffffff, first * 2, end * 2)
    for (let page = first; page < end; page++) {
      this.dirtyPages[page >>> 5] |= 1 << (page & 31)
      this.dirtyWords[page >>> 10] |= 1 << ((page >>> 5) & 31)
    }
  }

  cpuCompare(at, len, seed) {
    this.fetch((at - this.base) >>> 6, (at - this.base + len) >>> 6)
    return compare(this.cacheWords, (at - this.base) >>> 2, len >>> 2, seed)
  }

  /** Memory that was never written is zero: only the lines are marked valid, as copying gigabytes would need as much memory. */
  readZeros() {
    this.valid.fill(0xffffffff)
  }

  deviceFill(at, len, seed) {
    fill(this.dramWords, (at - this.base) >>> 2, len >>> 2, seed)
  }

  deviceCompare(at, len, seed) {
    return compare(this.dramWords, (at - this.base) >>> 2, len >>> 2, seed)
  }

  /** Whole pages. */
  clean(at, len) {
    const first = (at - this.base) / PAGE
    const end = first + len / PAGE
    let writtenBack = 0
    for (let w = first >>> 5; w < (end + 31) >>> 5; w++) {
      if ((w & 31) === 0 && this.dirtyWords[w >>> 5] === 0) {
        w |= 31
        continue
      }
      let pages = this.dirtyPages[w]
      if (w === first >>> 5) pages &= -1 << (first & 31)
      if (w === end >>> 5) pages &= ~(-1 << (end & 31))
      if (pages === 0) continue
      for (let bits = pages; bits !== 0; bits &= bits - 1)
        writtenBack += this.cleanPage((w << 5) + 31 - Math.clz32(bits & -bits))
      this.dirtyPages[w] &= ~pages
      if (this.dirtyPages[w] === 0) this.dirtyWords[w >>> 5] &= ~(1 << (w & 31))
    }
    return { lines: len / LINE, writtenBack }
  }

  cleanPage(page) {
    let writtenBack = 0
    for (let w = page * 2; w < page * 2 + 2; w++) {
      let bits = this.dirty[w]
      if (bits === 0xffffffff) {
        this.dram.set(this.cache.subarray(w * 2048, w * 2048 + 2048), w * 2048)
        writtenBack += 32
        bits = 0
      }
      for (; bits !== 0; bits &= bits - 1, writtenBack++) {
        const word = (w * 32 + 31 - Math.clz32(bits & -bits)) * (LINE / 4)
        for (let i = word; i < word + LINE / 4; i++) this.dramWords[i] = this.cacheWords[i]
      }
      this.dirty[w] = 0
    }
    return writtenBack
  }

  cleanTimes(at, len, times) {
    let last
    for (let i = 0; i < times; i++) last = this.clean(at, len)
    return last
  }

  /** Whole pages. */
  invalidate(at, len) {
    const first = (at - this.base) / PAGE
    const end = first + len / PAGE
    this.valid.fill(0, first * 2, end * 2)
    this.dirty.fill(0, first * 2, end * 2)
  }

  makeList(entries) {
    return {
      pfn: Uint32Array.from(entries, ([pfn]) => pfn),
      offset: new Uint32Array(entries.length),
      length: Uint32Array.from(entries, ([, length]) => length),
      attrs: new Uint32Array(entries.length),
      isPage: new Uint8Array(entries.length).fill(1),
      dmaAddress: new Float64Array(entries.length),
      dmaLength: new Uint32Array(entries.length),
    }
  }

  mapSg(list, { ranges, skipAttrs, limit }) {
    const { pfn, offset, length, attrs, isPage, dmaAddress, dmaLength } = list
    const firstPfn = this.base / PAGE
    let range = ranges[0]
    let lines = 0
    let writtenBack = 0
    for (let i = 0; i < pfn.length; i++) {
      if ((attrs[i] & skipAttrs) !== 0) continue
      if (isPage[i] === 0) break
      const at = pfn[i]
      const len = length[i]
      if (at < range.firstPfn || at >= range.endPfn) {
        range = ranges.find(({ firstPfn, endPfn }) => at >= firstPfn && at < endPfn)
        if (range === undefined) break
      }
      const bus = at * PAGE + offset[i] + range.busOffset
      if (bus + len - 1 > limit) break
      const page = at - firstPfn
      if (len > PAGE || (this.dirtyPages[page >>> 5] >>> (page & 31)) & 1)
        writtenBack += this.clean(at * PAGE, len).writtenBack
      lines += len >>> 6
      dmaAddress[i] = bus
      dmaLength[i] = len
    }
    return { lines, writtenBack }
  }

  mapSgTimes(list, device, times) {
    let last
    for (let i = 0; i < times; i++) last = this.mapSg(list, device)
    return last
  }

  dmaOf(list, i) {
    return [list.dmaAddress[i], list.dmaLength[i]]
  }
}

function fill(words, first, count, seed) {
  const start = patternStart(seed)
  for (let n = 0; n < count; n++) words[first + n] = patternWord(start, n)
}

function compare(words, first, count, seed) {
  const start = patternStart(seed)
  let wrong = 0
  for (let n = 0; n < count; n++) {
    let differ = words[first + n] ^ patternWord(start, n)
    for (; differ !== 0; differ >>>= 8) if ((differ & 0xff) !== 0) wrong++
  }
  return wrong
}
