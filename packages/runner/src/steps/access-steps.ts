// Steps in which a device or the CPU reads or writes a buffer; every byte read is compared with what was written.
import {
  type Coherent,
  type Device,
  type DeviceBus,
  fail,
  InputError,
  type KResult,
  ok,
  PAGE_SIZE,
  pageAlign,
  physOf,
  type UserArea,
  type UserMapping,
} from '@dmalab/api'
import { mixSeed } from '../content-seed.ts'
import type { BusRange, Importer, LabBuffer, Stretch } from './lab-buffer.ts'
import { EXPORTER, type Outcome, reach, type Step, type StepContext } from './step-context.ts'

export const deviceAccess = (c: StepContext, step: Step<'device-read' | 'device-write'>): Outcome => {
  const buffer = c.buffer(step.buffer)
  const device = c.lab.device(step.device)
  const bus = c.lab.bus(device)
  const { from: first, runs } = placesOf(c, buffer, device)
  // A device knows no end of a buffer: it reaches what lies behind it.
  const { offset, len } = part({ offset: first, ...step }, first === 0 ? buffer.size : first + sum(runs), MOST)
  if (step.do === 'device-write') {
    const seed = mixSeed(c.seed, step.buffer, c.count)
    let done = 0
    for (const part of buffer.stretches(offset, len)) {
      const { name } = part.buffer
      // What lies behind the buffer's end is written as well, but it is not the buffer's.
      part.buffer.wrote(part.offset, Math.min(part.len, part.buffer.size - part.offset), seed, done)
      for (const { at, len: length } of reach(runs, part.from - first, part.len)) {
        bus.write({ at, len: length, owner: name, buffer: name }, { seed, offset: done })
        done += length
      }
    }
    return ok(`${len} bytes`)
  }
  let wrong = 0
  let compared = 0
  for (const part of buffer.stretches(offset, len)) {
    const read = readStretch(bus, runs, { ...part, from: part.from - first })
    wrong += read.wrong
    compared += read.compared
  }
  c.wrong += wrong
  return ok(wrong === 0 ? `${compared} bytes as written` : `${wrong} of ${compared} bytes differ`)
}

/** What was written there is compared; where nothing wrote, the device reads all the same. */
const readStretch = (
  bus: DeviceBus,
  runs: readonly BusRange[],
  { buffer, offset, from, len }: Stretch,
): { wrong: number; compared: number } => {
  const { name } = buffer
  let wrong = 0
  let compared = 0
  for (const piece of buffer.expected(offset, len)) {
    let done = 0
    for (const { at, len: length } of reach(runs, from + (piece.offset - offset), piece.len)) {
      const content = { seed: piece.content.seed, offset: (piece.content.offset ?? 0) + done }
      wrong += bus.read({ at, len: length, owner: name, buffer: name }, content).wrong
      done += length
    }
    compared += piece.len
  }
  if (compared < len)
    for (const { at, len: length } of reach(runs, from, len)) bus.read({ at, len: length, owner: name, buffer: name })
  return { wrong, compared }
}

/** What a device has of a buffer: bus addresses, and the byte of the buffer that they begin with. */
type Places = Pick<Importer, 'from' | 'runs'>

const sum = (runs: readonly BusRange[]): number => runs.reduce((total, { len }) => total + len, 0)

/** Of its mapping, or of its own coherent memory. */
const placesOf = (c: StepContext, buffer: LabBuffer, device: Device): Places => {
  const importer = buffer.importers.get(device.name)
  if (importer !== undefined && importer.runs.length > 0) return importer
  return { from: 0, runs: runsFor(buffer, device) }
}

const runsFor = ({ memory, name, size }: LabBuffer, device: Device): readonly BusRange[] => {
  if (memory.kind === 'vb2' && memory.device === device) return [{ at: memory.mem.dmaAddr, len: size }]
  if (memory.kind === 'coherent' && memory.device === device) return [{ at: memory.memory.handle, len: size }]
  if (memory.kind === 'dumb' && memory.device === device) {
    const { handle } = memory
    return typeof handle === 'number'
      ? [{ at: handle, len: size }]
      : handle.entries().map(({ dmaAddress, dmaLength }) => ({ at: dmaAddress, len: dmaLength }))
  }
  throw new InputError(`${device.name} has no bus address of '${name}': map it first`)
}

export const userAccess = (c: StepContext, step: Step<'cpu-read' | 'cpu-write'>): Outcome => {
  const buffer = c.buffer(step.buffer)
  const mapping = userMapping(c, buffer)
  if (!mapping.ok) return mapping
  const { offset, len } = part(step, buffer.size, pageAlign(buffer.size))
  if (step.do === 'cpu-write') {
    const seed = mixSeed(c.seed, step.buffer, c.count)
    c.lab.userWrite(mapping.value, { seed }, len, step.buffer, offset)
    buffer.wrote(offset, len, seed)
    return ok(`${len} bytes`)
  }
  let wrong = 0
  let compared = 0
  for (const piece of buffer.expected(offset, len)) {
    wrong += c.lab.userCompare(mapping.value, piece.len, step.buffer, piece).wrong
    compared += piece.len
  }
  c.wrong += wrong
  return ok(wrong === 0 ? `${compared} bytes as written` : `${wrong} of ${compared} bytes differ`)
}

