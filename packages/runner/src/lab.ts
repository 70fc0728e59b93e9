// Opens a laboratory: one machine, one kernel, everything wired. What `run`, golden adapters and library users drive.
import {
  type AllocatorHost,
  type Content,
  type Device,
  type DeviceFacts,
  type Driver,
  type DriverDef,
  type DriverQueue,
  InputError,
  type KResult,
  type Lab,
  type LabOptions,
  type Machine,
  ok,
  pageAlign,
  PAGE_SIZE,
  phys,
  physOf,
  pfnOf,
  type QueueSetup,
  type UserMapping,
  type Vb2MemOps,
} from '@dmalab/api'
import { createDmaBufCore } from '@dmalab/dma-buf'
import { openDmaApi } from '@dmalab/dma-api'
import { KernelStack, Memory } from '@dmalab/memory'
import { createQueue } from '@dmalab/videobuf2'
import { adversary } from './adversary.ts'
import { kernelFacts } from './compose-kernel.ts'
import { mixSeed } from './content-seed.ts'
import { cpuCopy } from './cpu-copy.ts'
import { EventStream } from './event-stream.ts'
import type { Registry } from './registry.ts'

/** What a laboratory is opened with besides its options. */
export interface LabParts {
  /** The compiled engine (compileHot()); compiled once, shared by all laboratories. */
  readonly module: WebAssembly.Module
  readonly registry: Registry
}

/** @throws InputError when kernel and machine do not fit, or name something nobody brought */
export const openLab = (parts: LabParts, options: LabOptions): Lab => {
  checkArch(options)
  const facts = kernelFacts(options.kernel)
  const stream = new EventStream()
  const open = () => openRooms(parts, options, facts, stream)
  let rooms = open()
  const cpuAccess = (
    mapping: UserMapping,
    offset: number,
    size: number,
    owner: string,
    write: boolean,
    wrong?: number,
  ): void => {
    const [first] = userPieces(mapping, offset, size)
    stream.emit({
      event: 'cpu_access',
      task: 'user',
      write,
      virtAddr: '',
      physAddr: first?.at ?? mapping.phys,
      size,
      mapping: mapping.kind,
      buffer: owner,
      ...(wrong === undefined ? {} : { wrong }),
    })
  }

  return {
    machine: options.machine,
    kernel: options.kernel,
    facts,
    get devices() {
      return rooms.api.devices
    },
    device: (name) => rooms.api.device(name),
    get dma() {
      return rooms.api.front
    },
    get dmaBuf() {
      return rooms.dmaBuf
    },
    get mem() {
      return rooms.memory
    },
    get cache() {
      return rooms.memory.cache
    },
    ops: (device) => rooms.api.ops(device),
    host: (device) => rooms.api.host(device),
    bus: (device) => rooms.bus(device),
    allocator: (name) => rooms.allocator(name),
    get allocatorHost() {
      return rooms.allocatorHost
    },
    createQueue: (device, setup) => rooms.queue(device, setup),
    open: (device) => rooms.openDriver(device),

    sgTable(entries) {
      const table = rooms.api.sgAlloc(entries.length)
      if (!table.ok) throw new InputError(`no scatterlist of ${entries.length} entries: ${table.why}`)
      for (const [i, entry] of entries.entries()) {
        table.value.setPage(i, entry.page, entry.length, entry.offset)
        if (entry.attrs !== undefined) table.value.setAttrs(i, entry.attrs)
        if (entry.dmaAddress !== undefined) table.value.setDma(i, entry.dmaAddress, entry.dmaLength ?? entry.length)
      }
      return table.value
    },
    sgFree: (table) => rooms.api.sgFree(table),

    userAlloc(len, owner, allocOptions = {}): KResult<UserMapping> {
      const pages = rooms.memory.allocContiguous(pageAlign(len), { ...allocOptions, owner })
      if (!pages.ok) return pages
      // A task never sees what a page held before.
      rooms.memory.hot.set('cpu', physOf(pages.value), pageAlign(len), 0)
      return ok({ phys: physOf(pages.value), len: pageAlign(len), kind: 'cached' })
    },
    userFree: (mapping) => rooms.memory.freeContiguous(pfnOf(mapping.phys), mapping.len),

    userWrite(mapping, content, len, owner, offset = 0) {
      const { hot, ledger } = rooms.memory
      for (const piece of userPieces(mapping, offset, len)) {
        if (content instanceof Uint8Array)
          hot.write(Memory.view(mapping.kind), piece.at, content.subarray(piece.done, piece.done + piece.len))
        else hot.fill(Memory.view(mapping.kind), piece.at, piece.len, content.seed, piece.done)
      }
      ledger.record(owner, { content, len })
      cpuAccess(mapping, offset, len, owner, true)
    },

    userCompare(mapping, len, owner, expect) {
      const { hot, ledger } = rooms.memory
      const offset = expect?.offset ?? 0
      const content = expect?.content ?? ledger.expected(owner)?.content
      let wrong = 0
      for (const piece of userPieces(mapping, offset, len)) wrong += differences(hot, mapping, piece, content)
      cpuAccess(mapping, offset, len, owner, false, wrong)
      return { bytes: len, wrong }
    },

    userCopy(to, from, len, owner) {
      const { hot, ledger } = rooms.memory
      const source = userPieces(from, 0, len)
      for (const target of userPieces(to, 0, len))
        for (const piece of source) {
          const start = Math.max(target.done, piece.done)
          const end = Math.min(target.done + target.len, piece.done + piece.len)
          if (start >= end) continue
          const read = phys(piece.at + (start - piece.done))
          const write = phys(target.at + (start - target.done))
          hot.copy(Memory.view(from.kind), read, Memory.view(to.kind), write, end - start)
        }
      const written = ledger.expected(owner.from)
      if (written !== undefined) ledger.record(owner.to, { content: written.content, len })
      cpuAccess(from, 0, len, owner.from, false)
      cpuAccess(to, 0, len, owner.to, true)
    },

    passTime: (ms) => rooms.api.passTime(ms),

    listen(detail, listener) {
      const stop = stream.listen(detail, listener)
      listener({ at: 0, ...rooms.session() })
      return stop
    },
    step(what, device) {
      stream.nextStep()
      stream.emit({ event: 'step', what, ...(device === undefined ? {} : { device }) })
    },
    end: () => stream.emit({ event: 'end' }),
    oops: (oops) => stream.emit({ event: 'oops', oops }),
    reset() {
      stream.restart()
      rooms = open()
    },
  }
}

