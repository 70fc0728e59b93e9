// A small laboratory of this package alone: memory, and a kernel with a table that only translates addresses.
import { readFileSync } from 'node:fs'
import {
  type Arch,
  type DeviceFacts,
  type DmaOpsDef,
  type Event,
  fail,
  type Injection,
  type KernelDef,
  type KernelFacts,
  type Machine,
  type MappingSink,
  ok,
  type Patch,
  RELEASES,
  type ReservedRegion,
} from '@dmalab/api'
import { KernelStack, layOut, Memory } from '@dmalab/memory'
import { type DmaApi, Injector, openDmaApi } from '../src/index.ts'

/** A 64-bit architecture without highmem: the data of one, and no DMA code. */
const ARCH: Arch = {
  name: 'arm64',
  board: 'arm64',
  source: 'test',
  pointerBits: 64,
  highmem: false,
  pfnValid: 'section',
  dmaMinAlign: 64,
  snoops: 'when-told',
  allocatesCoherent: false,
  poolsNeedNoMap: false,
  layout: {
    pageOffset: 0xffff_0000_0000_0000n,
    vmalloc: { start: 0xffff_8000_8000_0000n, end: 0xffff_fdff_8000_0000n },
    pageArray: 0xffff_fdff_c000_0000n,
    entrySize: 64,
    image: { base: 0, len: 32 * 2 ** 20 },
    lowKept: 0,
  },
  cache: {
    forDevice: ['clean', 'clean', 'clean', 'clean'],
    forCpu: ['invalidate', 'none', 'invalidate', 'invalidate'],
    symbols: { clean: [], invalidate: [], flush: [] },
    invalidatesTwice: false,
    marksClean: 'nothing',
  },
  oops: {
    memcpy: 'memcpy',
    pageFault: ({ nullPointer }) => [nullPointer ? 'NULL pointer' : 'paging request'],
    externalAbort: () => [],
    backtrace: (path) => path,
  },
  syscallPath: [],
  attach: ({ mem, cache }) => ({
    syncForDevice: (at, size, dir) => cache.dmacMap(mem.linearAddress(at), size, dir),
    syncForCpu: (at, size, dir) => cache.dmacUnmap(mem.linearAddress(at), size, dir),
    prepCoherent: (at, size) => cache.dmacFlush(mem.linearAddress(at), size),
    clearBuffer: (at, size) => mem.memset(mem.linearAddress(at), 0, size),
  }),
}

const FACTS: KernelFacts = {
  ...RELEASES['6.12'],
  arch: ARCH,
  skipsNeedlessSync: false,
  sgEntrySize: 32,
  sgDmaLength: true,
  dmaAddrSize: 8,
  physAddrSize: 8,
}

/** A table that translates addresses and does nothing else. */
export const plainOps: DmaOpsDef = {
  name: 'plain',
  source: 'test',
  caps: {
    pageless: 'fabricated',
    maintainsCaches: false,
    syncTouchesPage: false,
    mergesSegments: false,
    bounces: false,
    translates: false,
  },
  symbols: { mapSg: ['outer_map_sg', 'plain_map_sg'] },
  attach: (_device, host) => {
    const nothing = (): void => {}
    return {
      alloc: (size, _attrs, owner) => {
        const pages = host.mem.allocPages(size, { owner })
        if (!pages.ok) return pages
        const at = (pages.value * 4096) as never
        return ok({ cpuAddr: host.mem.linearAddress(at), handle: at })
      },
      allocAtomic: () => fail('ENOMEM', 'nothing is set aside'),
      free: nothing,
      mmap: (cpuAddr, _handle, size, pgoff, userLen) =>
        host.mmapFromDevCoherent(cpuAddr, size, pgoff, userLen) ?? fail('ENXIO', 'not of a pool'),
      getSgtable: () => host.sgAlloc(1),
      mapPage: (page, offset) => {
        const handle = host.physToDma((host.mem.pageToPfn(page) * 4096 + offset) as never)
        return handle === undefined ? fail('EIO', 'no window') : ok(handle)
      },
      unmapPage: nothing,
      mapSg: (table, nents, dir) => {
        const how = { dir, maintain: 'none', skip: host.skip.map, assign: true, checkReach: true, batch: true } as const
        const pass = { ...how, summary: null, byBusAddress: false, byDmaLength: false }
        const done = host.forEachEntry(table, nents, pass, () => false)
        return done === nents ? ok(nents) : fail('EIO', `entry ${done} is out of reach`)
      },
      unmapSg: nothing,
      mapResource: (at) => ok(at as never),
      unmapResource: nothing,
      syncSingleForCpu: nothing,
      syncSingleForDevice: nothing,
      syncSgForCpu: nothing,
      syncSgForDevice: nothing,
      dmaSupported: (bits) => bits >= 32,
      requiredMaskBits: () => 32,
      maxMappingSize: () => Infinity,
    }
  },
}

