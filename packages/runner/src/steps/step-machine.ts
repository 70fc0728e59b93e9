// Carries out the steps of a scenario on a laboratory: each step is one call of a driver or of user space.
import {
  ATTR,
  type Device,
  DIR,
  type Direction,
  type Driver,
  type DriverQueue,
  fail,
  InputError,
  type KResult,
  type Lab,
  ok,
  pageAlign,
  type Pfn,
  pfnOf,
  physOf,
  type ScenarioStep,
  type SgTable,
  type StepDirection,
  type UserMapping,
} from '@dmalab/api'
import { cmaHeap, createDumbBuffer, createUdmabuf, systemHeap } from '@dmalab/dma-buf'
import { mixSeed } from '../content-seed.ts'
import { type BusRange, type Importer, LabBuffer, type Memory } from './lab-buffer.ts'

type Step<Name extends ScenarioStep['do']> = Extract<ScenarioStep, { readonly do: Name }>
type Part = { readonly offset?: number; readonly len?: number }
/** What a step found out, for people. */
type Outcome = KResult<string>

const EXPORTER = 'vb2-dma-contig'

export class StepMachine {
  private readonly lab: Lab
  private readonly seed: number
  private readonly buffers = new Map<string, LabBuffer>()
  private readonly drivers = new Map<string, Driver>()
  private count = 0
  /** Bytes that a reader found different from what was written. */
  wrong = 0

  constructor(lab: Lab, seed: number) {
    this.lab = lab
    this.seed = seed
  }

  /** One step; `expect` is not one. @throws InputError for a step that the scenario cannot mean, SimulatedOops */
  do(step: ScenarioStep): Outcome {
    this.count++
    switch (step.do) {
      case 'alloc':
        return this.alloc(step)
      case 'free':
        return this.free(this.buffer(step.buffer))
      case 'export':
        return this.export(this.buffer(step.buffer))
      case 'close':
        return this.close(this.buffer(step.buffer))
      case 'attach':
        return this.attach(this.buffer(step.buffer), this.lab.device(step.device))
      case 'detach':
        return this.detach(step)
      case 'map':
        return this.map(step)
      case 'unmap':
        return this.unmap(this.importer(step))
      case 'sync':
        return this.sync(step)
      case 'begin-cpu-access':
      case 'end-cpu-access':
        return this.cpuAccess(step)
      case 'device-read':
      case 'device-write':
        return this.deviceAccess(step)
      case 'cpu-read':
      case 'cpu-write':
        return this.userAccess(step)
      case 'reuse-table':
        return this.reuseTable(step)
      case 'touch-pages':
        return this.touchPages(this.importer(step))
      case 'expect':
        throw new Error('expectations are for the runner')
      default:
        return this.ioctl(step)
    }
  }

  /** Closes what is open, as the kernel does when a task exits. */
  exit(): void {
    for (const driver of this.drivers.values()) driver.close()
    for (const buffer of this.buffers.values()) if (buffer.fd !== null) this.lab.dmaBuf.close(buffer.fd)
  }

  private buffer(name: string): LabBuffer {
    const found = this.buffers.get(name)
    if (found === undefined) throw new InputError(`no step made a buffer '${name}'`)
    return found
  }

  private importer(step: { readonly buffer: string; readonly device: string }): Importer {
    const found = this.buffer(step.buffer).importers.get(step.device)
    if (found === undefined) throw new InputError(`${step.device} has neither attached nor mapped '${step.buffer}'`)
    return found
  }

  private attrs(names: readonly string[] | undefined): number {
    return (names ?? []).reduce((bits, name) => {
      const known: Readonly<Record<string, number>> = { ...ATTR, ...this.lab.facts.attrs }
      const bit = known[name]
      if (bit === undefined)
        throw new InputError(
          `kernel ${this.lab.kernel.name} has no attribute '${name}'; it has ${Object.keys(known).join(', ')}`,
        )
      return bits + (Math.floor(bits / bit) % 2 === 1 ? 0 : bit)
    }, 0)
  }

  // ---- memory

  private alloc(step: Step<'alloc'>): Outcome {
    const made = this.memoryFor(step)
    if (!made.ok) return made
    const { memory, fd } = made.value
    this.buffers.set(step.buffer, new LabBuffer(step.buffer, step.size, memory, fd))
    return ok(`${step.size} bytes from ${step.from}`)
  }

