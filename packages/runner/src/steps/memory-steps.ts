// Steps that take memory and give it back.
import { DIR, fail, InputError, type KResult, ok, pageAlign, phys } from '@dmalab/api'
import { cmaHeap, createDeviceMemoryBuf, createUdmabuf, systemHeap } from '@dmalab/dma-buf'
import { frameMemory } from '../frame-memory.ts'
import { LabBuffer, type Memory } from './lab-buffer.ts'
import { EXPORTER, type Outcome, type Step, type StepContext } from './step-context.ts'

export const alloc = (c: StepContext, step: Step<'alloc'>): Outcome => {
  const made = memoryFor(c, step)
  if (!made.ok) return made
  const { memory, fd } = made.value
  c.buffers.set(step.buffer, new LabBuffer(step.buffer, step.size, memory, fd))
  return ok(`${step.size} bytes from ${step.from}`)
}

const memoryFor = (c: StepContext, step: Step<'alloc'>): KResult<{ memory: Memory; fd: number | null }> => {
  const { lab } = c
  const { buffer: owner, size } = step
  const withFd = (fd: KResult<number>): KResult<{ memory: Memory; fd: number | null }> =>
    fd.ok ? ok({ memory: { kind: 'fd' }, fd: fd.value }) : fd
  switch (step.from) {
    case 'coherent': {
      const device = lab.device(step.device ?? '')
      const attrs = c.attrs(step.attrs)
      if (step.gfp === undefined) {
        const queue = { dmaAttrs: attrs }
        const mem = lab.allocator(EXPORTER).alloc(device, pageAlign(size), DIR.BIDIRECTIONAL, owner, queue)
        return mem.ok ? ok({ memory: { kind: 'vb2', device, mem: mem.value }, fd: null }) : mem
      }
      const memory =
        step.gfp === 'atomic'
          ? lab.dma.allocAtomic(device, pageAlign(size), attrs, owner)
          : lab.dma.allocAttrs(device, pageAlign(size), attrs, owner)
      return memory.ok ? ok({ memory: { kind: 'coherent', device, memory: memory.value, attrs }, fd: null }) : memory
    }
    case 'pages': {
      const { above } = step
      const place = above === undefined ? {} : { above, highmem: true }
      const pfn = lab.mem.allocPages(pageAlign(size), { owner, ...place })
      return pfn.ok ? ok({ memory: { kind: 'pages', pfn: pfn.value }, fd: null }) : pfn
    }
    case 'user': {
      const mapping = lab.userAlloc(size, owner)
      return mapping.ok ? ok({ memory: { kind: 'user', mapping: mapping.value }, fd: null }) : mapping
    }
    case 'udmabuf': {
      const mapping = lab.userAlloc(size, owner)
      if (!mapping.ok) return mapping
      const fd = createUdmabuf(lab.allocatorHost, mapping.value, owner)
      if (fd.ok) return ok({ memory: { kind: 'memfd', mapping: mapping.value }, fd: fd.value })
      lab.userFree(mapping.value)
      return fd
    }
    case 'system-heap':
      return withFd(systemHeap(lab.allocatorHost).alloc(size, owner))
    case 'cma-heap':
      return withFd(cmaHeap(lab.allocatorHost).alloc(size, owner))
    case 'device-memory': {
      if (step.at === undefined) throw new InputError(`'${owner}': memory of a device lies at an address: at: ...`)
      return withFd(createDeviceMemoryBuf(lab.allocatorHost, { at: phys(step.at), len: size }, owner))
    }
    case 'dumb': {
      const device = lab.device(step.device ?? firstDisplay(c))
      const dumb = frameMemory(lab, device, size, owner, true)
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

const firstDisplay = ({ lab }: StepContext): string => {
  const display = lab.devices.find((device) => device.facts.class === 'display')
  if (display === undefined) throw new InputError('a dumb buffer needs a display; name its device')
  return display.name
}

export const free = ({ lab }: StepContext, buffer: LabBuffer): Outcome => {
  const { memory, size } = buffer
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
    case 'list':
      break
    case 'fd':
    case 'memfd':
      return fail('EINVAL', 'this buffer goes with its last descriptor: close it')
  }
  buffer.freed = true
  return ok('')
}
