// The DMA API of one machine under one kernel: devices with their pools, the op table each got with patches applied, and the
// functions that drivers call.
import {
  type Balance,
  type BootMemory,
  type Device,
  type DmaMapping,
  type DmaOps,
  type DmaOpsDef,
  fail,
  type Host,
  type InjectionCalls,
  type IommuFacts,
  InputError,
  type KernelFacts,
  type KernelSpec,
  type KResult,
  type Machine,
  type MappingSink,
  missingDevice,
  type PhysAddr,
  type Scatterlists,
  type SgTable,
} from '@dmalab/api'
import { createIommuHost, type DeviceDomain } from '@dmalab/iommu'
import type { BusView, KernelStack, Memory } from '@dmalab/memory'
import { openAtomicPools } from './atomic-pools.ts'
import { openArch } from './arch.ts'
import { balanceOf } from './balance.ts'
import { bootMemoryOf } from './boot-memory.ts'
import { createBouncePools } from './bounce-pools.ts'
import { DeviceBusView } from './bus-view.ts'
import { createDevices, warnUnmaintained, type DeviceState } from './device.ts'
import { createHost, type HostParts } from './host.ts'
import type { Injector } from './injector.ts'
import { createMapping, type FinalTable } from './mapping.ts'
import { createScatterlists } from './scatterlists.ts'
import type { SgAllocator } from './sg-pages.ts'
import { composedSkip, patchedTable } from './patched-table.ts'
import { ScatterlistArena } from './sg-table.ts'
import { createTrace } from './trace.ts'

export interface DmaApiOptions {
  readonly memory: Memory
  readonly machine: Machine
  readonly kernel: KernelSpec
  readonly facts: KernelFacts
  /** Op tables that the kernel does not bring itself, by name. */
  readonly ops: ReadonlyMap<string, DmaOpsDef>
  readonly sink: MappingSink
  readonly stack: KernelStack
  readonly injector: Injector
}

export interface DmaApi {
  readonly mapping: DmaMapping
  /** The machine's devices; further memory regions hang below theirs (memDevices). */
  readonly devices: readonly Device[]
  /** @throws InputError for a device the machine lacks. */
  device(name: string): Device
  /** The device behind a struct miscdevice: no board lists it, and its driver takes 64-bit masks. */
  miscDevice(name: string): Device
  ops(device: Device): DmaOps
  /** The definition of the op table a device got. */
  opsDef(device: Device): DmaOpsDef
  host(device: Device): Host
  busView(device: Device): BusView
  /** Modelled time passes: flush queues and delayed work. Milliseconds. */
  passTime(ms: number): void
  readonly exports: Host['exports']
  readonly skip: Host['skip']
  /** lib/scatterlist.c for code that belongs to no device. */
  readonly sg: Scatterlists
  sgAlloc(entries: number): KResult<SgTable>
  sgFree(table: SgTable): void
  /** What is free and what is lent. */
  balance(): Balance
  /** As it was at boot. */
  readonly bootMemory: BootMemory
  /** Failures to inject, and how many calls each has counted. */
  injections(): readonly InjectionCalls[]
}

/** Everything of one device that is made once. */
interface OpenDevice {
  readonly state: DeviceState
  readonly def: DmaOpsDef
  readonly host: Host
  readonly bus: DeviceBusView
  table: FinalTable | null
  /** Final tables by name: its own, and those that it calls into. */
  readonly tables: Map<string, DmaOps>
}