  private memoryFor(step: Step<'alloc'>): KResult<{ memory: Memory; fd: number | null }> {
    const { lab } = this
    const { buffer: owner, size } = step
    const withFd = (fd: KResult<number>): KResult<{ memory: Memory; fd: number | null }> =>
      fd.ok ? ok({ memory: { kind: 'fd' }, fd: fd.value }) : fd
    switch (step.from) {
      case 'coherent': {
        const device = lab.device(step.device ?? '')
        if (step.attrs === undefined) {
          const mem = lab.allocator(EXPORTER).alloc(device, pageAlign(size), DIR.BIDIRECTIONAL, owner)
          return mem.ok ? ok({ memory: { kind: 'vb2', device, mem: mem.value }, fd: null }) : mem
        }
        const attrs = this.attrs(step.attrs)
        const memory = lab.dma.allocAttrs(device, pageAlign(size), attrs, owner)
        return memory.ok ? ok({ memory: { kind: 'coherent', device, memory: memory.value, attrs }, fd: null }) : memory
      }
      case 'pages': {
        const pfn = lab.mem.allocPages(pageAlign(size), { owner })
        return pfn.ok ? ok({ memory: { kind: 'pages', pfn: pfn.value }, fd: null }) : pfn
      }
      case 'user': {
        const mapping = lab.userAlloc(size, owner)
        return mapping.ok ? ok({ memory: { kind: 'user', mapping: mapping.value }, fd: null }) : mapping
      }
      case 'udmabuf': {
        const mapping = lab.userAlloc(size, owner)
        return mapping.ok ? withFd(createUdmabuf(lab.allocatorHost, mapping.value, owner)) : mapping
      }
      case 'system-heap':
        return withFd(systemHeap(lab.allocatorHost).alloc(size, owner))
      case 'cma-heap':
        return withFd(cmaHeap(lab.allocatorHost).alloc(size, owner))
      case 'dumb': {
        const device = lab.device(step.device ?? this.firstDisplay())
        const dumb = createDumbBuffer(lab.allocatorHost, device, size, owner)
        if (!dumb.ok) return dumb
        const { handle } = dumb.value
        const fd = dumb.value.export()
        if (!fd.ok) {
          dumb.value.close()
          return fd
        }
        return ok({ memory: { kind: 'dumb', device, handle, close: () => dumb.value.close() }, fd: fd.value })
      }
    }
  }

  private firstDisplay(): string {
    const display = this.lab.devices.find((device) => device.facts.class === 'display')
    if (display === undefined) throw new InputError('a dumb buffer needs a display; name its device')
    return display.name
  }

  private free({ memory, size }: LabBuffer): Outcome {
    const { lab } = this
    switch (memory.kind) {
      case 'vb2':
        lab.allocator(EXPORTER).put(memory.mem)
        break
      case 'coherent':
        lab.dma.freeAttrs(memory.device, pageAlign(size), memory.memory.cpuAddr, memory.memory.handle, memory.attrs)
        break
      case 'pages':
        lab.mem.freePages(memory.pfn, pageAlign(size))
        break
      case 'user':
        lab.userFree(memory.mapping)
        break
      case 'dumb':
        memory.close()
        break
      case 'fd':
        return fail('EINVAL', 'this buffer goes with its last descriptor: close it')
    }
    return ok('')
  }

  // ---- dma-buf

  private export(buffer: LabBuffer): Outcome {
    const { memory } = buffer
    if (memory.kind !== 'vb2')
      throw new InputError(`'${buffer.name}' has no exporter of its own (it is from ${memory.kind})`)
    const dmabuf = this.lab.allocator(EXPORTER).getDmabuf(memory.mem)
    if (!dmabuf.ok) return dmabuf
    const fd = this.lab.dmaBuf.fd(dmabuf.value)
    if (!fd.ok) return fd
    buffer.fd = fd.value
    return ok(`fd ${fd.value}`)
  }

  private close(buffer: LabBuffer): Outcome {
    if (buffer.fd === null) return fail('EBADF', `'${buffer.name}' has no open descriptor`)
    const closed = this.lab.dmaBuf.close(buffer.fd)
    buffer.fd = null
    return closed.ok ? ok('') : closed
  }

