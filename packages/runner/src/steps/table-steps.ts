// Lists that drivers make of buffers, and what they do to them.
import { fail, InputError, type ListPart, ok, PAGE_SIZE, type Pfn, pfnOf } from '@dmalab/api'
import { type Importer, LabBuffer, type ListedPart } from './lab-buffer.ts'
import { type Outcome, runsOf, type Step, type StepContext } from './step-context.ts'

/** The list that a driver makes of a buffer: one entry for the bytes it wants, or those of the list that the buffer is. */
export const entriesOf = (
  buffer: LabBuffer,
  { offset, len }: { readonly offset?: number; readonly len?: number } = {},
): readonly ListedPart['entry'][] => {
  if (buffer.memory.kind !== 'list') return [entryOf(buffer, offset, len)]
  if (offset !== undefined || len !== undefined)
    throw new InputError(`'${buffer.name}' is a list: its entries say which bytes are mapped`)
  return buffer.memory.parts.map(({ entry }) => entry)
}

const entryOf = (buffer: LabBuffer, offset = 0, len = buffer.size - offset): ListedPart['entry'] => {
  if (len <= 0 || offset + len > buffer.size)
    throw new InputError(`bytes ${offset} to ${offset + len} are not in '${buffer.name}', which has ${buffer.size}`)
  const pfn = (firstPfn(buffer) + Math.floor(offset / PAGE_SIZE)) as Pfn
  return { page: { kind: 'page', pfn }, offset: offset % PAGE_SIZE, length: len }
}

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
  return [{ buffer, offset, entry: entryOf(buffer, offset, len) }]
}

const firstPfn = (buffer: LabBuffer): Pfn => {
  const { memory } = buffer
  if (memory.kind === 'pages') return memory.pfn
  if (memory.kind === 'user') return pfnOf(memory.mapping.phys)
  throw new InputError(`'${buffer.name}' is from ${memory.kind}: export and attach it before a device maps it`)
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
  const nents = table.origNents
  other.importers.set(step.device, {
    ...importer,
    dmabuf: null,
    attachment: null,
    table,
    ownsTable: false,
    nents,
    runs: runsOf(table),
  })
  return ok('')
}

/** Offset of _refcount in struct page of 64-bit kernels. Models: Linux v6.12 include/linux/mm_types.h: struct page */
const REFCOUNT = 52

/** An importer that takes the table's pages as page structures: get_page() and kmap on each entry. */
export const touchPages = (c: StepContext, importer: Importer): Outcome => {
  if (importer.table === null) return fail('EINVAL', `${importer.device.name} has not mapped it`)
  c.lab.host(importer.device).call(['drm_prime_sg_to_page_addr_arrays', 'get_page'], () => {
    for (const { page } of importer.table?.entries() ?? []) {
      c.lab.mem.pageHighMem(page)
      // Without highmem nothing looks at the flags: the reference count is the first thing read.
      if (!c.lab.facts.arch.highmem) c.lab.mem.pageWord(page, REFCOUNT)
    }
  })
  return ok('')
}
