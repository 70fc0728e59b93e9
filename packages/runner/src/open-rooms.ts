// One boot of a machine: memory, DMA API, dma-buf, allocators, queues and drivers, wired together.
import {
  type AllocatorHost,
  type Balance,
  balanceSum,
  type Content,
  type Device,
  type DmaOpsDef,
  type DeviceFacts,
  type Driver,
  type DriverDef,
  type DriverNode,
  type DriverQueue,
  InputError,
  type Lab,
  type LabOptions,
  type Machine,
  type QueueAttrs,
  type QueueSetup,
  type Vb2MemOps,
} from '@dmalab/api'
import { kernelDriverOf } from '@dmalab/machine'
import { createDmaBufCore } from '@dmalab/dma-buf'
import { Injector, openDmaApi } from '@dmalab/dma-api'
import { KernelStack, layOut, Memory } from '@dmalab/memory'
import { createQueue } from '@dmalab/videobuf2'
import { adversary } from './adversary.ts'
import { mixSeed } from './content-seed.ts'
import { cpuCopy } from './cpu-copy.ts'
import { driverFinder, kernelNameOf } from './find-driver.ts'
import type { EventStream } from './event-stream.ts'
import type { Registry } from './registry.ts'
import { userMemory } from './user-memory.ts'

/** What a laboratory is opened with besides its options. */
export interface LabParts {
  /** The compiled engine (compileHot()); compiled once, shared by all laboratories. */
  readonly module: WebAssembly.Module
  readonly registry: Registry
  /** Gets every laboratory that is opened, before anything is done in it: to listen to, and to look into. */
  readonly onOpen?: (lab: Lab) => void
}

/** What every boot of a machine finds as the boot before did. */
export interface Ground {
  readonly parts: LabParts
  readonly options: LabOptions
  readonly facts: Lab['facts']
  readonly machine: Machine
  readonly layout: Memory['layout']
  readonly driverOf: ReturnType<typeof driverFinder>
  /** Op tables by name. */
  readonly ops: ReadonlyMap<string, DmaOpsDef>
}

/** @throws InputError for a machine that no kernel can be laid out on */
export const groundOf = (parts: LabParts, options: LabOptions, facts: Lab['facts']): Ground => {
  const driverOf = driverFinder(parts.registry)
  const machine = probed(options.machine, driverOf)
  const ops = new Map(parts.registry.ops.values().map((def) => [def.name, def]))
  return { parts, options, facts, machine, layout: layOut(machine, facts), driverOf, ops }
}

