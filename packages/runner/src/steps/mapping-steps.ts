// Steps that map a buffer for a device, sync it, and do to its table what drivers do.
import {
  type Device,
  DIR,
  type Direction,
  fail,
  InputError,
  type KResult,
  type ListPart,
  ok,
  PAGE_SIZE,
  type Pfn,
  pfnOf,
  type SgTable,
} from '@dmalab/api'
import { type Importer, LabBuffer, type ListedPart } from './lab-buffer.ts'
import { type Outcome, runsOf, type Step, type StepContext, within } from './step-context.ts'

export const map = (c: StepContext, step: Step<'map'>): Outcome => {
  const buffer = c.buffer(step.buffer)
  const dir = DIR[step.dir]
  const importer = buffer.importers.get(step.device) ?? directImporter(c, buffer, c.lab.device(step.device))
  const table = mapped(c, buffer, importer, dir, c.attrs(step.attrs))
  if (!table.ok) return table
  buffer.importers.set(step.device, importer)
  importer.table = table.value
  importer.dir = dir
  importer.runs = runsOf(table.value)
  return ok(`${importer.runs.length} segment(s)`)
}

const mapped = (
  c: StepContext,
  buffer: LabBuffer,
  importer: Importer,
  dir: Direction,
  attrs: number,
): KResult<SgTable> => {
  if (importer.attachment !== null) return c.lab.dmaBuf.mapAttachment(importer.attachment, dir)
  const table = c.lab.sgTable(entriesOf(buffer))
  const mapped = c.lab.dma.mapSgAttrs(importer.device, table, dir, attrs)
  if (mapped.ok) return ok(table)
  c.lab.sgFree(table)
  return mapped
}

const directImporter = (c: StepContext, buffer: LabBuffer, device: Device): Importer => {
  if (buffer.fd !== null) throw new InputError(`${device.name} maps '${buffer.name}' before it is attached`)
  return { device, dmabuf: null, attachment: null, table: null, dir: DIR.BIDIRECTIONAL, runs: [] }
}

/** The list that a driver makes of a buffer: one entry, or those of the list that it is. */
const entriesOf = (buffer: LabBuffer): readonly ListedPart['entry'][] =>
  buffer.memory.kind === 'list'
    ? buffer.memory.parts.map(({ entry }) => entry)
    : [{ page: { kind: 'page', pfn: firstPfn(buffer) }, offset: 0, length: buffer.size }]

/** sg_alloc_table(), and sg_set_page() for each part; what `device` has mapped brings its entries as they are there. */
export const sgTable = (c: StepContext, step: Step<'sg-table'>): Outcome => {
  const parts = step.of.flatMap((part) => listed(c, part, step.device))
  const size = parts.reduce((sum, { entry }) => sum + entry.length, 0)
  c.buffers.set(step.buffer, new LabBuffer(step.buffer, size, { kind: 'list', parts }, null))
  return ok(`${parts.length} entries, ${size} bytes`)
}

const listed = (c: StepContext, part: ListPart, device: string | undefined): ListedPart[] => {
  const { buffer: name, offset = 0, len } = typeof part === 'string' ? { buffer: part } : part
  const buffer = c.buffer(name)
  const importer = device === undefined ? undefined : buffer.importers.get(device)
  if (importer !== undefined && importer.table !== null) {
    const { table } = importer
    let before = 0
    return table.entries().map((entry) => {
      before += entry.length
      return { buffer, offset: before - entry.length, entry }
    })
  }
  const length = len ?? buffer.size - offset
  if (length <= 0 || offset + length > buffer.size)
    throw new InputError(`bytes ${offset} to ${offset + length} are not in '${name}', which has ${buffer.size}`)
  const page = { kind: 'page', pfn: (firstPfn(buffer) + Math.floor(offset / PAGE_SIZE)) as Pfn } as const
  return [{ buffer, offset, entry: { page, offset: offset % PAGE_SIZE, length } }]
}

const firstPfn = (buffer: LabBuffer): Pfn => {
  const { memory } = buffer
  if (memory.kind === 'pages') return memory.pfn
  if (memory.kind === 'user') return pfnOf(memory.mapping.phys)
  throw new InputError(`'${buffer.name}' is from ${memory.kind}: export and attach it before a device maps it`)
}

export const unmap = (c: StepContext, importer: Importer): Outcome => {
  const { table, dir, attachment } = importer
  if (table === null) return fail('EINVAL', `${importer.device.name} has it not mapped`)
  if (attachment !== null) c.lab.dmaBuf.unmapAttachment(attachment, table, dir)
  else {
    c.lab.dma.unmapSgAttrs(importer.device, table, dir, 0)
    c.lab.sgFree(table)
  }
  importer.table = null
  return ok('')
}

export const sync = (c: StepContext, step: Step<'sync'>): Outcome => {
  const importer = c.importer(step)
  const { dma } = c.lab
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
export const reuseTable = (c: StepContext, step: Step<'reuse-table'>): Outcome => {
  const importer = c.importer(step)
  const other = c.buffer(step.with)
  const table = importer.table ?? importer.attachment?.sgt ?? null
  if (table === null) throw new InputError(`${step.device} has no table of '${step.buffer}': map it first`)
  const pfn = firstPfn(other)
  table.setPage(0, { kind: 'page', pfn }, other.size, 0)
  const mapped = c.lab.dma.mapSgAttrs(importer.device, table, importer.dir, 0)
  if (!mapped.ok) return mapped
  other.importers.set(step.device, { ...importer, dmabuf: null, attachment: null, table, runs: runsOf(table) })
  return ok('')
}

/** Offset of _refcount in struct page of 64-bit kernels. Models: Linux v6.12 include/linux/mm_types.h: struct page */
const REFCOUNT = 52

/** An importer that takes the table's pages as page structures: get_page() and kmap on each entry. */
export const touchPages = (c: StepContext, importer: Importer): Outcome => {
  if (importer.table === null) return fail('EINVAL', `${importer.device.name} has it not mapped`)
  c.lab.host(importer.device).call(['drm_prime_sg_to_page_addr_arrays', 'get_page'], () => {
    for (const { page } of importer.table?.entries() ?? []) {
      c.lab.mem.pageHighMem(page)
      // Without highmem nobody looks at the flags: the reference count is the first thing read.
      if (!c.lab.facts.arch.highmem) c.lab.mem.pageWord(page, REFCOUNT)
    }
  })
  return ok('')
}
