// Rows about page tables: single pages, one call a last-level table as the kernel makes it.
import { compileHotSync, Hot } from '@dmalab/hot'
import { openIoPgtable } from '@dmalab/iommu'
import { numbers } from './index.mjs'
import { memoryOf } from './memory.mjs'

const PAGE = 4096
/** Stage 1, write-back, read-write, unprivileged. */
const PROT = 7
const LOW = 0xf47

/** All pages of a table, one call a last-level table; the addresses behind pages. */
class Loops {
  mapAll(pages, perTable) {
    for (let page = 0; page < pages; page += perTable) this.map(page, perTable)
  }

  unmapAll(pages, perTable) {
    for (let page = 0; page < pages; page += perTable) this.unmap(page, perTable)
  }

  walkAll(order) {
    let sum = 0
    for (let i = 0; i < order.length; i++) sum += this.phys(order[i])
    return sum
  }
}

/** A Map of tables, each a Map of entries. */
class Naive extends Loops {
  constructor(perTable) {
    super()
    this.perTable = perTable
    this.tables = new Map()
  }

  map(page, count) {
    for (let at = page; at < page + count; at++) {
      const number = Math.floor(at / this.perTable)
      if (!this.tables.has(number)) this.tables.set(number, new Map())
      this.tables.get(number).set(at % this.perTable, at * PAGE + LOW)
    }
  }

  unmap(page, count) {
    for (let at = page; at < page + count; at++)
      this.tables.get(Math.floor(at / this.perTable)).delete(at % this.perTable)
  }

  phys(page) {
    const entry = this.tables.get(Math.floor(page / this.perTable))?.get(page % this.perTable)
    return entry === undefined ? 0 : entry - LOW
  }
}

/** Two words an entry in one typed array; checked for room, filled with a running address. */
class Typed extends Loops {
  constructor(pages) {
    super()
    this.words = new Uint32Array(pages * 2)
  }

  map(page, count) {
    const { words } = this
    for (let i = page * 2; i < (page + count) * 2; i++) if (words[i] !== 0) throw new Error('mapped')
    for (let i = page; i < page + count; i++) {
      words[i * 2] = (i << 12) | LOW
      words[i * 2 + 1] = i >>> 20
    }
  }

  /** As the kernel: what is mapped up to the first hole. */
  unmap(page, count) {
    const { words } = this
    let end = page
    while (end < page + count && words[end * 2] !== 0) end++
    words.fill(0, page * 2, end * 2)
  }

  phys(page) {
    const entry = this.words[page * 2 + 1] * 2 ** 32 + this.words[page * 2]
    return entry === 0 ? 0 : entry - LOW
  }
}

/** As Typed, with the entries of the short format, one word each. */
class TypedShort extends Loops {
  constructor(pages) {
    super()
    this.words = new Uint32Array(pages)
  }

  map(page, count) {
    const { words } = this
    for (let i = page; i < page + count; i++) if (words[i] !== 0) throw new Error('mapped')
    for (let i = page; i < page + count; i++) words[i] = (i << 12) | LOW
  }

  unmap(page, count) {
    const { words } = this
    let end = page
    while (end < page + count && words[end] !== 0) end++
    words.fill(0, page, end)
  }

  phys(page) {
    const word = this.words[page]
    return word === 0 ? 0 : word - LOW
  }
}

/** Four levels of tables in one typed array, an entry being the word where the table below starts. */
class TypedLevels extends Loops {
  constructor(pages) {
    super()
    this.words = new Uint32Array((pages / 512 + 4) * 1024)
    this.next = 1024
  }

  map(page, count) {
    const at = this.leaf(page)
    for (let i = 0; i < count; i++) {
      this.words[at + i * 2] = ((page + i) << 12) | LOW
      this.words[at + i * 2 + 1] = (page + i) >>> 20
    }
  }

  leaf(page) {
    const { words } = this
    let table = 0
    for (let shift = 27; shift > 0; shift -= 9) {
      const at = table + ((page >>> shift) & 511) * 2
      if (words[at] === 0) {
        words[at] = this.next
        this.next += 1024
      }
      table = words[at]
    }
    return table + (page & 511) * 2
  }

