// What the steps of a scenario share: the laboratory, the named buffers, the opened devices, what was found wrong.
import {
  ATTR,
  type Driver,
  InputError,
  type KResult,
  type Lab,
  type QueueAttrs,
  type ScenarioStep,
  type SgTable,
  ownValue,
} from '@dmalab/api'
import type { BusRange, Importer, LabBuffer } from './lab-buffer.ts'

export type Step<Name extends ScenarioStep['do']> = Extract<ScenarioStep, { readonly do: Name }>
/** What a step found out, for people; or the errno it ended with. */
export type Outcome = KResult<string>

/** The allocator whose exporter shares coherent memory. */
export const EXPORTER = 'vb2-dma-contig'

export class StepContext {
  readonly lab: Lab
  readonly seed: number
  readonly buffers: Map<string, LabBuffer> = new Map()
  readonly drivers: Map<string, Driver> = new Map()
  /** What the drivers of devices put into vb2_queue.dma_attrs, for those that are not open yet. */
  readonly queueAttrs: Map<string, QueueAttrs> = new Map()
  /** Steps done; part of the seed of what a step writes. */
  count = 0
  /** Bytes that a reader found different from what was written. */
  wrong = 0

  constructor(lab: Lab, seed: number) {
    this.lab = lab
    this.seed = seed
  }

  /** @throws InputError for a name that no step made */
  buffer(name: string): LabBuffer {
    const found = this.buffers.get(name)
    if (found === undefined) throw new InputError(`no step made a buffer '${name}'`)
    return found
  }

  /** @throws InputError for a device that has neither attached nor mapped the buffer */
  importer(step: { readonly buffer: string; readonly device: string }): Importer {
    const found = this.buffer(step.buffer).importers.get(step.device)
    if (found === undefined) throw new InputError(`${step.device} has neither attached nor mapped '${step.buffer}'`)
    return found
  }

  /** Attribute bits by name. @throws InputError for one that this kernel does not have */
  attrs(names: readonly string[] | undefined): number {
    const known: Readonly<Record<string, number>> = { ...ATTR, ...this.lab.facts.attrs }
    return [...new Set(names)].reduce((bits, name) => {
      const bit = ownValue(known, name)
      if (bit === undefined)
        throw new InputError(
          `kernel ${this.lab.kernel.name} has no attribute '${name}'; it has ${Object.keys(known).join(', ')}`,
        )
      return bits + bit
    }, 0)
  }
}

/** What a driver may hand back or sync beyond what it mapped: a call walks all of it, page by page. */
const BEYOND = 2 ** 30

/** @throws InputError for bytes of a call that end further behind the `mapped` ones of a buffer than a call is followed */
export const checkBeyond = (buffer: string, offset: number, len: number, mapped: number): void => {
  const most = mapped + BEYOND
  if (offset + len > most)
    throw new InputError(
      `${len} bytes of '${buffer}' from byte ${offset} of its mapping on: it has ${mapped}, and a call is followed up to byte ${most}`,
    )
}

/** Bus ranges of a mapped list. */
export const runsOf = (table: SgTable): BusRange[] =>
  // A list without pages has no entries for the CPU, and all of them for the device.
  Array.from({ length: table.nents }, (_, i) => {
    const { dmaAddress, dmaLength } = table.entry(i)
    return { at: dmaAddress, len: dmaLength }
  })

/** Where a device goes for [offset, offset + len) of a buffer. It knows no end: behind the last range it counts on. */
export const reach = (runs: readonly BusRange[], offset: number, len: number): BusRange[] => {
  const last = runs.at(-1)
  return last === undefined ? [] : within([...runs.slice(0, -1), { at: last.at, len: Infinity }], offset, len)
}

/** The part [offset, offset + len) of a buffer's bus ranges. */
export const within = (runs: readonly BusRange[], offset: number, len: number): BusRange[] => {
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