/** @throws InputError when the kernel names an op table that no plug-in provides. */
export const openDmaApi = (options: DmaApiOptions): DmaApi => {
  const { memory, machine, kernel, facts, sink, stack, injector } = options
  const tables = new Map([...options.ops, ...kernel.base.ops.map((def) => [def.name, def] as const)])
  const lists = new ScatterlistArena(memory.hot.sg, facts.sgEntrySize)
  const copies = {
    mem: memory,
    stack,
    read: (at: PhysAddr, into: Uint8Array) => memory.hot.read('cpu', at, into),
    write: (at: PhysAddr, from: Uint8Array) => memory.hot.write('cpu', at, from),
  }
  const scatterlists = (device: string): Scatterlists => {
    const allocator: SgAllocator = {
      perChunk: lists.perChunk,
      sgAlloc: (entries) =>
        injector.hits('sgAlloc', device)
          ? fail('ENOMEM', `a scatterlist of ${entries} entries failed on request`)
          : lists.sgAlloc(entries),
      sgFree: (table) => lists.sgFree(table),
      sgGrow: (table, entries) => lists.sgGrow(table, entries),
    }
    return createScatterlists(allocator, (table) => lists.chunks(table), copies, {
      splitEnds: facts.sgSplitEnds,
      tell: (code, text) => sink.emit({ event: 'kernel_quirk', code, text, ...(device === '' ? {} : { device }) }),
    })
  }
  const exports: Host['exports'] = Object.assign({}, ...kernel.patches.map((patch) => patch.exports?.(facts) ?? {}))
  const skip = composedSkip(kernel)
  const printk = (level: 'err' | 'warn' | 'info', text: string): void => sink.emit({ event: 'printk', level, text })
  const deviceParts = { mem: memory, facts, printk }
  const devices = createDevices(machine, deviceParts)
  const bounce = createBouncePools({ memory, facts, stack, sink, warned: new Set() }, machine)
  for (const device of devices.flatMap((d) => [d, ...d.memDevices])) bounce.attach(device)
  const arch = openArch(facts.arch, {
    mem: memory,
    cache: memory.cache,
    call: (symbols, body) => stack.call(symbols, body),
    enter: (symbols) => stack.enter(symbols),
    leave: (mark) => stack.leave(mark),
    stall: (what) => stack.fault({ reason: 'stall', address: 0n, what }),
    wants: (detail) => sink.wants(detail),
    emit: (event) => sink.emit(event),
  })
  const atomic = openAtomicPools({ memory, facts, sink, arch })
  const opened = new Map<Device, OpenDevice>()

  const openedOf = (device: Device): OpenDevice => {
    const found = opened.get(device)
    if (found === undefined) throw new Error(`device ${device.name} belongs to another laboratory`)
    return found
  }
  const tableNamed = (name: string, device: string): DmaOpsDef => {
    const def = tables.get(name)
    if (def === undefined)
      throw new InputError(
        `kernel ${kernel.name} wants op table '${name}' for device ${device}, and no plug-in provides it`,
      )
    return def
  }
  /** attach(), then the patches in order, then injected failures. */
  const finalTable = (def: DmaOpsDef, { state, host, tables: made }: OpenDevice): DmaOps => {
    const known = made.get(def.name)
    if (known !== undefined) return known
    const patched = patchedTable(def, def.attach(state, host), kernel.patches, host)
    const final = withInjection(patched, state.name, injector)
    made.set(def.name, final)
    return final
  }
  /** The device that was asked about last, and its table: most calls are about the same device again. */
  let lastDevice: Device | undefined
  let lastTable: FinalTable | undefined
  const table = (device: Device): FinalTable => {
    if (device === lastDevice && lastTable !== undefined) return lastTable
    const own = openedOf(device)
    own.table ??= { ops: finalTable(own.def, own), symbols: own.def.symbols }
    lastDevice = device
    lastTable = own.table
    return own.table
  }
  const ops = (device: Device): DmaOps => table(device).ops

  const iommuOf = ({ facts: { iommu } }: Device): IommuFacts | undefined =>
    machine.iommus.find(({ name, enabled }) => enabled && name === iommu)
  const domains: DeviceDomain[] = []
  const hostParts: HostParts = {
    facts,
    skip,
    devices: deviceParts,
    atomic,
    bounce,
    ram: memory.layout.managed,
    cacheAlignment: machine.cpu.cacheOps === 'none' ? 1 : (machine.cpu.writebackGranule ?? machine.cpu.lineSize),
    memory,
    arch,
    stack,
    sink,
    injector,
    exports,
    scatterlists,
    // A work item runs as soon as the CPU is free for it.
    counted: [],
    timers: atomic === undefined ? [] : [() => atomic.work()],
    ops,
    iommu: (device) => {
      const found = iommuOf(device)
      // Stream ids are handed out in the order of the machine's devices.
      return found === undefined
        ? null
        : createIommuHost(memory.hot.io, found, devices.indexOf(device) + 1, {
            opened: (domain) => domains.push(domain),
            injected: (what) => injector.hits(what, device.name),
            injects: injector.watches('iova', device.name) || injector.watches('pageTable', device.name),
          })
    },
    table: (device, name) => finalTable(tableNamed(name, device.name), openedOf(device)),
  }
  const all = devices.flatMap((device) => [device, ...device.memDevices])
  const openDevice = (state: DeviceState): void => {
    const def = tableNamed(kernel.base.opsFor(state.facts, kernel.options, iommuOf(state) ?? null), state.name)
    const bus = new DeviceBusView(state.facts)
    state.takesTable(def, facts)
    opened.set(state, { state, def, host: createHost(hostParts, state, bus), bus, table: null, tables: new Map() })
  }
  for (const state of all) openDevice(state)
  for (const state of all) ops(state)
  warnUnmaintained(devices, machine.cpu, sink)

  const miscDevices = new Map<string, DeviceState>()
  const miscDevice = (name: string): Device => {
    const known = miscDevices.get(name)
    if (known !== undefined) return known
    // It is as coherent as dma_default_coherent says.
    const coherent = facts.arch.snoops !== 'when-told'
    const [made] = createDevices({ ...machine, devices: [{ ...MISC_DEVICE, name, coherent }] }, deviceParts)
    if (made === undefined) throw new Error('one device was asked for')
    miscDevices.set(name, made)
    bounce.attach(made)
    openDevice(made)
    return made
  }

  const sg = scatterlists('')
  const mapping = createMapping({
    facts,
    mem: memory,
    sink,
    tags: skip.map.bits,
    trace: createTrace(sink, facts, memory),
    injected: (what, device) => injector.hits(what, device),
    state: (device) => openedOf(device).state,
    table,
    stack,
    bug: (what, symbol) => stack.fault({ reason: 'BUG', address: 0n, what }, symbol),
  })

  const bootMemory = bootMemoryOf({ facts, memory, bounce, atomic })

  return {
    mapping,
    devices,
    device(name) {
      const found = all.find((device) => device.name === name)
      if (found === undefined)
        throw new InputError(`${missingDevice(machine, name)}; it has ${all.map((d) => d.name).join(', ')}`)
      return found
    },
    miscDevice,
    ops,
    opsDef: (device) => openedOf(device).def,
    host: (device) => openedOf(device).host,
    busView: (device) => openedOf(device).bus,
    passTime(ms) {
      for (const timer of hostParts.timers) timer(ms)
    },
    exports,
    skip,
    sg,
    sgAlloc: (entries) => sg.alloc(entries),
    sgFree: (table) => sg.free(table),
    injections: () => injector.calls,
    bootMemory,
    balance: () => balanceOf({ memory, lists, bounce, atomic, devices: all, domains, counted: hostParts.counted }),
  }
}

