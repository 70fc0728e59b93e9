// The core memory model of one machine under one kernel: everything below the DMA API.
import {
  type AllocOptions,
  type Content,
  type DeviceBus,
  type EventSink,
  type KernelFacts,
  type KernelMemory,
  type KernelVaddr,
  type KResult,
  type Machine,
  type MapKind,
  ok,
  pageAlign,
  PAGE_SIZE,
  type Pfn,
  type PhysAddr,
  physOf,
  type Range,
  type SgPage,
} from '@dmalab/api'
import { type Hot, takeHot, type View } from '@dmalab/hot'
import { AddressSpace, type Piece } from './address-space.ts'
import { type CountedCacheOps, createCacheOps } from './cache-ops.ts'
import { type BusView, compareBytes, createDeviceBus } from './device-bus.ts'
import type { Intervals } from './intervals.ts'
import type { KernelStack } from './kernel-stack.ts'
import type { Layout } from './layout.ts'
import { layoutIndex } from './layout-index.ts'
import { ContentLedger, Owners } from './owners.ts'
import { PageAllocator } from './page-allocator.ts'
import { PageArrayModel } from './page-array.ts'

/** RAM that nobody has written reads as this word: easy to recognise in a dump, and not zero. */
const POISON = 0x6b6b_6b6b

export interface MemoryOptions {
  readonly machine: Machine
  readonly facts: KernelFacts
  /** layOut() of machine and facts. */
  readonly layout: Layout
  readonly module: WebAssembly.Module
  /** The engine of the same machine before it started again, to be used once more: its memory is warm. Absent: a new one. */
  readonly engine?: Hot | undefined
  readonly sink: EventSink
  readonly stack: KernelStack
  /** Failure injection: does this call fail? Each call counts. */
  readonly injected?: (what: string) => boolean
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
  private readonly present: Intervals<true>
  private readonly sink: EventSink
  private readonly stack: KernelStack
  /** What backtraces call memcpy(). */
  private readonly memcpySymbol: string
  private readonly cachedRemaps: boolean
  scattered = true
  strayPages: readonly SgPage[] = []

