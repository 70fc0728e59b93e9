// A plan run to its report, with a journal beside it and progress on standard error.
import { InputError, type PointResult, type SweepReport } from '@dmalab/api'
import { type Executor, runSweep } from '@dmalab/lab'
import { type Journal, type JournalHead, openJournal, readJournal } from '@dmalab/lab/node'
import { isBad, plural } from '@dmalab/report'
import { duration, type Progress, showProgress } from '../progress.ts'
import type { OpenSweep } from './open-sweep.ts'

export interface PlanRequest {
  readonly sweep: OpenSweep
  readonly build: string
  readonly shard?: { readonly index: number; readonly of: number }
  readonly journal: string | undefined
  /** Journals of others. */
  readonly join: readonly string[]
  /** Makes what runs the points; it may have something to tell meanwhile. */
  readonly executor: (tell: (text: string) => void) => Promise<Executor>
}

/** @throws InputError for a journal that is not of this sweep, and when the run is interrupted */
export const runPlan = async (request: PlanRequest): Promise<SweepReport> => {
  const { sweep, shard, join } = request
  const head: JournalHead = { sweep: await sweep.plan.digest(), build: request.build }
  const joined = join.map((file) => readJournal(file, head))
  const journal = request.journal === undefined ? undefined : openJournal(request.journal, head)
  const known = new Map([...joined, ...(journal === undefined ? [] : [journal.known])].flatMap((map) => [...map]))
  // What came from elsewhere is kept as well.
  for (const map of joined)
    for (const [id, result] of map) if (journal?.known.has(id) === false) journal.append(id, result)
  try {
    const tally = new Tally(Math.ceil(sweep.plan.count / (shard?.of ?? 1)))
    const progress = showProgress(() => tally.text())
    if (known.size > 0) progress.tell(`${plural(known.size, 'point')} are known already`)
    return await interruptible(request, async (signal) => {
      let executor: Executor | undefined
      try {
        executor = await request.executor((text) => progress.tell(text))
        return await runSweep(sweep.plan, {
          executor,
          known,
          signal,
          ...(shard === undefined ? {} : { shard }),
          onKnown: () => tally.know(),
          onResult: (id, result) => {
            tally.add(result)
            journal?.append(id, result)
          },
        })
      } finally {
        end(progress, journal)
        await executor?.close()
      }
    })
  } finally {
    journal?.close()
  }
}

const end = (progress: Progress, journal: Journal | undefined): void => {
  progress.end()
  journal?.flush()
}

/** The first SIGINT or SIGTERM ends the work with what is done kept; the second ends the process. */
const interruptible = async <T>({ journal }: PlanRequest, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const halt = new AbortController()
  const stop = (): void =>
    halt.abort(
      new InputError(
        'interrupted',
        {},
        journal === undefined
          ? 'with --journal FILE the same command goes on where it stopped'
          : 'the same command goes on from the journal',
      ),
    )
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    return await work(halt.signal)
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

/** How far it is. */
class Tally {
  private readonly start = performance.now()
  private readonly all: number
  private known = 0
  private done = 0
  private bad = 0

  constructor(all: number) {
    this.all = all
  }

  know(): void {
    this.known++
  }

  add(result: PointResult): void {
    this.done++
    if (isBad(result)) this.bad++
  }

  text(): string {
    const rate = (this.done * 1000) / (performance.now() - this.start)
    const left = Math.max(0, this.all - this.known - this.done)
    const time = this.done === 0 ? '' : `, ${duration(left / rate)} left`
    return `${this.known + this.done}/${this.all} points, ${rate.toFixed(1)} a second${time}, ${this.bad} not as they should be`
  }
}
