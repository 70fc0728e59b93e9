// Runs a test file as always, and then once for each fault that it came by: modules stay loaded, only the file itself is read again. For
// a fault in what modules compute while they are loaded (tables, patterns) they are loaded again too.
import { type File, startTests, type Test, type VitestRunner } from '@vitest/runner'
import { TestRunner, vi } from 'vitest'
import { journalOf, note, noticedIn, planOf } from './plan.ts'
import { plantEngines } from './planted-engine.ts'

/** What instrumented sources look at: which fault is there, and what they came by. */
interface Switches {
  activeMutant: string | undefined
  hitCount: number | undefined
  hitLimit: number
  mutantCoverage: { readonly static: Record<string, number>; readonly perTest: Record<string, never> }
}
const switches = ((globalThis as { __stryker__?: Switches }).__stryker__ ??= {
  activeMutant: undefined,
  hitCount: undefined,
  hitLimit: Infinity,
  mutantCoverage: { static: {}, perTest: {} },
})

const plan = planOf()
const { engine } = plan
const plantEngine =
  engine &&
  plantEngines(engine.without, (fault) => {
    const counts = switches.mutantCoverage.static
    counts[fault] = (counts[fault] ?? 0) + 1
  })
/** A loop that comes by a fault so much more often than it did without runs in circles. */
const HITS = 100

export default class PlantingRunner extends TestRunner {
  /** What is imported as a set-up file is read again each time. */
  override importFile(path: string): unknown {
    return super.importFile(path, 'setup')
  }

  #whileLoading: ReadonlySet<string> = new Set()

  #collectedAt = 0

  onBeforeCollect(): void {
    this.#collectedAt = Date.now()
    for (const id of Object.keys(switches.mutantCoverage.static)) delete switches.mutantCoverage.static[id]
    for (const id of engine?.everywhere ?? []) switches.mutantCoverage.static[id] = 1
  }

  onCollected(): void {
    this.#whileLoading = new Set(Object.keys(switches.mutantCoverage.static))
  }

  override async onAfterRunFiles(files: File[] = []): Promise<void> {
    super.onAfterRunFiles()
    const [file] = files
    if (file === undefined) return
    if (fails(file)) throw new Error(`${file.name} fails without a fault`)
    const ms = Date.now() - this.#collectedAt
    const journal = journalOf(plan)
    const [noticed, triedHere] = [
      noticedIn(journal),
      new Set(journal.flatMap((one) => ('trying' in one && one.test === file.name ? [one.trying] : []))),
    ]
    const hits = { ...switches.mutantCoverage.static }
    for (const fault of plan.faults) {
      const count = hits[fault]
      if (count === undefined || noticed.has(fault) || triedHere.has(fault)) continue
      const built = engine?.faults[fault]
      const reload = built !== undefined || this.#whileLoading.has(fault)
      // Every file loads the modules: those of the room are enough to ask.
      if (built === undefined && reload && !plan.own.includes(file.name)) continue
      note(plan, { trying: fault, test: file.name, ms })
      Object.assign(switches, { activeMutant: fault, hitCount: 0, hitLimit: count * HITS + 10_000 })
      plantEngine?.(built)
      if (reload) vi.resetModules()
      const seen = await this.#failsAgain(file)
      Object.assign(switches, { activeMutant: undefined, hitCount: undefined, hitLimit: Infinity })
      plantEngine?.(undefined)
      if (reload) vi.resetModules()
      note(plan, { tried: fault, noticed: seen })
      // A module with a fault is gone with those that made instances of it.
      if (seen && built === undefined && (await this.#failsAgain(file))) {
        note(plan, { dirty: fault })
        process.kill(process.pid, 'SIGKILL')
      }
    }
    // The next file loads them again, so that it is seen what it comes by while it does.
    vi.resetModules()
    note(plan, { test: file.name, done: true })
  }

  /** The file once more, without a word to the reporters, until a test fails. */
  async #failsAgain(file: File): Promise<boolean> {
    const quiet: VitestRunner & { cancelRun?: boolean } = Object.create(this) as VitestRunner
    const own = TestRunner.prototype
    Object.assign(quiet, {
      cancelRun: false,
      onTaskUpdate: () => Promise.resolve(),
      onCollected: undefined,
      onBeforeCollect: undefined,
      onTestAnnotate: undefined,
      onTestArtifactRecord: undefined,
      onCollectStart: (one: File) => own.onCollectStart.call(this, one),
      onAfterRunFiles: () => own.onAfterRunFiles.call(this),
      onAfterRunTask: (test: Test) => {
        if (test.result?.state === 'fail') quiet.cancelRun = true
      },
    })
    const [again] = await startTests([file.filepath], quiet)
    return again === undefined || fails(again)
  }
}

const fails = ({ result, tasks }: File): boolean =>
  result?.state === 'fail' || tasks.some((task) => task.result?.state === 'fail')
