// One boot of the recording machine: a laboratory, and the objects of the program that runs in it.
import {
  type Device,
  InputError,
  type KernelVaddr,
  type Lab,
  PAGE_SIZE,
  pageAlign,
  type Pfn,
  pfnOf,
  physOf,
  type SgPage,
  type Swiotlb,
  type UserMapping,
} from '@dmalab/api'
import { isTranslated } from './places.ts'
import type { SharedBuffer, CoherentBlock, LabObject } from './objects.ts'

/** What user space of the recording machine finds in /dev. */
export interface UserDevices {
  readonly udmabuf: boolean
  readonly heaps: boolean
}

/** The order in which what a program left is released: mappings, then buffers, then memory. */
const RELEASE_ORDER: readonly (readonly LabObject['kind'][])[] = [
  ['mapping', 'list', 'attachment', 'iova'],
  ['buffer'],
  ['pages', 'coherent'],
]

export class DmaBoot {
  readonly lab: Lab
  readonly user: UserDevices
  readonly objects: Map<string, LabObject> = new Map()
  /** Pages that stand for memory of others, until the program ends. */
  private readonly foreign: Pfn[] = []
  /** Freed bus addresses wait in a queue that a timer empties, and have done so since then: which one comes next is chance. */
  lazyFrees = false
  /** Pages of each run of adjacent ones that the next udmabuf's memory has; empty: it is one run. */
  userRuns: readonly number[] = []

  /** A list whose entries are chance has moved the place where the search for bounce slots begins. */
  slotsUnknown = false

  constructor(lab: Lab, user: UserDevices) {
    this.lab = lab
    this.user = user
  }

  device(name: string): Device | undefined {
    return this.lab.devices.find((device) => device.name === name)
  }

  get(name: string): LabObject | undefined {
    return this.objects.get(name)
  }

  /** The object when it is of that kind. */
  find<K extends LabObject['kind']>(kind: K, name: string): Extract<LabObject, { kind: K }> | undefined {
    const object = this.objects.get(name)
    return object?.kind === kind ? (object as Extract<LabObject, { kind: K }>) : undefined
  }

  put(object: LabObject): void {
    this.objects.set(object.name, object)
  }

  /** Gives back what stands behind a name, and forgets the name. */
  drop(object: LabObject): void {
    this.release(object)
    this.objects.delete(object.name)
  }

  /** The memory behind an object holds what the program wrote. */
  noteWritten(name: string): void {
    const block = this.blockBehind(name)
    if (block !== undefined) block.written = true
  }

  /** Is what stands in the memory behind an object left to chance: not mapped for the kernel, and not written yet? */
  isUnwritten(name: string): boolean {
    return this.blockBehind(name)?.written === false
  }

  /** The program is over: everything it left is released, newest first; the value is how many objects that were. */
  end(): number {
    const all = [...this.objects.values()].toReversed()
    for (const kinds of RELEASE_ORDER) for (const object of all) if (kinds.includes(object.kind)) this.release(object)
    this.objects.clear()
    for (const pfn of this.foreign.splice(0)) this.lab.mem.freePages(pfn, PAGE_SIZE)
    return all.length
  }

  /** The kernel's own bounce pool, as some device has it. */
  get defaultPool(): Swiotlb | undefined {
    return (
      this.lab.devices
        .map((device) => this.lab.host(device).swiotlb())
        .find((pool) => pool !== null && !pool.forAlloc) ?? undefined
    )
  }

  /** Slots of the default bounce pool that are in use. */
  get slotsInUse(): number {
    return this.defaultPool?.areas().reduce((sum, { used }) => sum + used, 0) ?? 0
  }
  /** Slots of the default bounce pool. */
  get slots(): number {
    return this.defaultPool?.slots ?? 0
  }

  /** Bytes behind kernel addresses, as memory of a task is described; undefined when one is not mapped. */
  kernelBytes(at: KernelVaddr, len: number): UserMapping | undefined {
    const pages: Pfn[] = []
    let kind: UserMapping['kind'] = 'cached'
    for (let done = 0; done < pageAlign(len); done += PAGE_SIZE) {
      const found = this.lab.mem.resolve((at + BigInt(done)) as KernelVaddr)
      if (found === undefined) return undefined
      pages.push(pfnOf(found.phys))
      kind = found.kind
    }
    const [first] = pages
    return first === undefined ? undefined : { phys: physOf(first), len: pageAlign(len), kind, pages }
  }

  cpuWrite(mapping: UserMapping, offset: number, bytes: Uint8Array, owner: string): void {
    this.lab.userWrite(mapping, bytes, bytes.length, owner, offset)
  }

  cpuRead(mapping: UserMapping, offset: number, len: number, owner: string): Uint8Array {
    return this.lab.userRead(mapping, len, owner, offset)
  }

  /** A page of RAM that no object of the program owns. @throws InputError when the program has all of it */
  foreignPage(): SgPage {
    const got = this.lab.mem.allocPages(PAGE_SIZE, { owner: 'foreign' })
    if (!got.ok) throw new InputError(`more memory than the machine of these records has: ${got.why}`)
    this.foreign.push(got.value)
    return { kind: 'page', pfn: got.value }
  }

  private blockBehind(name: string): CoherentBlock | undefined {
    const object = this.objects.get(name)
    const memory = object?.kind === 'attachment' ? object.buffer.of : object?.kind === 'buffer' ? object.of : object
    return memory?.kind === 'coherent' ? memory : undefined
  }

  private release(object: LabObject): void {
    const { lab } = this
    switch (object.kind) {
      case 'pages':
        return lab.mem.freePages(object.pfn, object.allocated)
      case 'coherent': {
        this.noteFree(object.device)
        const { device, size, cpuAddr, handle, attrs } = object
        return lab.dma.freeAttrs(device, pageAlign(size), cpuAddr, handle, attrs)
      }
      case 'mapping': {
        this.noteFree(object.device)
        const { device, handle, size, dir, attrs, by } = object
        if (by === 'phys') return lab.dma.unmapPhys(device, handle, size, dir, attrs)
        if (by === 'resource') return lab.dma.unmapResource(device, handle, size, dir, attrs)
        return lab.dma.unmapPageAttrs(device, handle, size, dir, attrs)
      }
      case 'iova': {
        this.noteFree(object.device)
        const { device, state, mapped, dir, attrs } = object
        if (mapped === 0) return lab.dma.iovaFree(device, state)
        return lab.dma.iovaDestroy(device, state, mapped, dir, attrs)
      }
      case 'list':
        this.noteFree(object.device)
        lab.dma.unmapSgAttrs(object.device, object.table, object.dir, object.attrs)
        return lab.sgFree(object.table)
      case 'attachment':
        this.unmapAttachment(object)
        return lab.dmaBuf.detach(object.buffer.dmabuf, object.attachment)
      case 'buffer':
        return this.putBuffer(object)
    }
  }

  unmapAttachment(object: Extract<LabObject, { kind: 'attachment' }>): void {
    const { mapped, device, attachment } = object
    if (mapped === null) return
    this.noteFree(device)
    this.lab.dmaBuf.unmapAttachment(attachment, mapped.table, mapped.dir)
    object.mapped = null
  }

  private putBuffer({ dmabuf, user }: SharedBuffer): void {
    this.lab.dmaBuf.put(dmabuf)
    if (user !== null && !this.lab.dmaBuf.live().includes(dmabuf)) this.lab.mem.freePages(pfnOf(user.phys), user.len)
  }

  private noteFree(device: Device): void {
    if (isTranslated(device) && this.lab.facts.iommu?.strict === false) this.lazyFrees = true
  }
}