const MISC_DEVICE = { class: 'other', maskBits: 64, pools: [] } as const

/** Operations that a rule may hit fail when it says so; all others stay the very functions they were, so batch loops stay in use. */
const withInjection = (ops: DmaOps, device: string, injector: Injector): DmaOps => {
  const wrapped: Partial<DmaOps> = {}
  const hit = (what: string): boolean => injector.hits(what, device)
  const refused = (what: string, errno: 'EIO' | 'ENOMEM' | 'ENXIO') =>
    fail(errno, `${what} for ${device} failed on request`)
  if (injector.watches('mmap', device))
    wrapped.mmap = (...args) => (hit('mmap') ? refused('mmap', 'ENXIO') : ops.mmap(...args))
  if (injector.watches('getSgtable', device))
    wrapped.getSgtable = (...args) => (hit('getSgtable') ? refused('getSgtable', 'ENOMEM') : ops.getSgtable(...args))
  if (injector.watches('mapPage', device))
    wrapped.mapPage = (...args) => (hit('mapPage') ? refused('mapPage', 'EIO') : ops.mapPage(...args))
  if (injector.watches('mapSg', device))
    wrapped.mapSg = (...args) => (hit('mapSg') ? refused('mapSg', 'EIO') : ops.mapSg(...args))
  if (injector.watches('mapResource', device))
    wrapped.mapResource = (...args) => (hit('mapResource') ? refused('mapResource', 'EIO') : ops.mapResource(...args))
  return Object.keys(wrapped).length === 0 ? ops : { ...ops, ...wrapped }
}
