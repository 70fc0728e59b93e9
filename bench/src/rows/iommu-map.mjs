// Page tables: map and unmap a range of single pages, one call a last-level table as the kernel makes it.
import { compileHotSync, Hot, openIoPgtable } from '@dmalab/hot'

const PAGE = 4096
const PER_TABLE = 512
/** Stage 1, write-back, read-write, unprivileged. */
const PROT = 7
const LOW = 0xf47

/** A Map of tables, each a Map of entries. */
class Naive {
  constructor() {
    this.tables = new Map()
  }

  map(page, count) {
    for (let i = 0; i < count; i++) {
      const at = page + i
      const number = Math.floor(at / PER_TABLE)
      if (!this.tables.has(number)) this.tables.set(number, new Map())
      this.tables.get(number).set(at % PER_TABLE, at * PAGE + LOW)
    }
  }

  unmap(page, count) {
    for (let i = 0; i < count; i++) this.tables.get(Math.floor((page + i) / PER_TABLE)).delete((page + i) % PER_TABLE)
  }

  entry(page) {
    return this.tables.get(Math.floor(page / PER_TABLE))?.get(page % PER_TABLE) ?? 0
  }
}

/** Two words an entry in one typed array; checked for room, filled with a running address. */
class Typed {
  constructor(pages) {
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

  unmap(page, count) {
    this.words.fill(0, page * 2, (page + count) * 2)
  }

  entry(page) {
    return this.words[page * 2 + 1] * 2 ** 32 + this.words[page * 2]
  }
}

class Wasm {
  constructor() {
    const { io } = new Hot(compileHotSync(), { lineSize: 64, poison: 0 })
    const shape = { format: 'ARM_64_LPAE_S1', pageSizes: 0x40201000, ias: 48, oas: 48, quirks: 0, coherentWalk: true }
    this.table = openIoPgtable(io, shape)
  }

  map(page, count) {
    this.table.mapPages(page * PAGE, page * PAGE, PAGE, count, PROT)
  }

  unmap(page, count) {
    this.table.unmapPages(page * PAGE, PAGE, count, 1)
  }

  entry(page) {
    const leaf = this.table.walk(page * PAGE)
    return leaf === undefined ? 0 : leaf.phys + LOW
  }
}

const open = (make) => (pages) => {
  const table = make(pages)
  return {
    work: pages,
    run() {
      for (let page = 0; page < pages; page += PER_TABLE) table.map(page, PER_TABLE)
      for (let page = 0; page < pages; page += PER_TABLE) table.unmap(page, PER_TABLE)
    },
    result() {
      for (let page = 0; page < pages; page += PER_TABLE) table.map(page, PER_TABLE)
      table.unmap(PER_TABLE, 7)
      let sum = 0
      for (let page = 0; page < pages; page++) sum = (sum * 31 + table.entry(page)) % 2 ** 32
      return sum
    },
  }
}

export const row = {
  name: 'iommu-map',
  title: 'map and unmap single pages in page tables',
  unit: 'page',
  versions: {
    naive: { bench: 2 ** 15, check: 2 ** 12, open: open(() => new Naive()) },
    typed: { bench: 2 ** 20, check: 2 ** 12, open: open((pages) => new Typed(pages)) },
    wasm: { bench: 2 ** 20, check: 2 ** 12, open: open(() => new Wasm()) },
  },
}