const PLAIN_KERNEL: KernelDef = {
  name: 'plain@1',
  arch: 'arm64',
  title: 'a kernel for tests',
  source: 'test',
  facts: () => FACTS,
  config: {},
  cmdline: {},
  idle: () => ({}),
  ops: [plainOps],
  opsFor: () => 'plain',
}

export const device = (name: string, more: Partial<DeviceFacts> = {}): DeviceFacts => ({
  name,
  class: 'codec',
  coherent: false,
  maskBits: 32,
  pools: [],
  ...more,
})

export const pool = (name: string, base: number, len: number, more: Partial<ReservedRegion> = {}): ReservedRegion => ({
  name,
  base,
  len,
  compatible: 'shared-dma-pool',
  noMap: true,
  reusable: false,
  ...more,
})

export interface TestLabOptions {
  readonly devices?: readonly DeviceFacts[]
  readonly reserved?: readonly ReservedRegion[]
  readonly machine?: Partial<Machine>
  readonly facts?: Partial<KernelFacts>
  readonly patches?: readonly Patch[]
  readonly inject?: readonly Injection[]
  /** In place of `plainOps`, under the same name. */
  readonly ops?: DmaOpsDef
}

export interface TestLab extends DmaApi {
  readonly memory: Memory
  readonly events: readonly Event[]
}

const module = new WebAssembly.Module(readFileSync(new URL('../../hot/build/release.wasm', import.meta.url)))

/** 64 MiB at 0x4000_0000, one device `codec` without pools, unless told otherwise. */
export const openTestLab = (options: TestLabOptions = {}): TestLab => {
  const facts = { ...FACTS, ...options.facts }
  const machine: Machine = {
    name: 'board',
    title: 'a board',
    arch: facts.arch.board,
    cpu: { lineSize: 64, aliasing: false },
    memory: [{ base: 0x4000_0000, len: 0x400_0000 }],
    reserved: options.reserved ?? [],
    layout: {},
    iommus: [],
    devices: options.devices ?? [device('codec')],
    bindings: {},
    ...options.machine,
  }
  const events: Event[] = []
  const sink: MappingSink = {
    heard: true,
    wants: (detail) => detail === 'op',
    emit: (e) => void events.push({ at: 0, ...e }),
    tellName: () => false,
    emitMap: (event, device, dmaAddr, size, dir, attrs, physAddr) =>
      void events.push({ at: 0, event, device, dir, dmaAddr, size, attrs, physAddr }),
    emitUnmap: (event, device, dmaAddr, size, dir, attrs) =>
      void events.push({ at: 0, event, device, dir, dmaAddr, size, attrs }),
  }
  const stack = new KernelStack(facts)
  const injector = new Injector(options.inject ?? [], machine)
  const memory = new Memory({ machine, facts, layout: layOut(machine, facts), module, sink, stack })
  const base = { ...PLAIN_KERNEL, facts: () => facts, ops: [options.ops ?? plainOps] }
  const kernel = { name: base.name, base, patches: options.patches ?? [], options: { config: {}, cmdline: {} } }
  const api = openDmaApi({ memory, machine, kernel, facts, ops: new Map(), sink, stack, injector })
  return Object.assign(api, { memory, events })
}
