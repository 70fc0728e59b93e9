// Whether an address may be among some: a count a group of addresses, so that "no" costs one read.

const GROUPS = 256

export class AddressCounts {
  /** Made for the first address: a log may name any number of devices. */
  private counts: Int32Array | undefined

  add(address: number, more: 1 | -1): void {
    this.counts ??= new Int32Array(GROUPS)
    const group = groupOf(address)
    this.counts[group] = this.counts[group]! + more
  }

  mayHave(address: number): boolean {
    return this.counts !== undefined && this.counts[groupOf(address)] !== 0
  }
}

/** By half pages, the smallest buffers that drivers commonly hand out. */
const groupOf = (address: number): number => Math.imul((address / 2048) | 0, 0x9e37_79b1) >>> 24
