// Steps that map a buffer for a device and unmap it.
import {
  type Device,
  DIR,
  type Direction,
  dma,
  type DmaBufAttachment,
  fail,
  InputError,
  type KResult,
  ok,
  type SgTable,
} from '@dmalab/api'
import { listOf } from '../sg-list.ts'
import { type BusRange, type Importer, type LabBuffer, type ListedPart, noMapping } from './lab-buffer.ts'
import { checkBeyond, type Outcome, runsOf, type Step, type StepContext } from './step-context.ts'
import { entriesOf } from './table-steps.ts'

export const map = (c: StepContext, step: Step<'map'>): Outcome => {
  const buffer = c.buffer(step.buffer)
  const importer = buffer.importers.get(step.device) ?? directImporter(c, buffer, c.lab.device(step.device))
  const mapped = importer.attachment === null ? mapOwn(c, step, importer) : mapImported(c, step, importer)
  if (!mapped.ok) return mapped
  buffer.importers.set(step.device, importer)
  importer.dir = DIR[step.dir]
  importer.from = step.offset ?? 0
  importer.runs = importer.table === null ? [importer.single ?? NOTHING] : runsOf(importer.table)
  return ok(`${importer.runs.length} segment(s)`)
}

/** dma_buf_map_attachment(): what is mapped, and how, is the exporter's to say. */
const mapImported = (c: StepContext, step: Step<'map'>, importer: Importer): KResult<unknown> => {
  if (importer.attachment === null) throw new Error('map: no attachment')
  for (const field of ['offset', 'len', 'nents', 'as', 'attrs'] as const)
    if (step[field] !== undefined)
      throw new InputError(`${field}: the exporter of '${step.buffer}' maps it, with no choice of ${field}`)
  const mapped = c.lab.dmaBuf.mapAttachment(importer.attachment, DIR[step.dir])
  if (mapped.ok) importer.table = mapped.value
  return mapped
}

const mapOwn = (c: StepContext, step: Step<'map'>, importer: Importer): KResult<unknown> => {
  const entries = entriesOf(c.buffer(step.buffer), step)
  const attrs = c.attrs(step.attrs)
  const mapped =
    step.as === 'page' ? mapPage(c, step, importer, entries, attrs) : mapList(c, step, importer, entries, attrs)
  if (mapped.ok) importer.attrs = attrs
  return mapped
}

const mapList = (
  c: StepContext,
  step: Step<'map'>,
  importer: Importer,
  entries: readonly ListedPart['entry'][],
  attrs: number,
): KResult<unknown> => {
  const table = listOf(c.lab.sg, entries)
  return table.ok ? mapSg(c, step, importer, table.value, attrs) : table
}

const mapSg = (
  c: StepContext,
  { dir, nents = 0 }: Step<'map'>,
  importer: Importer,
  table: SgTable,
  attrs: number,
): KResult<unknown> => {
  if (nents > table.origNents) throw new InputError(`nents: the list has ${table.origNents} entries`)
  importer.nents = nents === 0 ? table.origNents : nents
  const mapped = c.lab.dma.mapSgAttrs(importer.device, table, DIR[dir], attrs, importer.nents)
  if (mapped.ok) importer.table = table
  else c.lab.sgFree(table)
  return mapped
}

const mapPage = (
  c: StepContext,
  step: Step<'map'>,
  importer: Importer,
  entries: readonly ListedPart['entry'][],
  attrs: number,
): KResult<unknown> => {
  const [entry, ...more] = entries
  if (entry === undefined || more.length > 0 || step.nents !== undefined)
    throw new InputError(`dma_map_page() takes one page and bytes from there on; '${step.buffer}' is a list`)
  const { page, offset, length } = entry
  const handle = c.lab.dma.mapPageAttrs(importer.device, page, offset, length, DIR[step.dir], attrs)
  if (handle.ok) importer.single = { at: handle.value, len: length }
  return handle
}

const NOTHING: BusRange = { at: dma(0), len: 0 }

const directImporter = (c: StepContext, buffer: LabBuffer, device: Device): Importer => {
  if (buffer.fd !== null) throw new InputError(`${device.name} maps '${buffer.name}' before it is attached`)
  return { dmabuf: null, attachment: null, ...noMapping(device) }
}

/** As it was mapped, but for what the step says. */
export const unmap = (c: StepContext, step: Step<'unmap'>): Outcome => {
  const importer = c.importer(step)
  const { table, single, attachment, ownsTable } = importer
  if (table === null && single === null) return fail('EINVAL', `${step.device} has not mapped it`)
  if (attachment !== null && table !== null) unmapImported(c, step, importer, attachment, table)
  else if (table === null || step.as === 'page') unmapPage(c, step, importer)
  else unmapSg(c, step, importer, table)
  if (table !== null && attachment === null && ownsTable) c.lab.sgFree(table)
  importer.table = null
  importer.single = null
  return ok('')
}

const unmapImported = (
  c: StepContext,
  step: Step<'unmap'>,
  { dir }: Importer,
  attachment: DmaBufAttachment,
  table: SgTable,
): void => {
  for (const field of ['len', 'nents', 'as', 'attrs'] as const)
    if (step[field] !== undefined)
      throw new InputError(`${field}: the exporter of '${step.buffer}' unmaps it, with no choice of ${field}`)
  c.lab.dmaBuf.unmapAttachment(attachment, table, step.dir === undefined ? dir : DIR[step.dir])
}

const unmapPage = (c: StepContext, step: Step<'unmap'>, { device, single, runs, dir, attrs }: Importer): void => {
  if (step.as === 'sg' || step.nents !== undefined)
    throw new InputError(`'${step.buffer}' was mapped as a page: there is no list to unmap`)
  const { at, len } = single ?? runs[0] ?? NOTHING
  checkBeyond(step.buffer, 0, step.len ?? 0, len)
  c.lab.dma.unmapPageAttrs(device, at, step.len ?? len, dirOf(step, dir), attrsOf(c, step, attrs))
}

const unmapSg = (c: StepContext, step: Step<'unmap'>, importer: Importer, table: SgTable): void => {
  if (step.len !== undefined)
    throw new InputError('len: dma_unmap_sg() takes a number of entries, nents, and no length')
  const { device, dir, attrs, nents } = importer
  if (step.nents !== undefined && step.nents > table.origNents)
    throw new InputError(`nents: the list has ${table.origNents} entries`)
  c.lab.dma.unmapSgAttrs(device, table, dirOf(step, dir), attrsOf(c, step, attrs), step.nents ?? nents)
}

const dirOf = (step: Step<'unmap'>, mapped: Direction): Direction => (step.dir === undefined ? mapped : DIR[step.dir])
const attrsOf = (c: StepContext, step: Step<'unmap'>, mapped: number): number =>
  step.attrs === undefined ? mapped : c.attrs(step.attrs)
