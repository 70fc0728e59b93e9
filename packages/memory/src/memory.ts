// The core memory model of one machine under one kernel: everything below the DMA API.
import {
  type AllocOptions,
  type DeviceBus,
  type EventSink,
  type KernelFacts,
  type KernelMemory,
  type KernelVaddr,
  type KResult,
  type Machine,
  type MapKind,
  pageAlign,
  PAGE_SIZE,
  type Pfn,
  type PhysAddr,
  physOf,
  type SgPage,
} from '@dmalab/api'
import { Hot, type View } from '@dmalab/hot'
import { AddressSpace } from './address-space.ts'
import { type CountedCacheOps, createCacheOps } from './cache-ops.ts'
import { type BusView, createDeviceBus } from './device-bus.ts'
import { Intervals } from './intervals.ts'
import type { KernelStack } from './kernel-stack.ts'
import { type Layout, layOut } from './layout.ts'
import { ContentLedger, Owners } from './owners.ts'
import { PageAllocator } from './page-allocator.ts'
import { PageArrayModel } from './page-array.ts'

/** RAM that nobody has written reads as this word: easy to recognise in a dump, and not zero. */
const POISON = 0x6b6b_6b6b

export interface MemoryOptions {
  readonly machine: Machine
  readonly facts: KernelFacts
  readonly module: WebAssembly.Module
  readonly sink: EventSink
  readonly stack: KernelStack
}

export class Memory implements KernelMemory {
  readonly hot: Hot
  readonly layout: Layout
  readonly cache: CountedCacheOps
  readonly owners: Owners = new Owners()
  readonly ledger: ContentLedger = new ContentLedger()
  private readonly space: AddressSpace
  private readonly pages: PageArrayModel
  private readonly allocator: PageAllocator
  private readonly present = new Intervals<true>()
  private readonly sink: EventSink
  private readonly stack: KernelStack

  /** @throws InputError for a machine that no kernel can be laid out on. */
  constructor(options: MemoryOptions) {
    const { machine, facts, module, sink, stack } = options
    this.sink = sink
    this.layout = layOut(machine, facts)
    this.hot = new Hot(module, { lineSize: machine.cpu.lineSize, poison: POISON })
    for (const range of this.layout.paged)
      this.hot.setPages((range.base / PAGE_SIZE) as Pfn, range.len / PAGE_SIZE, true)
    for (const range of this.layout.present) this.present.set(range.base, range.len, true)
    this.space = new AddressSpace(this.layout)
    const readWord = (at: KernelVaddr): number => this.readWord(at)
    this.pages = new PageArrayModel({ layout: this.layout, facts, space: this.space, stack, sink, readWord })
    this.allocator = new PageAllocator({
      managed: this.layout.managed,
      reserved: machine.reserved.map((region) => ({ ...region, cma: region.reusable })),
      lowmemEnd: this.layout.lowmemEnd,
    })
    this.cache = createCacheOps({ hot: this.hot, facts, space: this.space, stack, sink, cpu: machine.cpu })
    this.stack = stack
  }

  pfnValid(pfn: Pfn): boolean {
    return this.pages.pfnValid(pfn)
  }
  pageStructAddress(pfn: Pfn): KernelVaddr {
    return this.pages.address(pfn)
  }
  pageToPfn(page: SgPage): Pfn {
    return this.pages.toPfn(page)
  }
  hasStructPage(pfn: Pfn): boolean {
    return this.pages.hasStructPage(pfn)
  }
  isHighmemPfn(pfn: Pfn): boolean {
    return this.pages.isHighmem(pfn)
  }
  pageHighMem(page: SgPage): boolean {
    return this.pages.pageHighMem(page)
  }
  linearAddress(at: PhysAddr): KernelVaddr {
    return this.space.linearAddress(at)
  }
  /** No kmap lives longer than one operation in this model. */
  kmapped(_pfn: Pfn): boolean {
    return false
  }
  remap(at: PhysAddr, len: number, kind: MapKind): KResult<KernelVaddr> {
    return this.space.remap(at, len, kind)
  }
  unmap(at: KernelVaddr): void {
    this.space.unmap(at)
  }
  setLinearKind(at: PhysAddr, len: number, kind: MapKind): void {
    this.space.setLinearKind(at, len, kind)
  }
  resolve(at: KernelVaddr): { readonly phys: PhysAddr; readonly kind: MapKind } | undefined {
    return this.space.resolve(at)
  }

  memset(at: KernelVaddr, byte: number, len: number): void {
    const { phys, view } = this.access(at, len, true, 'memset')
    this.hot.set(view, phys, len, byte)
  }

  zeroHighmemPage(at: PhysAddr): void {
    this.hot.set('cpu', at, PAGE_SIZE, 0)
  }

  /** memcpy between kernel addresses; faults when one is unmapped. */
  memcpy(to: KernelVaddr, from: KernelVaddr, len: number): void {
    const source = this.access(from, len, false, 'memcpy')
    const target = this.access(to, len, true, 'memcpy')
    this.hot.copy(source.view, source.phys, target.view, target.phys, len)
  }

  allocPages(len: number, options: AllocOptions = {}): KResult<Pfn> {
    return this.owned(this.allocator.pages(len, options), len, options.owner)
  }
  freePages(pfn: Pfn, len: number): void {
    this.allocator.freePages(pfn, len)
    this.owners.disown(physOf(pfn), pageAlign(len))
  }
  allocContiguous(len: number, options: AllocOptions = {}): KResult<Pfn> {
    return this.owned(this.allocator.contiguous(len, options), len, options.owner)
  }
  freeContiguous(pfn: Pfn, len: number): void {
    this.allocator.freeContiguous(pfn, len)
    this.owners.disown(physOf(pfn), pageAlign(len))
  }

  own(at: PhysAddr, len: number, owner: string): void {
    this.owners.own(at, len, owner)
  }
  disown(at: PhysAddr, len: number): void {
    this.owners.disown(at, len)
  }

  /** The bus of one device. */
  bus(view: BusView): DeviceBus {
    const { hot, owners, ledger, sink, present } = this
    return createDeviceBus(view, { hot, owners, ledger, sink, present })
  }

  /** How the CPU sees bytes through a mapping of this kind. */
  static view(kind: MapKind): View {
    return kind === 'cached' ? 'cpu' : 'memory'
  }

  private access(at: KernelVaddr, len: number, write: boolean, symbol: string): { phys: PhysAddr; view: View } {
    const gap = this.space.firstUnmapped(at, len)
    if (gap !== undefined)
      return this.stack.fault({ reason: 'paging request', address: at + BigInt(gap), write }, symbol)
    const resolved = this.space.resolve(at)
    if (resolved === undefined) throw new Error('a mapped range resolves')
    return { phys: resolved.phys, view: Memory.view(resolved.kind) }
  }

  private owned(result: KResult<Pfn>, len: number, owner: string | undefined): KResult<Pfn> {
    if (result.ok && owner !== undefined) this.own(physOf(result.value), pageAlign(len), owner)
    return result
  }

  private readWord(at: KernelVaddr): number {
    const resolved = this.space.resolve(at)
    if (resolved === undefined) throw new Error('readWord takes a mapped address')
    const word = new Uint8Array(4)
    this.hot.read(Memory.view(resolved.kind), resolved.phys, word)
    return new DataView(word.buffer).getUint32(0, true)
  }
}
