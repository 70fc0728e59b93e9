// Runs differential records on the model and counts where the two agree.
import { type Balance, type FindingCode, imbalance, InputError, isInputError, type Lab } from '@dmalab/api'
import { DMA_PROGRAMS } from './dma/dma-programs.ts'
import type { Boot, Context, Language, Observation } from './language.ts'
import type { ProgramRecord } from './records.ts'
import { V4L2_PROGRAMS } from './v4l2/v4l2-programs.ts'

const LANGUAGES: readonly Language[] = [DMA_PROGRAMS, V4L2_PROGRAMS]

/** A step where the real kernel and the model differ. */
export interface Difference {
  readonly id: number | string
  /** Number of the step in its program, from 0; null: it is about the boot or the program's end. */
  readonly step: number | null
  readonly what: string
  /** null: the real kernel crashed there. */
  readonly recorded: string | null
  /** null: the modelled kernel stopped. */
  readonly got: string | null
  readonly oops?: string
}

/** Programs of one kernel that this build cannot run. */
export interface NotRun {
  readonly kernel: string
  readonly programs: number
  readonly why: string
}

export interface RecordsReport {
  readonly kernels: readonly string[]
  readonly programs: number
  /** Programs that agree to their end. */
  readonly agreeing: number
  /** One a step; what a boot shows and how a program ends count too. */
  readonly cases: number
  readonly passed: number
  readonly failed: number
  /** Steps of programs that were not run. */
  readonly skipped: number
  readonly notRun: readonly NotRun[]
  readonly differences: readonly Difference[]
}

export interface ProgramEnd {
  /** One line for each count that is not as it was before the program. */
  readonly left: readonly string[]
  /** What the kernel itself did wrong on the way, in order. */
  readonly quirks: readonly FindingCode[]
}

export interface RecordsOptions {
  /** Report this program only; those before it on its boot run all the same. */
  readonly only?: string
  /** Hears of every step of every program that is reported. */
  readonly onStep?: (record: ProgramRecord, observation: Observation) => void
  /** Hears what each program that ended normally left, once all that it held was given back. */
  readonly onEnd?: (record: ProgramRecord, end: ProgramEnd) => void
}

/** @throws InputError for records in an unknown language, an unknown command, or an `only` that names no program */
export const conformRecords = (
  records: readonly ProgramRecord[],
  context: Context,
  options: RecordsOptions = {},
): RecordsReport => {
  const { only } = options
  const wanted = (record: ProgramRecord): boolean => only === undefined || String(record.id) === only
  const chosen = records.filter(wanted)
  if (chosen.length === 0) throw new InputError(`no program has the id ${only}`, { file: records[0]?.place.file })
  for (const record of records) languageOf(record).check(record)

  const boots = new Set(chosen.map(({ boot }) => boot))
  const tally = new Tally()
  let open:
    | { readonly name: string; readonly kernel: string; readonly boot: Boot | { readonly notModelled: string } }
    | undefined
  let books: Books | undefined
  for (const record of records.filter(({ boot }) => boots.has(boot))) {
    const fresh = open === undefined || open.name !== record.boot || open.kernel !== record.kernel
    if (fresh) {
      shutDown(open?.boot)
      open = { name: record.boot, kernel: record.kernel, boot: languageOf(record).open(record, context) }
    }
    const { boot } = open ?? unreachable()
    if ('notModelled' in boot) {
      if (wanted(record)) tally.notRun(record, boot.notModelled)
      continue
    }
    if (fresh && options.onEnd !== undefined) books = new Books(boot.lab)
    const observations = [...(fresh ? boot.boot(record) : []), ...ran(boot, record)]
    const end = books?.close()
    if (!wanted(record)) continue
    if (end !== undefined && observations.every(({ got }) => got !== undefined)) options.onEnd?.(record, end)
    for (const observation of observations) options.onStep?.(record, observation)
    tally.program(record, observations)
  }
  shutDown(open?.boot)
  return tally.report()
}

/** @throws InputError with the record's place for what can be seen while it runs only */
const ran = (boot: Boot, record: ProgramRecord): readonly Observation[] => {
  try {
    return boot.run(record)
  } catch (e) {
    if (isInputError(e) && e.place.file === undefined) throw new InputError(e.message, record.place, e.hint)
    throw e
  }
}

/** The next boot gets its engine. */
const shutDown = (boot: Boot | { readonly notModelled: string } | undefined): void => {
  if (boot !== undefined && 'lab' in boot) boot.lab.close()
}

const languageOf = (record: ProgramRecord): Language => {
  const language = LANGUAGES.find((candidate) => candidate.owns(record))
  if (language !== undefined) return language
  const known = LANGUAGES.map(({ name }) => name).join(', ')
  throw new InputError(`is a program in an unknown language; known: ${known}`, record.place)
}

/** What a boot has lent, program by program: each begins where the one before it ended. */
class Books {
  private readonly lab: Lab
  private before: Balance
  private quirks: FindingCode[] = []

  constructor(lab: Lab) {
    this.lab = lab
    this.before = lab.balance()
    lab.listen('op', (event) => {
      if (event.event === 'kernel_quirk') this.quirks.push(event.code)
    })
  }

  close(): ProgramEnd {
    const { before, quirks } = this
    this.before = this.lab.balance()
    this.quirks = []
    return { left: imbalance(before, this.before), quirks }
  }
}

class Tally {
  private readonly kernels = new Set<string>()
  private readonly unmodelled = new Map<string, NotRun>()
  private readonly differences: Difference[] = []
  private programs = 0
  private agreeing = 0
  private passed = 0
  private skipped = 0

  program(record: ProgramRecord, observations: readonly Observation[]): void {
    this.kernels.add(record.kernel)
    this.programs++
    const before = this.differences.length
    for (const observation of observations) this.count(record, observation)
    if (this.differences.length === before) this.agreeing++
  }

  notRun({ kernel, steps }: ProgramRecord, why: string): void {
    this.kernels.add(kernel)
    this.programs++
    this.skipped += steps.length
    const known = this.unmodelled.get(kernel)
    this.unmodelled.set(kernel, { kernel, why, programs: (known?.programs ?? 0) + 1 })
  }

  report(): RecordsReport {
    const { passed, skipped, differences, programs, agreeing } = this
    const failed = differences.length
    return {
      kernels: [...this.kernels],
      programs,
      agreeing,
      cases: passed + failed + skipped,
      passed,
      failed,
      skipped,
      notRun: [...this.unmodelled.values()],
      differences,
    }
  }

  private count(record: ProgramRecord, { step, what, recorded, got, oops, agrees }: Observation): void {
    if (agrees) this.passed++
    else
      this.differences.push({
        id: record.id,
        step,
        what,
        recorded: recorded ?? null,
        got: got ?? null,
        ...(oops === undefined ? {} : { oops }),
      })
  }
}

const unreachable = (): never => {
  throw new Error('a boot is open here')
}
