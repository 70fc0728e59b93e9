// Steps in which the CPU copies between a scatterlist and a flat buffer.
import { fail, type KResult, ok, type SgCopyRange, type SgTable, type UserMapping } from '@dmalab/api'
import { mixSeed } from '../content-seed.ts'
import { listOf as newList } from '../sg-list.ts'
import type { LabBuffer } from './lab-buffer.ts'
import type { Outcome, Step, StepContext } from './step-context.ts'
import { entriesOf } from './table-steps.ts'

type CopyStep = Step<'sg-copy-to-buffer' | 'sg-copy-from-buffer'>

/** One copy: `len` bytes of `buffer` from `skip` on, and the driver's flat buffer for them. */
interface Copy {
  readonly buffer: LabBuffer
  readonly table: SgTable
  readonly range: SgCopyRange
  readonly len: number
  readonly flat: UserMapping
  readonly flatName: string
}

/** The flat buffer is taken for the step: what was copied out is compared there, what is copied in is made there. */
export const sgCopy = (c: StepContext, step: CopyStep): Outcome => {
  const buffer = c.buffer(step.buffer)
  const list = listOf(c, step)
  if (!list.ok) return list
  const { table, free } = list.value
  const skip = step.skip ?? 0
  const len = step.len ?? Math.max(0, buffer.size - skip)
  const flatName = `copy of ${step.buffer}`
  const flat = c.lab.userAlloc(Math.max(1, len), flatName)
  if (!flat.ok) return flat
  const copy = { buffer, table, range: { nents: step.nents ?? table.origNents, skip }, len, flat: flat.value, flatName }
  const outcome = step.do === 'sg-copy-to-buffer' ? copyOut(c, copy) : copyIn(c, copy)
  c.lab.userFree(flat.value)
  free()
  return ok(outcome)
}

const copyOut = (c: StepContext, { buffer, table, range, len, flat, flatName }: Copy): string => {
  const bytes = new Uint8Array(len)
  const done = c.lab.sg.copyToBuffer(table, range, bytes)
  c.lab.userWrite(flat, bytes, len, flatName)
  let wrong = 0
  let compared = 0
  for (const part of buffer.stretches(range.skip, done))
    for (const { offset, len: length, content } of part.buffer.expected(part.offset, part.len)) {
      const at = { offset: part.from - range.skip + (offset - part.offset), content }
      wrong += c.lab.userCompare(flat, length, flatName, at).wrong
      compared += length
    }
  c.wrong += wrong
  if (wrong > 0) return `${wrong} of ${compared} bytes differ`
  return compared === done ? `${done} bytes as written` : `${done} bytes, ${compared} of them as written`
}

const copyIn = (c: StepContext, { buffer, table, range, len, flat, flatName }: Copy): string => {
  const seed = mixSeed(c.seed, buffer.name, c.count)
  c.lab.userWrite(flat, { seed }, len, flatName)
  const done = c.lab.sg.copyFromBuffer(table, range, c.lab.userRead(flat, len, flatName))
  for (const part of buffer.stretches(range.skip, done))
    part.buffer.wrote(part.offset, part.len, seed, part.from - range.skip)
  return `${done} bytes`
}

/** The device's table of the buffer; without a device, one that is made of the buffer and freed again. */
const listOf = (c: StepContext, step: CopyStep): KResult<{ readonly table: SgTable; readonly free: () => void }> => {
  if (step.device === undefined) {
    const table = newList(c.lab.sg, entriesOf(c.buffer(step.buffer)))
    return table.ok ? ok({ table: table.value, free: () => c.lab.sgFree(table.value) }) : table
  }
  const { table } = c.importer({ buffer: step.buffer, device: step.device })
  return table === null
    ? fail('EINVAL', `${step.device} has no list of '${step.buffer}' mapped`)
    : ok({ table, free: () => undefined })
}
