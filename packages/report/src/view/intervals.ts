// Which buffer lies at an address, while buffers come and go.

const PAGE = 4096

/** By page, so that a lookup costs the same however many buffers there are; those within one page are told apart by their bounds. */
export class LiveRanges<T> {
  private readonly pages = new Map<number, { readonly base: number; readonly len: number; readonly value: T }[]>()

  add(base: number, len: number, value: T): void {
    const range = { base, len, value }
    for (let page = Math.floor(base / PAGE); page * PAGE < base + len; page++) {
      const here = this.pages.get(page)
      if (here === undefined) this.pages.set(page, [range])
      else here.push(range)
    }
  }

  delete(base: number, len: number, value: T): void {
    for (let page = Math.floor(base / PAGE); page * PAGE < base + len; page++) {
      const left = this.pages.get(page)?.filter((range) => range.value !== value)
      if (left === undefined) continue
      if (left.length === 0) this.pages.delete(page)
      else this.pages.set(page, left)
    }
  }

  /** The newest at this address. */
  at(address: number): T | undefined {
    return this.pages
      .get(Math.floor(address / PAGE))
      ?.findLast(({ base, len }) => address >= base && address < base + len)?.value
  }
}