  private attach(buffer: LabBuffer, device: Device): Outcome {
    if (buffer.fd === null) return fail('EBADF', `'${buffer.name}' was not exported`)
    const dmabuf = this.lab.dmaBuf.get(buffer.fd)
    if (!dmabuf.ok) return dmabuf
    const attachment = this.lab.dmaBuf.attach(dmabuf.value, device)
    if (!attachment.ok) {
      this.lab.dmaBuf.put(dmabuf.value)
      return attachment
    }
    buffer.importers.set(device.name, {
      device,
      dmabuf: dmabuf.value,
      attachment: attachment.value,
      table: null,
      dir: DIR.BIDIRECTIONAL,
      runs: [],
    })
    return ok('')
  }

  private detach(step: Step<'attach' | 'detach'>): Outcome {
    const importer = this.importer(step)
    if (importer.attachment === null || importer.dmabuf === null) return fail('EINVAL', 'it is not attached')
    this.lab.dmaBuf.detach(importer.dmabuf, importer.attachment)
    this.lab.dmaBuf.put(importer.dmabuf)
    this.buffer(step.buffer).importers.delete(step.device)
    return ok('')
  }

  // ---- streaming mappings

  private map(step: Step<'map'>): Outcome {
    const buffer = this.buffer(step.buffer)
    const dir = DIR[step.dir]
    const importer = buffer.importers.get(step.device) ?? this.directImporter(buffer, this.lab.device(step.device))
    const table = this.mapped(buffer, importer, dir, this.attrs(step.attrs))
    if (!table.ok) return table
    buffer.importers.set(step.device, importer)
    importer.table = table.value
    importer.dir = dir
    importer.runs = runsOf(table.value)
    return ok(`${importer.runs.length} segment(s)`)
  }

  private mapped(buffer: LabBuffer, importer: Importer, dir: Direction, attrs: number): KResult<SgTable> {
    if (importer.attachment !== null) return this.lab.dmaBuf.mapAttachment(importer.attachment, dir)
    const table = this.lab.sgTable([
      { page: { kind: 'page', pfn: this.firstPfn(buffer) }, offset: 0, length: buffer.size },
    ])
    const mapped = this.lab.dma.mapSgAttrs(importer.device, table, dir, attrs)
    if (mapped.ok) return ok(table)
    this.lab.sgFree(table)
    return mapped
  }

  private directImporter(buffer: LabBuffer, device: Device): Importer {
    if (buffer.fd !== null) throw new InputError(`${device.name} maps '${buffer.name}' before it is attached`)
    return { device, dmabuf: null, attachment: null, table: null, dir: DIR.BIDIRECTIONAL, runs: [] }
  }

  private firstPfn(buffer: LabBuffer): Pfn {
    const { memory } = buffer
    if (memory.kind === 'pages') return memory.pfn
    if (memory.kind === 'user') return pfnOf(memory.mapping.phys)
    throw new InputError(`'${buffer.name}' is from ${memory.kind}: export and attach it before a device maps it`)
  }

  private unmap(importer: Importer): Outcome {
    const { table, dir, attachment } = importer
    if (table === null) return fail('EINVAL', `${importer.device.name} has it not mapped`)
    if (attachment !== null) this.lab.dmaBuf.unmapAttachment(attachment, table, dir)
    else {
      this.lab.dma.unmapSgAttrs(importer.device, table, dir, 0)
      this.lab.sgFree(table)
    }
    importer.table = null
    return ok('')
  }

  private sync(step: Step<'sync'>): Outcome {
    const importer = this.importer(step)
    const { dma } = this.lab
    const dir = DIR[step.dir]
    if (step.offset === undefined && step.len === undefined) {
      if (importer.table === null) return fail('EINVAL', `${step.device} has it not mapped`)
      if (step.for === 'cpu') dma.syncSgForCpu(importer.device, importer.table, dir)
      else dma.syncSgForDevice(importer.device, importer.table, dir)
      return ok('')
    }
    for (const { at, len } of within(importer.runs, step.offset ?? 0, step.len ?? Infinity))
      if (step.for === 'cpu') dma.syncSingleForCpu(importer.device, at, len, dir)
      else dma.syncSingleForDevice(importer.device, at, len, dir)
    return ok('')
  }

  /** sg_set_page on an importer's table: another buffer's page in entry 0, whatever else the entry holds. */
  private reuseTable(step: Step<'reuse-table'>): Outcome {
    const importer = this.importer(step)
    const other = this.buffer(step.with)
    const table = importer.table ?? importer.attachment?.sgt ?? null
    if (table === null) throw new InputError(`${step.device} has no table of '${step.buffer}': map it first`)
    const pfn = this.firstPfn(other)
    table.setPage(0, { kind: 'page', pfn }, other.size, 0)
    const mapped = this.lab.dma.mapSgAttrs(importer.device, table, importer.dir, 0)
    if (!mapped.ok) return mapped
    other.importers.set(step.device, { ...importer, dmabuf: null, attachment: null, table, runs: runsOf(table) })
    return ok('')
  }