  constructor(options: MemoryOptions) {
    const { machine, facts, layout, module, engine, sink, stack, injected = () => false } = options
    this.sink = sink
    this.layout = layout
    this.memcpySymbol = facts.arch.oops.memcpy
    this.cachedRemaps = facts.cachedRemaps
    const { lineSize, outer, emulated } = machine.cpu
    const config = { lineSize, poison: POISON, outer: outer !== undefined, uncached: emulated === true }
    this.hot = engine ?? takeHot(module, config)
    engine?.reset()
    const { maintainable, present } = layoutIndex(layout)
    for (const { base, len } of maintainable) this.hot.setPages((base / PAGE_SIZE) as Pfn, len / PAGE_SIZE, true)
    this.present = present
    this.space = new AddressSpace(this.layout, injected)
    const readWord = (at: KernelVaddr): number => this.readWord(at)
    this.pages = new PageArrayModel({ layout: this.layout, facts, space: this.space, stack, sink, readWord })
    const { managed, lowmemEnd } = this.layout
    const { reserved } = machine
    this.allocator = new PageAllocator({ managed, reserved, lowmemEnd }, facts, sink, injected)
    this.cache = createCacheOps({ hot: this.hot, facts, space: this.space, layout, stack, sink, cpu: machine.cpu })
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
  pageWord(page: SgPage, offset: number): number | undefined {
    return this.pages.word(page, offset)
  }
  linearAddress(at: PhysAddr): KernelVaddr {
    return this.space.linearAddress(at)
  }
  kmapped(pfn: Pfn): boolean {
    return this.space.kmapped(pfn)
  }
  kmap(pfn: Pfn): KResult<KernelVaddr> {
    return this.isHighmemPfn(pfn) ? this.space.kmap(pfn) : ok(this.linearAddress(physOf(pfn)))
  }
  kunmap(pfn: Pfn): void {
    if (this.isHighmemPfn(pfn)) this.space.kunmap(pfn)
  }
  /** Highmem pages that have a lasting mapping now. */
  get kmaps(): number {
    return this.space.kmaps
  }
  remap(at: PhysAddr, len: number, kind: MapKind): KResult<KernelVaddr> {
    return this.space.remap(at, len, this.cachedRemaps ? 'cached' : kind)
  }
  vmap(pages: readonly Pfn[], kind: MapKind): KResult<KernelVaddr> {
    return this.space.vmap(pages, kind)
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
    for (const piece of this.access(at, len, true, 'memset'))
      this.hot.set(Memory.view(piece.kind), piece.phys, piece.len, byte)
  }

  zeroHighmemPage(at: PhysAddr): void {
    this.hot.set('cpu', at, PAGE_SIZE, 0)
  }

  /** memcpy between kernel addresses; faults when one is unmapped. */
  memcpy(to: KernelVaddr, from: KernelVaddr, len: number): void {
    const sources = this.access(from, len, false, this.memcpySymbol)
    const targets = this.access(to, len, true, this.memcpySymbol)
    for (const source of sources)
      for (const target of targets) {
        const start = Math.max(source.done, target.done)
        const end = Math.min(source.done + source.len, target.done + target.len)
        if (end <= start) continue
        const read = (source.phys + start - source.done) as PhysAddr
        const write = (target.phys + start - target.done) as PhysAddr
        this.hot.copy(Memory.view(source.kind), read, Memory.view(target.kind), write, end - start)
      }
  }

  allocPages(len: number, options: AllocOptions = {}): KResult<Pfn> {
    return this.owned(this.allocator.pages(len, options), len, options.owner)
  }
  /** Memory that the kernel takes while it boots. */
  allocBoot(len: number, options: AllocOptions = {}): KResult<Pfn> {
    return this.owned(this.allocator.boot(len, options), len, options.owner)
  }
  freePages(pfn: Pfn, len: number): void {
    this.allocator.freePages(pfn, len)
    this.owners.disown(physOf(pfn), pageAlign(len))
  }
  allocContiguous(len: number, options: AllocOptions = {}): KResult<Pfn> {
    return this.owned(this.allocator.contiguous(len, options), len, options.owner)
  }
  /** Takes exactly these pages when nobody has them. */
  claim(at: PhysAddr, len: number, owner: string): KResult<Pfn> {
    return this.owned(this.allocator.claim(at, len), len, owner)
  }
  freeContiguous(pfn: Pfn, len: number): void {
    this.allocator.freeContiguous(pfn, len)
    this.owners.disown(physOf(pfn), pageAlign(len))
  }

  /**
   * The default area serves whole pages only where there are several. Models: Linux v6.12 kernel/dma/contiguous.c: dma_alloc_contiguous
   */
  allocFromCma(len: number, options: AllocOptions = {}): Pfn | undefined {
    const { area } = options
    if (area === undefined && (len <= PAGE_SIZE || this.allocator.cma.byDefault === undefined)) return undefined
    const got = this.allocContiguous(len, options)
    return got.ok ? got.value : undefined
  }

  cmaLacks(len: number, area?: string): string {
    return this.allocator.cma.lacks(pageAlign(len), area)
  }

  /** Pages of a task, for freePages. Where they lie in one piece, that is chance. */
  allocUser(len: number, options: AllocOptions = {}): KResult<Pfn> {
    return this.owned(this.allocator.user(len, options), len, options.owner)
  }

  /** As allocContiguous, without an event: what the kernel takes at boot. */
  takeContiguous(len: number, options: AllocOptions = {}): KResult<Pfn> {
    return this.owned(this.allocator.contiguous(len, { quiet: true, ...options }), len, options.owner)
  }
  /** The default CMA area. */
  get defaultCma(): Range | undefined {
    return this.allocator.cma.byDefault
  }
  /** Free memory, CMA areas included, and kernel mappings. */
  balance(): ReadonlyMap<string, number> {
    return new Map([['bytes of free memory', this.allocator.available], ...this.space.balance()])
  }
  /** totalram_pages at boot, bytes. */
  get totalRam(): number {
    return this.allocator.totalRam
  }

  own(at: PhysAddr, len: number, owner: string): void {
    this.owners.own(at, len, owner)
  }
  /** Memory of buffers that a cached mapping of the kernel covers: what a cache may fetch lines of at any time. */
  cachedBuffers(): { readonly base: PhysAddr; readonly len: number }[] {
    return this.owners
      .all()
      .filter(({ base, end }) => this.space.isCached(base as PhysAddr, end - base))
      .map(({ base, end }) => ({ base: base as PhysAddr, len: end - base }))
  }
  ownerAt(at: PhysAddr): string | undefined {
    return this.owners.at(at)
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

  /** A driver fills memory with the CPU, through a kernel mapping; faults when unmapped. */
  cpuWrite(at: KernelVaddr, len: number, content: Content | Uint8Array, owner: string): void {
    for (const piece of this.access(at, len, true, this.memcpySymbol)) {
      const view = Memory.view(piece.kind)
      if (content instanceof Uint8Array)
        this.hot.write(view, piece.phys, content.subarray(piece.done, piece.done + piece.len))
      else this.hot.fill(view, piece.phys, piece.len, content.seed, (content.offset ?? 0) + piece.done)
    }
    this.ledger.record(owner, { content, len })
  }

  /** A driver reads memory with the CPU; the value is how many bytes differ. Faults when unmapped. */
  cpuCompare(at: KernelVaddr, len: number, expect: Content | Uint8Array | number): number {
    let wrong = 0
    for (const piece of this.access(at, len, false, 'memcpy'))
      wrong += compareBytes(this.hot, Memory.view(piece.kind), piece, expect).wrong
    return wrong
  }

  private access(at: KernelVaddr, len: number, write: boolean, symbol: string): readonly Piece[] {
    const gap = this.space.firstUnmapped(at, len)
    if (gap === undefined) return this.space.pieces(at, len).map((piece) => this.answered(piece, symbol))
    return this.stack.fault({ reason: 'paging request', address: at + BigInt(gap), write }, symbol)
  }

  /** A mapping may lead where no memory is: nothing answers on the bus. */
  private answered(piece: Piece, symbol: string): Piece {
    const gap = this.present.firstGap(piece.phys, piece.len)
    if (gap === undefined) return piece
    return this.stack.fault({ reason: 'external abort', address: BigInt(gap) }, symbol)
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
