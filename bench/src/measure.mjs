// Times rows so that a busy machine matters least: CPU time of batches, all versions of a row side by side in every round.

/** A batch is at least so long: the clock counts microseconds, and a switch of tasks costs some. */
const LEAST_MS = 4
/** Batches of each version before one counts. */
const WARM_BATCHES = 4

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

/**
 * What `runs` runs cost, in milliseconds of CPU time; what `before` does is not counted. A task with `costs` says itself what a run cost:
 * it is in other processes or threads, or not a time at all. A run may be a promise.
 */
export const costOf = async ({ run, before, costs }, runs, clock) => {
  let cost = 0
  if (costs === undefined && before === undefined) {
    const from = clock()
    for (let i = 0; i < runs; i++) {
      const came = run()
      if (came instanceof Promise) await came
    }
    return clock() - from
  }
  for (let i = 0; i < runs; i++) {
    before?.()
    const from = clock()
    const came = run()
    if (came instanceof Promise) await came
    cost += costs === undefined ? clock() - from : costs()
  }
  return cost
}

/** Units per second (or per thousand of what a task costs) over `runs` runs. */
const rateOf = async (task, runs, clock) => (task.work * runs * 1000) / Math.max(await costOf(task, runs, clock), 0.001)

/** How many runs fill a batch; finding out warms the code up. */
const runsFor = async (task, time, clock) => {
  const wanted = Math.max(LEAST_MS, time)
  for (let runs = 1; ; runs *= 2) {
    const cost = await costOf(task, runs, clock)
    if (task.costs !== undefined) return 1
    if (cost >= wanted / 2 || runs > 1e6) return Math.max(1, Math.round((runs * wanted) / Math.max(cost, 0.1)))
  }
}

/** Rounds go on up to so many times those asked for, as long as a ratio's middle half is wider than this part of it. */
const MOST_ROUNDS = 3
const UNEVEN = 0.06

/** One row after the other is opened, so that machines of other rows do not take part in its caches. @returns rates by version, one a round */
export async function measureRow({ versions }, { rounds, time, clock }) {
  const tasks = []
  for (const [version, { bench, open }] of Object.entries(versions)) {
    const task = await open(bench)
    tasks.push({ version, task, runs: await runsFor(task, time, clock), rates: [] })
  }
  // Warm: the versions that came later made the code of those before another, which is compiled anew behind their backs.
  for (let batch = 0; batch < WARM_BATCHES; batch++)
    for (const { task, runs } of tasks) if (task.costs === undefined) await costOf(task, runs, clock)
  for (let round = 0; round < rounds || (round < rounds * MOST_ROUNDS && isUneven(tasks)); round++)
    for (const i of tasks.keys()) {
      const each = tasks[(i + round) % tasks.length]
      each.rates.push(await rateOf(each.task, each.runs, clock))
    }
  return Object.fromEntries(tasks.map(({ version, rates }) => [version, rates]))
}

/** Does the product differ from compiled code by more in one round than in the next? */
const isUneven = (tasks) => {
  const product = tasks.at(-1)
  const others = tasks.filter(({ version }) => version === 'native' || version === 'addon')
  return others.some(({ rates }) => {
    const ratios = product.rates.map((rate, round) => rate / rates[round]).toSorted((a, b) => a - b)
    const at = (part) => ratios[Math.floor((ratios.length - 1) * part)]
    return at(0.75) - at(0.25) > UNEVEN * at(0.5)
  })
}

/** Rates of the calibration loop. */
export const calibrate = async ({ rounds, time, clock }) => {
  const runs = await runsFor(CALIBRATION, time, clock)
  const rates = []
  for (let round = 0; round < rounds; round++) rates.push(await rateOf(CALIBRATION, runs, clock))
  return rates
}
