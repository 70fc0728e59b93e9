// Coherent memory of a log, allocated in the model: the log's address of a block, and where this board has put it.
import { type Coherent, type Device, type Event, type KResult, type Lab, pfnOf, phys, type PhysAddr } from '@dmalab/api'

type Alloc = Extract<Event, { readonly flags: string; readonly virtAddr: string }>

interface Block extends Coherent {
  /** Bus address in the log. */
  readonly start: number
  readonly size: number
  readonly attrs: number
}

export class LogBlocks {
  readonly #lab: Lab
  /** By log device and log address. */
  readonly #live = new Map<string, Block>()

  constructor(lab: Lab) {
    this.#lab = lab
  }

  alloc(target: Device, event: Alloc): KResult<Coherent> {
    const { device, dmaAddr, size, attrs } = event
    // Handed out again: the log did not show the free.
    this.free(target, device, dmaAddr)
    const got = this.#lab.dma.allocAttrs(target, size, attrs, `line ${event.at}`)
    if (got.ok) this.#live.set(`${device} ${dmaAddr}`, { ...got.value, start: dmaAddr, size, attrs })
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

  #around(at: number, len: number): Block | undefined {
    for (const block of this.#live.values()) if (block.start <= at && at + len <= block.start + block.size) return block
    return undefined
  }
}
