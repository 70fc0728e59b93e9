// Steps of a driver that maps in two steps: bus addresses for a buffer first, then the memory behind them (dma_iova_*).
import { DIR, InputError, ok, type PhysAddr, physOf } from '@dmalab/api'
import { type Importer, type LabBuffer, noMapping, type TakenAddresses } from './lab-buffer.ts'
import type { Outcome, Step, StepContext } from './step-context.ts'
import { entriesOf } from './table-steps.ts'

/** dma_iova_try_alloc(). */
export const iovaAlloc = (c: StepContext, step: Step<'iova-alloc'>): Outcome => {
  const buffer = c.buffer(step.buffer)
  const device = c.lab.device(step.device)
  if (buffer.importers.has(step.device)) throw new InputError(`${step.device} has mapped '${step.buffer}' already`)
  const taken = c.lab.dma.iovaTryAlloc(device, physIn(buffer, 0), step.size ?? buffer.size)
  if (!taken.ok) return taken
  const { addr, size } = taken.value
  const iova: TakenAddresses = { state: taken.value, linked: 0 }
  buffer.importers.set(step.device, {
    ...noMapping(device),
    dmabuf: null,
    attachment: null,
    iova,
    runs: [{ at: addr, len: size }],
  })
  return ok(`${size} bytes at 0x${addr.toString(16)}`)
}

/** dma_iova_link() of bytes of the buffer, at the same place behind the addresses. */
export const iovaLink = (c: StepContext, step: Step<'iova-link'>): Outcome => {
  const buffer = c.buffer(step.buffer)
  const { importer, iova } = takenOf(c, step)
  const { offset = 0, len = buffer.size - offset } = step
  const attrs = c.attrs(step.attrs)
  const dir = DIR[step.dir]
  const linked = c.lab.dma.iovaLink(importer.device, iova.state, physIn(buffer, offset, len), offset, len, dir, attrs)
  if (!linked.ok) return linked
  iova.linked = Math.max(iova.linked, offset + len)
  Object.assign(importer, { dir, attrs })
  return ok(`${len} bytes`)
}

export const iovaSync = (c: StepContext, step: Step<'iova-sync'>): Outcome => {
  const { importer, iova } = takenOf(c, step)
  const synced = c.lab.dma.iovaSync(importer.device, iova.state, 0, iova.state.size)
  return synced.ok ? ok('') : synced
}

export const iovaUnlink = (c: StepContext, step: Step<'iova-unlink'>): Outcome => {
  const { importer, iova } = takenOf(c, step)
  const { offset = 0, len = iova.linked - offset } = step
  if (len <= 0) throw new InputError(`nothing of '${step.buffer}' is linked from byte ${offset} on`)
  c.lab.dma.iovaUnlink(importer.device, iova.state, offset, len, importer.dir, importer.attrs)
  if (offset + len >= iova.linked) iova.linked = offset
  return ok(`${len} bytes`)
}

/** dma_iova_free(), or dma_iova_destroy() of what is linked. */
export const iovaRelease = (c: StepContext, step: Step<'iova-free' | 'iova-destroy'>): Outcome => {
  const { importer, iova } = takenOf(c, step)
  release(c, importer, iova, step.do === 'iova-destroy' ? (step.len ?? iova.linked) : 0)
  return ok('')
}

/** What a driver does that ends in good order: destroying a range that was linked in part would lose the rest of it. */
export const giveAddressesBack = (c: StepContext, importer: Importer): void => {
  const { device, dir, attrs, iova } = importer
  if (iova === null) return
  if (iova.linked > 0) c.lab.dma.iovaUnlink(device, iova.state, 0, iova.linked, dir, attrs)
  release(c, importer, iova, 0)
}

const release = (c: StepContext, importer: Importer, { state }: TakenAddresses, linked: number): void => {
  const { device, dir, attrs } = importer
  if (linked === 0) c.lab.dma.iovaFree(device, state)
  else c.lab.dma.iovaDestroy(device, state, linked, dir, attrs)
  importer.iova = null
}

const takenOf = (
  c: StepContext,
  { buffer, device }: { readonly buffer: string; readonly device: string },
): { readonly importer: Importer; readonly iova: TakenAddresses } => {
  const importer = c.buffer(buffer).importers.get(device)
  if (importer === undefined || importer.iova === null)
    throw new InputError(`${device} has no bus addresses for '${buffer}': iova-alloc takes them`)
  return { importer, iova: importer.iova }
}

const physIn = (buffer: LabBuffer, offset: number, len = 1): PhysAddr => {
  const [entry, ...more] = entriesOf(buffer, { offset, len })
  if (entry === undefined || more.length > 0 || entry.page.kind !== 'page')
    throw new InputError(`'${buffer.name}' is not memory of pages in one piece`)
  return physOf(entry.page.pfn, entry.offset)
}
