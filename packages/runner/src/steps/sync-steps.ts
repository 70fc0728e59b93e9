// Steps that hand a mapped buffer to the CPU and back to its device.
import { DIR, type Direction, dma, fail, InputError, ok } from '@dmalab/api'
import type { BusRange, Importer } from './lab-buffer.ts'
import { checkBeyond, type Outcome, type Step, type StepContext, within } from './step-context.ts'

export const sync = (c: StepContext, step: Step<'sync'>): Outcome => {
  const importer = c.importer(step)
  if (step.offset !== undefined || step.len !== undefined || importer.single !== null)
    return syncBytes(c, step, importer)
  const { device, table, nents } = importer
  if (table === null) return fail('EINVAL', `${step.device} has not mapped it`)
  if (step.nents !== undefined && step.nents > table.origNents)
    throw new InputError(`nents: the list has ${table.origNents} entries`)
  const entries = step.nents ?? (nents === 0 ? table.origNents : nents)
  if (step.for === 'cpu') c.lab.dma.syncSgForCpu(device, table, DIR[step.dir], entries)
  else c.lab.dma.syncSgForDevice(device, table, DIR[step.dir], entries)
  return ok('')
}

/** dma_sync_single_for_*(), by bus address: nothing keeps a driver from addresses that it has no longer, or lengths that it never had. */
const syncBytes = (c: StepContext, step: Step<'sync'>, { device, from, runs }: Importer): Outcome => {
  if (step.nents !== undefined) throw new InputError('nents: a sync of bytes has no entries')
  const dir: Direction = DIR[step.dir]
  const first = (step.offset ?? from) - from
  const mapped = runs.reduce((sum, run) => sum + run.len, 0)
  if (first < 0) throw new InputError(`offset ${step.offset}: '${step.buffer}' is mapped from byte ${from} on`)
  if (step.len === undefined && first > mapped)
    throw new InputError(`offset ${step.offset}: the mapping of '${step.buffer}' ends at byte ${from + mapped}`)
  checkBeyond(step.buffer, first, step.len ?? 0, mapped)
  for (const { at, len } of asked(runs, first, step.len))
    if (step.for === 'cpu') c.lab.dma.syncSingleForCpu(device, at, len, dir)
    else c.lab.dma.syncSingleForDevice(device, at, len, dir)
  return ok('')
}

/** What passes the end of the mapping goes on from its last address. */
const asked = (runs: readonly BusRange[], offset: number, len: number | undefined): readonly BusRange[] => {
  const inside = within(runs, offset, len ?? Infinity)
  const last = inside.at(-1) ?? runs.at(-1)
  if (len === undefined || last === undefined) return inside
  const beyond = len - inside.reduce((sum, run) => sum + run.len, 0)
  if (beyond === 0) return inside
  if (inside.length > 0) return [...inside.slice(0, -1), { at: last.at, len: last.len + beyond }]
  const before = runs.reduce((sum, run) => sum + run.len, 0)
  return [{ at: dma(last.at + last.len + (offset - before)), len }]
}