  phys(page) {
    const { words } = this
    let table = 0
    for (let shift = 27; shift > 0; shift -= 9) {
      table = words[table + ((page >>> shift) & 511) * 2]
      if (table === 0) return 0
    }
    const at = table + (page & 511) * 2
    return words[at] === 0 ? 0 : words[at + 1] * 2 ** 32 + words[at] - LOW
  }
}

const SHAPES = {
  lpae: { format: 'ARM_64_LPAE_S1', pageSizes: 0x40201000, ias: 48, oas: 48, quirks: 0, coherentWalk: true },
  v7s: { format: 'ARM_V7S', pageSizes: 0x1111000, ias: 32, oas: 32, quirks: 0, coherentWalk: true },
}

class Wasm extends Loops {
  constructor(shape, module) {
    super()
    const hot = new Hot(module, { lineSize: 64, poison: 0 })
    this.table = openIoPgtable(hot.io, shape)
    this.memory = memoryOf(hot)
  }

  map(page, count) {
    this.table.mapPages(page * PAGE, page * PAGE, PAGE, count, PROT)
  }

  unmap(page, count) {
    this.table.unmapPages(page * PAGE, PAGE, count, 1)
  }

  phys(page) {
    return this.table.iovaToPhys(page * PAGE)
  }
}

/** The loops run inside the compiled code. */
class Native extends Wasm {
  constructor(shape, native) {
    super(shape, native.module)
    this.loops = native.loops
  }

  mapAll(pages, perTable) {
    this.loops.mapTables(this.table.record, pages, perTable, PROT)
  }

  unmapAll(pages, perTable) {
    this.loops.unmapTables(this.table.record, pages, perTable)
  }

  walkAll(order) {
    return this.loops.walkPages(this.table.record, order, order.length)
  }
}

/** Timed: entries written into existing tables, none there before. */
const fill = (make, perTable) => (pages, native) => {
  const table = make(pages, native)
  table.mapAll(pages, perTable)
  return {
    work: pages,
    before: () => table.unmapAll(pages, perTable),
    run: () => table.mapAll(pages, perTable),
    result: () => summed(table, pages),
    memory: table.memory,
  }
}

/** Timed: all entries cleared. */
const clear = (make, perTable) => (pages, native) => {
  const table = make(pages, native)
  return {
    work: pages,
    before: () => table.mapAll(pages, perTable),
    run: () => table.unmapAll(pages, perTable),
    result() {
      const empty = summed(table, pages)
      table.mapAll(pages, perTable)
      table.unmap(perTable, 7)
      return [empty, summed(table, pages)]
    },
    memory: table.memory,
  }
}

/** Timed: the address behind one page after the other, in no order. */
const walk = (make, perTable) => (pages, native) => {
  const table = make(pages, native)
  table.mapAll(pages, perTable)
  const random = numbers(13)
  const order = Uint32Array.from({ length: pages }, () => random(pages))
  let sum = 0
  return {
    work: pages,
    run: () => (sum += table.walkAll(order)),
    result: () => sum,
    memory: table.memory,
  }
}

function summed(table, pages) {
  let sum = 0
  for (let page = 0; page < pages; page++) sum = (sum * 31 + table.phys(page)) % 2 ** 32
  return sum
}

const LOOPS = { fill, clear, walk }

/** A row about single pages in the tables of a format: `loop` is fill, clear or walk. */
export function tableRow({ name, title, format, loop }) {
  const short = format === 'v7s'
  const perTable = short ? 256 : 512
  const Careful = short ? TypedShort : loop === 'walk' ? TypedLevels : Typed
  const version = (bench, make) => ({ bench, check: 2 ** 12, open: LOOPS[loop](make, perTable) })
  return {
    name,
    title,
    unit: 'page',
    versions: {
      // Walks cost what the caches of the processor hold; filling and clearing cost the same for each page.
      naive: version(loop === 'walk' ? 2 ** 20 : 2 ** 15, () => new Naive(perTable)),
      typed: version(2 ** 20, (pages) => new Careful(pages)),
      native: version(2 ** 20, (_, native) => new Native(SHAPES[format], native)),
      wasm: version(2 ** 20, () => new Wasm(SHAPES[format], compileHotSync())),
    },
    addon: version(2 ** 20, (_, native) => new Wasm(SHAPES[format], native.module)),
  }
}