  /** An importer that takes the table's pages as page structures: get_page() and kmap on each entry. */
  private touchPages(importer: Importer): Outcome {
    if (importer.table === null) return fail('EINVAL', `${importer.device.name} has it not mapped`)
    this.lab.host(importer.device).call(['drm_prime_sg_to_page_addr_arrays', 'get_page'], () => {
      for (const entry of importer.table?.entries() ?? []) this.lab.mem.pageHighMem(entry.page)
    })
    return ok('')
  }

  // ---- access

  private cpuAccess(step: Step<'begin-cpu-access' | 'end-cpu-access'>): Outcome {
    const { fd } = this.buffer(step.buffer)
    if (fd === null) return fail('EBADF', `'${step.buffer}' was not exported`)
    const phase = step.do === 'begin-cpu-access' ? 'start' : 'end'
    const done = this.lab.dmaBuf.syncIoctl(fd, phase, accessOf(step.dir))
    return done.ok ? ok('') : done
  }

  private deviceAccess(step: Step<'device-read' | 'device-write'>): Outcome {
    const buffer = this.buffer(step.buffer)
    const device = this.lab.device(step.device)
    const bus = this.lab.bus(device)
    const { offset, len } = part(step, buffer.size)
    const runs = this.runsFor(buffer, device)
    if (step.do === 'device-write') {
      const seed = mixSeed(this.seed, step.buffer, this.count)
      let done = 0
      for (const { at, len: length } of within(runs, offset, len)) {
        bus.write({ at, len: length, owner: step.buffer, buffer: step.buffer }, { seed, offset: done })
        done += length
      }
      buffer.wrote(offset, len, seed)
      return ok(`${len} bytes`)
    }
    let wrong = 0
    let compared = 0
    for (const piece of buffer.expected(offset, len)) {
      let done = 0
      for (const { at, len: length } of within(runs, piece.offset, piece.len)) {
        const content = { seed: piece.content.seed, offset: (piece.content.offset ?? 0) + done }
        wrong += bus.read({ at, len: length, owner: step.buffer, buffer: step.buffer }, content).wrong
        done += length
      }
      compared += piece.len
    }
    if (compared < len)
      for (const { at, len: length } of within(runs, offset, len))
        bus.read({ at, len: length, owner: step.buffer, buffer: step.buffer })
    this.wrong += wrong
    return ok(wrong === 0 ? `${compared} bytes as written` : `${wrong} of ${compared} bytes differ`)
  }

  /** Bus addresses a device has for a buffer: of its mapping, or of its own coherent memory. */
  private runsFor(buffer: LabBuffer, device: Device): readonly BusRange[] {
    const importer = buffer.importers.get(device.name)
    if (importer !== undefined && importer.runs.length > 0) return importer.runs
    const { memory } = buffer
    if (memory.kind === 'vb2' && memory.device === device) return [{ at: memory.mem.dmaAddr, len: buffer.size }]
    if (memory.kind === 'coherent' && memory.device === device) return [{ at: memory.memory.handle, len: buffer.size }]
    if (memory.kind === 'dumb' && memory.device === device) return [{ at: memory.handle, len: buffer.size }]
    throw new InputError(`${device.name} has no bus address of '${buffer.name}': map it first`)
  }

  private userAccess(step: Step<'cpu-read' | 'cpu-write'>): Outcome {
    const buffer = this.buffer(step.buffer)
    const mapping = this.userMapping(buffer)
    if (!mapping.ok) return mapping
    const { offset, len } = part(step, buffer.size)
    if (step.do === 'cpu-write') {
      const seed = mixSeed(this.seed, step.buffer, this.count)
      this.lab.userWrite(mapping.value, { seed }, len, step.buffer, offset)
      buffer.wrote(offset, len, seed)
      return ok(`${len} bytes`)
    }
    let wrong = 0
    let compared = 0
    for (const piece of buffer.expected(offset, len)) {
      wrong += this.lab.userCompare(mapping.value, piece.len, step.buffer, piece).wrong
      compared += piece.len
    }
    this.wrong += wrong
    return ok(wrong === 0 ? `${compared} bytes as written` : `${wrong} of ${compared} bytes differ`)
  }

