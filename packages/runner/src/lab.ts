// Opens a laboratory: one machine, one kernel, everything wired. What `run`, golden adapters and library users drive.
import { InputError, type KernelFacts, type Lab, type LabOptions, runsKernelsOf } from '@dmalab/api'
import { retireMemory } from '@dmalab/memory'
import { bitsTaken, kernelFacts } from './compose-kernel.ts'
import { EventStream } from './event-stream.ts'
import { configuredFor } from './implied-config.ts'
import { asArchHasIt, machineFacts } from './machine-facts.ts'
import { type Ground, groundOf, type LabParts, openRooms } from './open-rooms.ts'
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
  const lab = new OpenLab(parts, options, facts, taken)
  parts.onOpen?.(lab)
  return lab
}

/** A class for its getters: a literal with any is slow to read. Its functions need no `this`, so that they may be handed on. */
class OpenLab implements Lab {
  readonly machine: Lab['machine']
  readonly kernel: Lab['kernel']
  readonly facts: KernelFacts
  readonly bootMemory: Lab['bootMemory']
  private readonly module: LabParts['module']
  private readonly taken: readonly string[]
  private readonly stream = new EventStream()
  private readonly ground: Ground
  private rooms: ReturnType<typeof openRooms>
  private isClosed = false

  /** @param taken what is to be said of attribute bits that patches take */
  constructor(parts: LabParts, options: LabOptions, facts: KernelFacts, taken: readonly string[]) {
    this.machine = options.machine
    this.kernel = options.kernel
    this.facts = facts
    this.module = parts.module
    this.taken = taken
    this.ground = groundOf(parts, options, facts)
    this.rooms = openRooms(this.ground, this.stream)
    this.bootMemory = this.rooms.api.bootMemory
  }

  get devices(): Lab['devices'] {
    return this.rooms.api.devices
  }
  device: Lab['device'] = (name) => this.rooms.api.device(name)
  get dma(): Lab['dma'] {
    return this.rooms.api.mapping
  }
  get dmaBuf(): Lab['dmaBuf'] {
    return this.rooms.dmaBuf
  }
  get mem(): Lab['mem'] {
    return this.rooms.memory
  }
  get cache(): Lab['cache'] {
    return this.rooms.memory.cache
  }
  ops: Lab['ops'] = (device) => this.rooms.api.ops(device)
  host: Lab['host'] = (device) => this.rooms.api.host(device)
  bus: Lab['bus'] = (device) => this.rooms.bus(device)
  translate: Lab['translate'] = (device, at, len, write) => this.rooms.api.busView(device).translate(at, len, write)
  allocator: Lab['allocator'] = (name) => this.rooms.allocator(name)
  get allocatorHost(): Lab['allocatorHost'] {
    return this.rooms.allocatorHost
  }
  createQueue: Lab['createQueue'] = (device, setup) => this.rooms.queue(device, setup)
  get injections(): Lab['injections'] {
    return this.rooms.api.injections()
  }
  open: Lab['open'] = (device, queueAttrs, node) => this.rooms.openDriver(device, queueAttrs, node)

  sgTable: Lab['sgTable'] = (entries) => {
    const table = listOf(this.rooms.api.sg, entries)
    if (!table.ok) throw new InputError(`no scatterlist of ${entries.length} entries: ${table.why}`)
    return table.value
  }
  sgFree: Lab['sgFree'] = (table) => this.rooms.api.sgFree(table)
  get sg(): Lab['sg'] {
    return this.rooms.api.sg
  }

  userAlloc: Lab['userAlloc'] = (len, owner, allocOptions) => this.rooms.user.userAlloc(len, owner, allocOptions)
  userFree: Lab['userFree'] = (mapping) => this.rooms.user.userFree(mapping)
  userClaim: Lab['userClaim'] = (at, len, owner) => this.rooms.user.userClaim(at, len, owner)
  userWrite: Lab['userWrite'] = (mapping, content, len, owner, offset) =>
    this.rooms.user.userWrite(mapping, content, len, owner, offset)
  userRead: Lab['userRead'] = (mapping, len, owner, offset) => this.rooms.user.userRead(mapping, len, owner, offset)
  userCompare: Lab['userCompare'] = (mapping, len, owner, expect) =>
    this.rooms.user.userCompare(mapping, len, owner, expect)
  userCopy: Lab['userCopy'] = (to, from, len, owner) => this.rooms.user.userCopy(to, from, len, owner)

  passTime: Lab['passTime'] = (ms) => this.rooms.api.passTime(ms)

  balance: Lab['balance'] = () => this.rooms.balance()

  lineRuns: Lab['lineRuns'] = (at, len) => this.rooms.memory.hot.lineRuns(at, len)

  listen: Lab['listen'] = (detail, listener) => {
    const stop = this.stream.listen(detail, listener)
    listener({ at: 0, ...this.rooms.session() })
    for (const text of this.taken) listener({ at: 0, event: 'kernel_quirk', code: 'attribute-bit-taken', text })
    return stop
  }
  listenInNumbers: Lab['listenInNumbers'] = (listener) => {
    const stop = this.stream.listenInNumbers(listener)
    listener.onEvent({ at: 0, ...this.rooms.session() })
    for (const text of this.taken) listener.onEvent({ at: 0, event: 'kernel_quirk', code: 'attribute-bit-taken', text })
    return stop
  }
  step: Lab['step'] = (what, device) => {
    this.stream.nextStep()
    this.stream.emit({ event: 'step', what, ...(device === undefined ? {} : { device }) })
  }
  end: Lab['end'] = (stoppedAt) => this.stream.emit({ event: 'end', ...(stoppedAt === undefined ? {} : { stoppedAt }) })
  oops: Lab['oops'] = (oops) => this.stream.emit({ event: 'oops', oops })
  reset: Lab['reset'] = () => {
    this.stream.restart()
    this.rooms = openRooms(this.ground, this.stream, this.rooms.memory.hot)
  }
  close: Lab['close'] = () => {
    if (!this.isClosed) retireMemory(this.module, this.rooms.memory)
    this.isClosed = true
  }
}

const checkBoard = ({ kernel, machine }: LabOptions, { arch }: KernelFacts): void => {
  if (!runsKernelsOf(machine.arch, arch.board))
    throw new InputError(
      `kernel ${kernel.name} is for ${arch.board}, board ${machine.name} is ${machine.arch}`,
      {},
      `take a kernel for ${machine.arch} (dmalab kernel list)`,
    )
}