/** Where a task sees the bytes. */
export const userMapping = (c: StepContext, buffer: LabBuffer): KResult<UserMapping> => {
  const { memory } = buffer
  if (memory.kind === 'list') throw new InputError(`'${buffer.name}' is a list: the CPU has the buffers it is made of`)
  if (memory.kind === 'user') return ok(memory.mapping)
  if (memory.kind === 'pages') return ok({ phys: physOf(memory.pfn), len: pageAlign(buffer.size), kind: 'cached' })
  if (memory.kind === 'vb2') {
    const exporter = c.lab.allocator(EXPORTER)
    const mapping = exporter.mmap(memory.mem, { pgoff: 0, len: pageAlign(buffer.size) })
    // The task unmaps when it is done: only then does the buffer go with its last other reference.
    if (mapping.ok) exporter.put(memory.mem)
    return mapping
  }
  if (memory.kind === 'coherent')
    return c.lab.dma.mmapAttrs(
      memory.device,
      memory.memory.cpuAddr,
      memory.memory.handle,
      pageAlign(buffer.size),
      memory.attrs,
    )
  return mapDescriptor(c, buffer, { pgoff: 0, len: pageAlign(buffer.size) })
}

/** The task unmaps when it is done. */
const mapDescriptor = ({ lab }: StepContext, { name, fd }: LabBuffer, area: UserArea): KResult<UserMapping> => {
  if (fd === null) return fail('EBADF', `'${name}' has no open descriptor`)
  const dmabuf = lab.dmaBuf.get(fd)
  if (!dmabuf.ok) return dmabuf
  const mapping = lab.dmaBuf.mmap(dmabuf.value, area)
  if (mapping.ok) lab.dmaBuf.munmap(dmabuf.value)
  lab.dmaBuf.put(dmabuf.value)
  return mapping
}

/** mmap with an offset, of the descriptor or by a driver: vm_pgoff counts pages, and mmap(2) takes whole pages only. */
export const mmapPart = (c: StepContext, step: Step<'mmap'>): Outcome => {
  const buffer = c.buffer(step.buffer)
  const { offset, len } = part(step, buffer.size, MOST)
  if (offset % PAGE_SIZE !== 0) return fail('EINVAL', `offset ${offset} is not a multiple of a page`)
  const area: UserArea = { pgoff: offset / PAGE_SIZE, len: pageAlign(len) }
  const mapping = buffer.fd === null ? mapCoherent(c, buffer, area) : mapDescriptor(c, buffer, area)
  if (!mapping.ok) return mapping
  let wrong = 0
  for (const piece of buffer.expected(offset, len)) {
    const at = { offset: piece.offset - offset, content: piece.content }
    wrong += c.lab.userCompare(mapping.value, piece.len, step.buffer, at).wrong
  }
  c.wrong += wrong
  return ok(wrong === 0 ? `${mapping.value.kind} mapping, bytes as written` : `${wrong} bytes differ`)
}

const mapCoherent = (
  c: StepContext,
  { name, memory, size }: LabBuffer,
  { pgoff, len }: UserArea,
): KResult<UserMapping> => {
  const map = (device: Device, memory: Coherent, attrs: number) =>
    c.lab.dma.mmapAttrs(device, memory.cpuAddr, memory.handle, pageAlign(size), attrs, len, pgoff)
  if (memory.kind === 'coherent') return map(memory.device, memory.memory, memory.attrs)
  if (memory.kind === 'vb2' && memory.mem.cookie !== null)
    return map(memory.device, { cpuAddr: memory.mem.cookie, handle: memory.mem.dmaAddr }, memory.mem.attrs)
  throw new InputError(
    `'${name}' is from ${memory.kind}: only coherent memory and descriptors are mapped with an offset`,
  )
}

/** Bytes of a buffer, and behind it, that one step may touch. */
const MOST = 2 ** 32

/** @throws InputError for what begins behind the buffer's end and has no length, or ends behind byte `most` */
const part = (
  step: { readonly buffer: string; readonly offset?: number; readonly len?: number },
  size: number,
  most: number,
): { offset: number; len: number } => {
  const offset = step.offset ?? 0
  const len = step.len ?? size - offset
  if (len < 0) throw new InputError(`offset ${offset} of '${step.buffer}': it has ${size} bytes`)
  if (len > most - offset)
    throw new InputError(`${len} bytes of '${step.buffer}' from byte ${offset} on: ${most} bytes are within reach`)
  return { offset, len }
}