  private userMapping(buffer: LabBuffer): KResult<UserMapping> {
    const { memory } = buffer
    if (memory.kind === 'user') return ok(memory.mapping)
    if (memory.kind === 'pages') return ok({ phys: physOf(memory.pfn), len: pageAlign(buffer.size), kind: 'cached' })
    if (memory.kind === 'vb2') return this.lab.allocator(EXPORTER).mmap(memory.mem)
    if (memory.kind === 'coherent')
      return this.lab.dma.mmapAttrs(
        memory.device,
        memory.memory.cpuAddr,
        memory.memory.handle,
        pageAlign(buffer.size),
        memory.attrs,
      )
    if (buffer.fd === null) return fail('EBADF', `'${buffer.name}' has no open descriptor`)
    const dmabuf = this.lab.dmaBuf.get(buffer.fd)
    if (!dmabuf.ok) return dmabuf
    const mapping = this.lab.dmaBuf.mmap(dmabuf.value)
    if (mapping.ok) this.lab.dmaBuf.munmap(dmabuf.value)
    this.lab.dmaBuf.put(dmabuf.value)
    return mapping
  }

  // ---- V4L2

  private ioctl(
    step: Exclude<ScenarioStep, { readonly buffer: string } | { readonly do: 'expect' }> | Step<'expbuf'>,
  ): Outcome {
    const queue = this.queue(step.device, step.queue)
    switch (step.do) {
      case 'reqbufs': {
        const count = queue.reqbufs(step.memory, step.count)
        return count.ok ? ok(`${count.value} buffers`) : count
      }
      case 'expbuf': {
        const fd = queue.expbuf(step.index, step.plane ?? 0)
        if (!fd.ok) return fd
        const size = this.lab.dmaBuf.lseek(fd.value, 0, 'SEEK_END')
        if (!size.ok) return size
        this.buffers.set(step.buffer, new LabBuffer(step.buffer, size.value, { kind: 'fd' }, fd.value))
        return ok(`fd ${fd.value}`)
      }
      case 'qbuf': {
        const planes = step.buffers?.map((name) => {
          const { fd } = this.buffer(name)
          return fd === null ? {} : { fd }
        })
        const memory = queue.memory ?? 'MMAP'
        const queued = queue.qbuf({ index: step.index, memory, ...(planes === undefined ? {} : { planes }) })
        return queued.ok ? ok('') : queued
      }
      case 'dqbuf': {
        this.drivers.get(step.device)?.work()
        const done = queue.dqbuf()
        return done.ok ? ok(`buffer ${done.value.index}`) : done
      }
      case 'querybuf': {
        const info = queue.querybuf(step.index ?? 0)
        return info.ok ? ok(info.value.state) : info
      }
      case 'streamon': {
        const on = queue.streamon()
        return on.ok ? ok('') : on
      }
      case 'streamoff': {
        const off = queue.streamoff()
        return off.ok ? ok('') : off
      }
    }
  }

  private queue(device: string, side: 'capture' | 'output'): DriverQueue | NonNullable<Driver['capture']> {
    let driver = this.drivers.get(device)
    if (driver === undefined) {
      driver = this.lab.open(this.lab.device(device))
      const format = { width: 640, height: 480, planes: [{ payload: 640 * 480, size: 640 * 480 }] }
      driver.setFormat(format, format)
      this.drivers.set(device, driver)
    }
    const queue = driver[side]
    if (queue === null) throw new InputError(`${device} has no ${side} queue`)
    return queue
  }
}

const runsOf = (table: SgTable): BusRange[] =>
  table
    .entries()
    .slice(0, table.nents)
    .map((entry) => ({ at: entry.dmaAddress, len: entry.dmaLength }))

/** The part [offset, offset + len) of a buffer's bus ranges. */
const within = (runs: readonly BusRange[], offset: number, len: number): BusRange[] => {
  const found: BusRange[] = []
  let before = 0
  for (const run of runs) {
    const from = Math.max(offset, before)
    const to = Math.min(offset + len, before + run.len)
    if (from < to) found.push({ at: (run.at + (from - before)) as BusRange['at'], len: to - from })
    before += run.len
  }
  return found
}

const part = (step: Part, size: number): { offset: number; len: number } => {
  const offset = step.offset ?? 0
  return { offset, len: step.len ?? size - offset }
}

const accessOf = (dir: StepDirection): { read: boolean; write: boolean } => ({
  read: dir !== 'TO_DEVICE',
  write: dir !== 'FROM_DEVICE',
})
