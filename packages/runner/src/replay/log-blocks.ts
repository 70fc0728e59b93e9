// Coherent memory of a log, allocated in the model: the log's address of a block, and where this board has put it.
import {
  type Coherent,
  type Device,
  type DmaAddr,
  type Event,
  type KernelVaddr,
  type KResult,
  type Lab,
  PAGE_SIZE,
  type Pfn,
  pfnOf,
  phys,
  type PhysAddr,
  type RawEntry,
  type SgEntry,
  type SgPage,
} from '@dmalab/api'

type Alloc = Extract<Event, { readonly flags: string; readonly virtAddr: string }>

interface Block extends Coherent {
  /** Bus address in the log. */
  readonly start: number
  readonly size: number
  readonly attrs: number
  /** As the log prints them: physical where it was written by a run, and hashed where it was not. */
  readonly physAddr: number
  readonly virtAddr: string
}

export class LogBlocks {
  readonly #lab: Lab
  /** By log device and log address. */
  readonly #live = new Map<string, Block>()

  constructor(lab: Lab) {
    this.#lab = lab
  }

  alloc(target: Device, event: Alloc): KResult<Coherent> {
    const { device, dmaAddr, size, attrs, virtAddr } = event
    // Handed out again: the log did not show the free.
    this.free(target, device, dmaAddr)
    const got = this.#lab.dma.allocAttrs(target, size, attrs, `line ${event.at}`)
    if (got.ok)
      this.#live.set(`${device} ${dmaAddr}`, {
        ...got.value,
        start: dmaAddr,
        size,
        attrs,
        physAddr: event.physAddr ?? dmaAddr,
        virtAddr,
      })
    return got
  }

  /** False when there is no such block. */
  free(target: Device, device: string, dmaAddr: number): boolean {
    const key = `${device} ${dmaAddr}`
    const block = this.#live.get(key)
    if (block === undefined) return false
    this.#live.delete(key)
    this.#lab.dma.freeAttrs(target, block.size, block.cpuAddr, block.handle, block.attrs)
    return true
  }

  /** Where the memory that the log has at a physical address lies here; undefined outside blocks, and in those without struct pages or not in one piece. */
  find(at: number, len: number): PhysAddr | undefined {
    const block = this.#around(at, len)
    if (block === undefined) return undefined
    const { mem } = this.#lab
    const first = mem.resolve(block.cpuAddr)?.phys
    const last = mem.resolve((block.cpuAddr + BigInt(block.size - 1)) as typeof block.cpuAddr)?.phys
    if (first === undefined || last !== first + block.size - 1 || !mem.pfnValid(pfnOf(first))) return undefined
    return phys(first + at - block.start)
  }

  /** An entry of the log's without struct page as it would stand here: what points into a block points into the same block. */
  here({ page, dmaAddress, ...entry }: RawEntry): SgEntry {
    return {
      ...entry,
      page: page === null ? { kind: 'null' } : typeof page === 'string' ? this.#vaddr(BigInt(page)) : this.#page(page),
      dmaAddress: this.#dmaAddr(dmaAddress),
    }
  }

  #page(pfn: number): SgPage {
    for (const { physAddr, size, cpuAddr } of this.#live.values()) {
      const into = pfn * PAGE_SIZE - physAddr
      const at = into >= 0 && into < size ? this.#lab.mem.resolve((cpuAddr + BigInt(into)) as KernelVaddr) : undefined
      if (at !== undefined) return { kind: 'page', pfn: pfnOf(at.phys) }
    }
    return { kind: 'page', pfn: pfn as Pfn }
  }

  #vaddr(at: bigint): SgPage {
    for (const { virtAddr, size, cpuAddr } of this.#live.values()) {
      const into = /^0x[\da-f]+$/.test(virtAddr) ? at - BigInt(virtAddr) : -1n
      if (into >= 0n && into < size) return { kind: 'vaddr', at: (cpuAddr + into) as KernelVaddr }
    }
    return { kind: 'vaddr', at: at as KernelVaddr }
  }

  #dmaAddr(at: number): DmaAddr {
    for (const { start, size, handle } of this.#live.values())
      if (start <= at && at < start + size) return (handle + at - start) as DmaAddr
    return at as DmaAddr
  }

  #around(at: number, len: number): Block | undefined {
    for (const block of this.#live.values()) if (block.start <= at && at + len <= block.start + block.size) return block
    return undefined
  }
}
