// Opens a laboratory: one machine, one kernel, everything wired. What `run`, golden adapters and library users drive.
import { InputError, type KernelFacts, type Lab, type LabOptions, runsKernelsOf } from '@dmalab/api'
import { type Memory, retireMemory } from '@dmalab/memory'
import { bitsTaken, kernelFacts } from './compose-kernel.ts'
import { EventStream } from './event-stream.ts'
import { configuredFor } from './implied-config.ts'
import { asArchHasIt, machineFacts } from './machine-facts.ts'
import { groundOf, type LabParts, openRooms } from './open-rooms.ts'
import { checkFunctions } from './patched-functions.ts'
import { listOf } from './sg-list.ts'

export type { LabParts } from './open-rooms.ts'

/** @throws InputError when kernel and machine do not fit, or name something that no plug-in provides */
export const openLab = (parts: LabParts, given: LabOptions): Lab => {
  const kernel = configuredFor(given.kernel, given.machine)
  const facts = machineFacts(kernelFacts(kernel, parts.registry), given.machine)
  const options: LabOptions = { ...given, kernel, machine: asArchHasIt(given.machine, facts.arch) }
  checkFunctions(options.kernel, parts.registry)
  checkBoard(options, facts)
  const taken = options.kernel.patches.length === 0 ? [] : bitsTaken(options.kernel)
  const stream = new EventStream()
  const ground = groundOf(parts, options, facts)
  const open = (engine?: Memory['hot']) => openRooms(ground, stream, engine)
  let rooms = open()
  let isClosed = false

  const lab: Lab = {
    machine: options.machine,
    kernel: options.kernel,
    facts,
    get devices() {
      return rooms.api.devices
    },
    device: (name) => rooms.api.device(name),
    get dma() {
      return rooms.api.mapping
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
    translate: (device, at, len, write) => rooms.api.busView(device).translate(at, len, write),
    allocator: (name) => rooms.allocator(name),
    get allocatorHost() {
      return rooms.allocatorHost
    },
    createQueue: (device, setup) => rooms.queue(device, setup),
    get injections() {
      return rooms.api.injections()
    },
    open: (device, queueAttrs, node) => rooms.openDriver(device, queueAttrs, node),

    sgTable(entries) {
      const table = listOf(rooms.api.sg, entries)
      if (!table.ok) throw new InputError(`no scatterlist of ${entries.length} entries: ${table.why}`)
      return table.value
    },
    sgFree: (table) => rooms.api.sgFree(table),
    get sg() {
      return rooms.api.sg
    },

    userAlloc: (len, owner, allocOptions) => rooms.user.userAlloc(len, owner, allocOptions),
    userFree: (mapping) => rooms.user.userFree(mapping),
    userClaim: (at, len, owner) => rooms.user.userClaim(at, len, owner),
    userWrite: (mapping, content, len, owner, offset) => rooms.user.userWrite(mapping, content, len, owner, offset),
    userRead: (mapping, len, owner, offset) => rooms.user.userRead(mapping, len, owner, offset),
    userCompare: (mapping, len, owner, expect) => rooms.user.userCompare(mapping, len, owner, expect),
    userCopy: (to, from, len, owner) => rooms.user.userCopy(to, from, len, owner),

    passTime: (ms) => rooms.api.passTime(ms),

    balance: () => rooms.balance(),
    bootMemory: rooms.api.bootMemory,

    lineRuns: (at, len) => rooms.memory.hot.lineRuns(at, len),

    listen(detail, listener) {
      const stop = stream.listen(detail, listener)
      listener({ at: 0, ...rooms.session() })
      for (const text of taken) listener({ at: 0, event: 'kernel_quirk', code: 'attribute-bit-taken', text })
      return stop
    },
    listenInNumbers(listener) {
      const stop = stream.listenInNumbers(listener)
      listener.onEvent({ at: 0, ...rooms.session() })
      for (const text of taken) listener.onEvent({ at: 0, event: 'kernel_quirk', code: 'attribute-bit-taken', text })
      return stop
    },
    step(what, device) {
      stream.nextStep()
      stream.emit({ event: 'step', what, ...(device === undefined ? {} : { device }) })
    },
    end: (stoppedAt) => stream.emit({ event: 'end', ...(stoppedAt === undefined ? {} : { stoppedAt }) }),
    oops: (oops) => stream.emit({ event: 'oops', oops }),
    reset() {
      stream.restart()
      rooms = open(rooms.memory.hot)
    },
    close() {
      if (!isClosed) retireMemory(parts.module, rooms.memory)
      isClosed = true
    },
  }
  parts.onOpen?.(lab)
  return lab
}

const checkBoard = ({ kernel, machine }: LabOptions, { arch }: KernelFacts): void => {
  if (!runsKernelsOf(machine.arch, arch.board))
    throw new InputError(
      `kernel ${kernel.name} is for ${arch.board}, board ${machine.name} is ${machine.arch}`,
      {},
      `take a kernel for ${machine.arch} (dmalab kernel list)`,
    )
}
