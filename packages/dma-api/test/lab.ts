// A small laboratory of this room alone: memory, a kernel with a table that only translates addresses, and its front functions.
import { readFileSync } from 'node:fs'
import {
  type DeviceFacts,
  type DmaOpsDef,
  type Event,
  type EventBody,
  fail,
  type Injection,
  type KernelDef,
  type KernelFacts,
  type Machine,
  ok,
  type Patch,
  type ReservedRegion,
} from '@dmalab/api'
import { KernelStack, Memory } from '@dmalab/memory'
import { type DmaApi, openDmaApi } from '../src/index.ts'

export const FACTS: KernelFacts = {
  arch: 'arm64',
  release: '6.12',
  pfnValid: 'section',
  noMap: 'kept',
  attrs: {},
  sgEntrySize: 32,
  sgDmaLength: true,
  dmaAddrSize: 8,
  vb2ImportAttrs: 32,
  dqbufUnmaps: false,
  primeImportAttrs: 32,
  dmabufDebug: 'none',
  dmabufKmap: false,
  poolIsFinal: true,
  cacheHooks: 'arm64',
  oopsSaysAccess: false,
  traceFormat: '6.12',
  dmaDebug: '6.12',
  tracesPoolFree: false,
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
        const loop = { dir, maintain: 'none', skip: host.skip.map, needPage: false, assign: true } as const
        const done = host.sgLoop(table, { ...loop, from: 0, count: nents, checkReach: true })
        return done.stopped === 'done' ? ok(nents) : fail('EIO', done.stopped)
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
    arch: facts.arch,
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
  const sink = { wants: (detail: string) => detail === 'op', emit: (e: EventBody) => events.push({ at: 0, ...e }) }
  const stack = new KernelStack(facts)
  const memory = new Memory({ machine, facts, module, sink, stack })
  const base = { ...PLAIN_KERNEL, facts: () => facts }
  const kernel = { name: base.name, base, patches: options.patches ?? [], options: { config: {}, cmdline: {} } }
  const api = openDmaApi({ memory, machine, kernel, facts, ops: new Map(), sink, stack, inject: options.inject ?? [] })
  return Object.assign(api, { memory, events })
}
