// Times rows so that a busy machine matters least: CPU time of batches, all versions of a row side by side in every round.

/** A batch is at least so long: the clock counts microseconds, and a switch of tasks costs some. */
const LEAST_MS = 4

/**
 * CPU time in milliseconds: of this thread alone where the comparator brings such a clock, else of the process, with the threads of V8.
 *
 * @param native what openNative() of @dmalab/bench-native returned, or undefined
 */
export const clockOf = (native) => {
  if (native !== undefined) return () => native.loops.threadNs() / 1e6
  return () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
}

/** Kept alive, so that no result is optimised away. */
const sink = { value: 0 }

/** The same loop in every run: its speed is the machine's. */
const CALIBRATION = {
  work: 20_000,
  run() {
    let s = 1
    for (let i = 0; i < 20_000; i++) s = (Math.imul(s, 1_664_525) + 1_013_904_223) | 0
    sink.value += s
  },
}

/** Units per second over `runs` runs; what `before` does is not counted. */
const rateOf = ({ work, run, before }, runs, clock) => {
  let ms = 0
  if (before === undefined) {
    const from = clock()
    for (let i = 0; i < runs; i++) run()
    ms = clock() - from
  } else
    for (let i = 0; i < runs; i++) {
      before()
      const from = clock()
      run()
      ms += clock() - from
    }
  return (work * runs * 1000) / Math.max(ms, 0.001)
}

/** How many runs fill a batch; finding out warms the code up. */
const runsFor = (task, time, clock) => {
  const wanted = Math.max(LEAST_MS, time)
  for (let runs = 1; ; runs *= 2) {
    const from = clock()
    rateOf(task, runs, clock)
    const ms = clock() - from
    if (ms >= wanted / 2 || runs > 1e6) return Math.max(1, Math.round((runs * wanted) / Math.max(ms, 0.1)))
  }
}

/** One row after the other is opened, so that machines of other rows do not take part in its caches. @returns rates by version, one a round */
export async function measureRow({ versions }, { rounds, time, clock }) {
  const tasks = []
  for (const [version, { bench, open }] of Object.entries(versions)) {
    const task = await open(bench)
    tasks.push({ version, task, runs: runsFor(task, time, clock), rates: [] })
  }
  for (let round = 0; round < rounds; round++)
    for (const i of tasks.keys()) {
      const each = tasks[(i + round) % tasks.length]
      each.rates.push(rateOf(each.task, each.runs, clock))
    }
  return Object.fromEntries(tasks.map(({ version, rates }) => [version, rates]))
}

/** Rates of the calibration loop. */
export const calibrate = ({ rounds, time, clock }) => {
  const runs = runsFor(CALIBRATION, time, clock)
  return Array.from({ length: rounds }, () => rateOf(CALIBRATION, runs, clock))
}