/** What is wired together for one boot of the machine. `engine`: of the boot before, which is over. */
export const openRooms = (ground: Ground, stream: EventStream, engine?: Memory['hot']) => {
  const { options, facts, machine, layout, driverOf, ops } = ground
  const { registry, module } = ground.parts
  const { kernel } = options
  const seed = options.seed ?? 1
  const stack = new KernelStack(facts)
  const call = <T>(symbols: string | readonly string[], body: () => T): T => stack.call(symbols, body)
  const injector = new Injector(options.inject ?? [], machine)
  const injected = (what: string): boolean => injector.hits(what, '')
  const memory = new Memory({ machine, facts, layout, module, engine, sink: stream, stack, injected })
  const opened = openDmaApi({ memory, machine, kernel, facts, ops, sink: stream, stack, injector })
  const worst = options.adversarialCache === true ? adversary(memory, seed) : undefined
  const api = worst === undefined ? opened : { ...opened, mapping: worst.mapping(opened.mapping) }
  const dmaBuf = createDmaBufCore({
    facts,
    sink: stream,
    stack,
    injected,
    tables: { mem: memory, sgAlloc: (entries) => api.sgAlloc(entries), sgFree: (table) => api.sgFree(table) },
  })
  const printk: AllocatorHost['printk'] = (level, text) => stream.emit({ event: 'printk', level, text })
  const bus = (device: Device) => {
    const plain = memory.bus(api.busView(device))
    return worst === undefined ? plain : worst.bus(plain)
  }

  const allocatorHost: AllocatorHost = {
    kernel: facts,
    dma: api.mapping,
    dmaBuf,
    mem: memory,
    attachCopies: kernel.patches.flatMap((patch) => patch.sg?.attachCopies ?? []),
    exports: api.exports,
    exporter: (name, stock) =>
      kernel.patches.reduce((next, patch) => patch.exporters?.[name]?.(next, allocatorHost) ?? next, stock),
    sgAlloc: (entries) => api.sgAlloc(entries),
    sgFree: (table) => api.sgFree(table),
    miscDevice: (name) => api.miscDevice(name),
    call,
    nullPointer: (offset) => stack.fault({ reason: 'NULL pointer', address: BigInt(offset), write: false }),
    printk,
  }

  const allocators = new Map<string, Vb2MemOps>()
  const allocator = (name: string): Vb2MemOps => {
    const known = allocators.get(name)
    if (known !== undefined) return known
    const stock = registry.allocators.get(name).create(allocatorHost)
    const made = kernel.patches.reduce((next, patch) => patch.allocators?.[name]?.(next, allocatorHost) ?? next, stock)
    allocators.set(name, made)
    return made
  }
  const user = userMemory(memory, stream)
  const nodes: string[] = []
  /** Nodes are numbered as they are met. */
  const minor = (node: string): number => {
    const known = nodes.indexOf(node)
    return known < 0 ? nodes.push(node) - 1 : known
  }
  const names = new Set<string>()
  const queue = (device: Device, setup: QueueSetup): DriverQueue => {
    const name = freeName(names, setup.name)
    names.add(name)
    const released = (): void => void names.delete(name)
    const { copyToUser, copyFromUser } = user
    const host = {
      kernel: facts,
      dmaBuf,
      sink: stream,
      allocator,
      call,
      printk,
      minor,
      released,
      copyToUser,
      copyFromUser,
    }
    return createQueue(host, device, { ...setup, name })
  }

  const openDriver = (
    device: Device,
    added: QueueAttrs = { capture: 0, output: 0 },
    node: DriverNode['kind'] | null = null,
  ): Driver => {
    const { facts: deviceFacts } = device
    const def = driverOf(deviceFacts, node)
    if (def === undefined) throw new InputError(`no driver model serves ${device.name} (class ${deviceFacts.class})`)
    return def.create({
      device,
      kernel: facts,
      kernelDriver: kernelDriverOf(deviceFacts) ?? null,
      node,
      dma: api.mapping,
      dmaBuf,
      bus: (other) => bus(other ?? device),
      createQueue: (setup) => {
        const more = setup.type.includes('OUTPUT') ? added.output : added.capture
        return queue(device, more === 0 ? setup : { ...setup, dmaAttrs: more })
      },
      contentSeed: (frame, plane) => mixSeed(seed, device.name, frame, plane),
      expected: (owner): Content | Uint8Array | undefined => memory.ledger.expected(owner)?.content,
      mem: memory,
      cpu: cpuCopy(memory, stream, device.name),
      emit: (event) => stream.emit(event),
      call,
      printk,
    })
  }

  const session = () =>
    ({
      event: 'session',
      machine: machine.name,
      kernel: kernel.name,
      lineSize: machine.cpu.lineSize,
      physAddrBits: facts.dmaAddrSize === 8 ? 64 : 32,
      dmaDebug: facts.dmaDebug,
      traceFormat: facts.traceFormat,
      memory: machine.memory,
      pools: machine.reserved.filter((region) => region.compatible === 'shared-dma-pool' && !region.reusable),
      devices: [...api.devices, ...api.devices.flatMap((device) => device.memDevices)].map((device) => ({
        name: device.name,
        coherent: device.facts.coherent,
        maskBits: device.maskBits,
        ops: device.opsName,
        ...(device.facts.driverName === undefined ? {} : { driver: device.facts.driverName }),
        maxSegmentSize: device.facts.maxSegmentSize ?? 65536,
        ...(device.facts.busLimit === undefined ? {} : { busLimit: device.facts.busLimit }),
      })),
    }) as const

  const balance = (): Balance => balanceSum(api.balance(), dmaBuf.balance(), new Map([['queues', names.size]]))

  return {
    memory,
    user,
    api,
    dmaBuf,
    allocator,
    allocatorHost,
    bus,
    queue,
    openDriver,
    session,
    balance,
  }
}

/** Segment sizes as the drivers' probe functions leave them, and the drivers' names, where the board does not say otherwise. */
const probed = (machine: Machine, driverOf: (facts: DeviceFacts) => DriverDef | undefined): Machine => ({
  ...machine,
  devices: machine.devices.map((facts) => {
    const driver = driverOf(facts)
    const maxSegmentSize = facts.maxSegmentSize ?? driver?.maxSegmentSize
    const driverName = facts.driverName ?? kernelNameOf(facts, driver)
    return {
      ...facts,
      ...(maxSegmentSize === undefined ? {} : { maxSegmentSize }),
      ...(driverName === undefined ? {} : { driverName }),
    }
  }),
})

/** A device may be open several times, and reports tell its queues apart: the second is `codec CAPTURE (2)`. */
const freeName = (taken: ReadonlySet<string>, name: string): string => {
  if (!taken.has(name)) return name
  let nth = 2
  while (taken.has(`${name} (${nth})`)) nth++
  return `${name} (${nth})`
}