const checkArch = ({ kernel, machine }: LabOptions): void => {
  if (kernel.base.arch !== machine.arch)
    throw new InputError(
      `kernel ${kernel.name} is for ${kernel.base.arch}, board ${machine.name} is ${machine.arch}`,
      {},
      `take a kernel for ${machine.arch} (dmalab kernel list)`,
    )
}

/** A device may be open several times, and reports tell its queues apart: the second is `codec CAPTURE (2)`. */
const freeName = (taken: ReadonlySet<string>, name: string): string => {
  if (!taken.has(name)) return name
  let nth = 2
  while (taken.has(`${name} (${nth})`)) nth++
  return `${name} (${nth})`
}

/** Segment sizes as the drivers' probe functions leave them, where the board does not say otherwise. */
const probed = (machine: Machine, driverOf: (facts: DeviceFacts) => DriverDef | undefined): Machine => ({
  ...machine,
  devices: machine.devices.map((facts) => {
    const maxSegmentSize = facts.maxSegmentSize ?? driverOf(facts)?.maxSegmentSize
    return maxSegmentSize === undefined ? facts : { ...facts, maxSegmentSize }
  }),
})

/** The rooms of one boot of the machine. */
const openRooms = (parts: LabParts, options: LabOptions, facts: Lab['facts'], stream: EventStream) => {
  const { kernel } = options
  const { registry, module } = parts
  const driverOf = ({ driver, class: kind }: DeviceFacts): DriverDef | undefined =>
    driver === undefined
      ? registry.drivers.values().find(({ classes }) => classes.includes(kind))
      : registry.drivers.get(driver)
  const machine = probed(options.machine, driverOf)
  const seed = options.seed ?? 1
  const stack = new KernelStack(facts)
  const call = <T>(symbols: string | readonly string[], body: () => T): T => stack.call(symbols, body)
  const memory = new Memory({ machine, facts, module, sink: stream, stack })
  const ops = new Map(registry.ops.values().map((def) => [def.name, def]))
  const opened = openDmaApi({ memory, machine, kernel, facts, ops, sink: stream, stack, inject: options.inject ?? [] })
  const worst = options.adversarialCache === true ? adversary(memory, seed) : undefined
  const api = worst === undefined ? opened : { ...opened, front: worst.front(opened.front) }
  const dmaBuf = createDmaBufCore({
    facts,
    sink: stream,
    stack,
    tables: { mem: memory, sgAlloc: (entries) => api.sgAlloc(entries), sgFree: (table) => api.sgFree(table) },
  })
  const printk: AllocatorHost['printk'] = (level, text) => stream.emit({ event: 'printk', level, text })
  const bus = (device: Device) => {
    const plain = memory.bus(api.busView(device))
    return worst === undefined ? plain : worst.bus(plain)
  }

  const allocatorHost: AllocatorHost = {
    kernel: facts,
    dma: api.front,
    dmaBuf,
    mem: memory,
    attachCopies: kernel.patches.flatMap((patch) => patch.sg?.attachCopies ?? []),
    exports: api.exports,
    exporter: (name, stock) =>
      kernel.patches.reduce((next, patch) => patch.exporters?.[name]?.(next, allocatorHost) ?? next, stock),
    sgAlloc: (entries) => api.sgAlloc(entries),
    sgFree: (table) => api.sgFree(table),
    call,
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
  const names = new Set<string>()
  const queue = (device: Device, setup: QueueSetup): DriverQueue => {
    const name = freeName(names, setup.name)
    names.add(name)
    const released = (): void => void names.delete(name)
    return createQueue({ kernel: facts, dmaBuf, sink: stream, allocator, call, printk, released }, device, {
      ...setup,
      name,
    })
  }

  const openDriver = (device: Device): Driver => {
    const { facts: deviceFacts } = device
    const def = driverOf(deviceFacts)
    if (def === undefined) throw new InputError(`no driver model serves ${device.name} (class ${deviceFacts.class})`)
    return def.create({
      device,
      kernel: facts,
      dma: api.front,
      dmaBuf,
      bus: (other) => bus(other ?? device),
      createQueue: (setup) => queue(device, setup),
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
      memory: machine.memory,
      pools: machine.reserved.filter((region) => region.compatible === 'shared-dma-pool' && !region.reusable),
      devices: [...api.devices, ...api.devices.flatMap((device) => device.memDevices)].map((device) => ({
        name: device.name,
        coherent: device.facts.coherent,
        maskBits: device.maskBits,
        ops: device.opsName,
        maxSegmentSize: device.facts.maxSegmentSize ?? 65536,
      })),
    }) as const

  return { memory, api, dmaBuf, allocator, allocatorHost, bus, queue, openDriver, session }
}

interface UserPiece {
  readonly at: ReturnType<typeof phys>
  readonly len: number
  readonly done: number
}

/** `len` bytes of a user mapping, from `offset` on, as physically contiguous pieces. */
const userPieces = (mapping: UserMapping, offset: number, len: number): UserPiece[] => {
  const { pages } = mapping
  if (pages === undefined) return [{ at: phys(mapping.phys + offset), len, done: 0 }]
  const pieces: UserPiece[] = []
  const start = (mapping.phys % PAGE_SIZE) + offset
  for (let done = 0; done < len;) {
    const within = (start + done) % PAGE_SIZE
    const page = pages[Math.floor((start + done) / PAGE_SIZE)]
    if (page === undefined) throw new Error('a user mapping has a page for every byte')
    const part = Math.min(len - done, PAGE_SIZE - within)
    pieces.push({ at: physOf(page, within), len: part, done })
    done += part
  }
  return pieces
}

const differences = (
  hot: Memory['hot'],
  mapping: UserMapping,
  piece: UserPiece,
  content: Content | Uint8Array | undefined,
): number => {
  const view = Memory.view(mapping.kind)
  if (content === undefined) return 0
  if (!(content instanceof Uint8Array))
    return hot.compare(view, piece.at, piece.len, content.seed, (content.offset ?? 0) + piece.done).wrong
  const got = new Uint8Array(piece.len)
  hot.read(view, piece.at, got)
  return got.reduce((wrong, byte, i) => wrong + (byte === content[piece.done + i] ? 0 : 1), 0)
}
