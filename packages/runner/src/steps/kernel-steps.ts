// Steps that are calls inside the kernel which no user makes: pools declared by hand, kernel mappings of a dma-buf, scatterlists.
import { dma, fail, InputError, type KernelVaddr, ok, PAGE_SIZE, phys } from '@dmalab/api'
import { chunkSizes, entriesPerChunk } from '@dmalab/dma-api'
import { mixSeed } from '../content-seed.ts'
import type { LabBuffer } from './lab-buffer.ts'
import type { Outcome, Step, StepContext } from './step-context.ts'

/** dma_declare_coherent_memory(): memory becomes a device's pool, whatever else the kernel thinks of it. */
export const declarePool = ({ lab }: StepContext, step: Step<'declare-pool'>): Outcome => {
  const device = lab.device(step.device)
  const declared = lab.host(device).declareCoherentMemory(phys(step.base), dma(step.base), step.size)
  return declared.ok ? ok(`${step.size} bytes at 0x${step.base.toString(16)}`) : declared
}

/** dma_release_declared_memory(). */
export const releasePool = ({ lab }: StepContext, step: Step<'release-pool'>): Outcome => {
  const device = lab.device(step.device)
  const { pool } = device
  if (pool === null) return fail('EINVAL', `${step.device} has no pool`)
  lab.host(device).releaseCoherentMemory()
  return ok(`${pool.name} is not a pool any more`)
}

/** dma_set_mask(), dma_set_coherent_mask(). */
export const setMask = ({ lab }: StepContext, { device, bits, coherent = false }: Step<'set-mask'>): Outcome => {
  const { dma: api } = lab
  const set = coherent ? api.setCoherentMask(lab.device(device), bits) : api.setMask(lab.device(device), bits)
  return set.ok ? ok(`${bits} bits`) : set
}

/**
 * The driver's remove function closes its files; what it left mapped is reported then (BUS_NOTIFY_UNBOUND_DRIVER).
 * Models: Linux v6.12 drivers/base/dd.c: __device_release_driver
 * Leaves out: dma_range_map and the op table of the device, which go with the driver and come back with the next one.
 */
export const unbind = (c: StepContext, step: Step<'unbind'>): Outcome => {
  const device = c.lab.device(step.device)
  c.drivers.get(step.device)?.close()
  c.drivers.delete(step.device)
  c.lab.host(device).emit({ event: 'driver_unbound', device: step.device })
  return ok('')
}

/** dma_buf_vmap() or dma_buf_kmap(), and every byte of it read by the CPU. */
export const kernelMap = (c: StepContext, step: Step<'vmap' | 'kmap'>): Outcome => {
  const buffer = c.buffer(step.buffer)
  const { dmaBuf } = c.lab
  if (buffer.fd === null) throw new InputError(`'${step.buffer}' was not exported`)
  const dmabuf = dmaBuf.get(buffer.fd)
  if (!dmabuf.ok) return dmabuf
  const page = step.do === 'kmap' ? (step.page ?? 0) : 0
  const at = step.do === 'vmap' ? dmaBuf.vmap(dmabuf.value) : dmaBuf.kmap(dmabuf.value, page)
  const outcome: Outcome = at.ok
    ? look(c, step.buffer, page * PAGE_SIZE, step.do === 'vmap' ? buffer.size : PAGE_SIZE, at.value)
    : at
  if (at.ok && step.do === 'vmap') dmaBuf.vunmap(dmabuf.value, at.value)
  dmaBuf.put(dmabuf.value)
  return outcome
}

const look = (c: StepContext, name: string, offset: number, len: number, at: KernelVaddr): Outcome => {
  const found = c.lab.mem.resolve(at)
  if (found === undefined) {
    // Whoever reads there faults.
    c.lab.mem.memcpy(at, at, len)
    throw new Error(`the kernel read '${name}' through a mapping that is gone`)
  }
  let wrong = 0
  for (const piece of c.buffer(name).expected(offset, len)) {
    const mapping = { phys: found.phys, len, kind: found.kind }
    const at = { offset: piece.offset - offset, content: piece.content }
    wrong += c.lab.userCompare(mapping, piece.len, name, at).wrong
  }
  c.wrong += wrong
  return ok(wrong === 0 ? `${found.kind} mapping, bytes as written` : `${wrong} bytes differ`)
}

/** A write through the linear mapping of coherent memory, cached as that is. */
export const linearWrite = (c: StepContext, buffer: LabBuffer): Outcome => {
  const { memory, name, size } = buffer
  if (memory.kind !== 'vb2')
    throw new InputError(`'${name}' is from ${memory.kind}; only coherent memory has such an alias`)
  const at = c.lab.host(memory.device).dmaToPhys(memory.mem.dmaAddr)
  const found = at === undefined ? undefined : c.lab.mem.resolve(c.lab.mem.linearAddress(at))
  if (at === undefined || found === undefined) return fail('EFAULT', `'${name}' has no linear mapping`)
  const seed = mixSeed(c.seed, name, c.count)
  c.lab.userWrite({ phys: at, len: size, kind: found.kind }, { seed }, size, name)
  buffer.wrote(0, size, seed)
  return ok(`${size} bytes through a ${found.kind} mapping`)
}

/** sg_alloc_table(): how long a list of so many entries is in this kernel. */
export const scatterlist = ({ lab }: StepContext, { entries }: Step<'scatterlist'>): Outcome => {
  const most = entriesPerChunk(lab.facts.sgEntrySize)
  const chunks = chunkSizes(entries, most)
  if (!chunks.ok) return chunks
  const count = chunks.value.length
  return ok(
    `${lab.facts.sgEntrySize} bytes an entry, ${most} a page: ${entries} entries take ${count} chunk${count === 1 ? '' : 's'}`,
  )
}
