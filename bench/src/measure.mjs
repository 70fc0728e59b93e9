// Times rows so that a busy machine matters least: all tasks interleaved in every round, the best of the rounds' medians kept.
import { Bench } from 'tinybench'

/** Kept alive, so that no result is optimised away. */
const sink = { value: 0 }

/** The same loop in every run: its speed is the machine's. */
export const CALIBRATION = 'calibrate/int-loop'

function calibrate() {
  let s = 1
  for (let i = 0; i < 20000; i++) s = (Math.imul(s, 1664525) + 1013904223) | 0
  sink.value += s
}

/** @returns task name -> { p50Ms, p50MedMs, minMs, samples, work } */
export async function measure(rows, { rounds, time }) {
  const tasks = [{ name: CALIBRATION, work: 20000, run: calibrate }]
  for (const row of rows)
    for (const [version, { bench, open }] of Object.entries(row.versions))
      tasks.push({ name: `${row.name}/${version}`, ...(await open(bench)) })
  const found = new Map(tasks.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const suite = new Bench({ time, warmupTime: time / 3, retainSamples: false, throws: true })
    for (const { name, run, before } of tasks) suite.add(name, run, before && { beforeEach: before })
    await suite.run()
    for (const { name, result } of suite.tasks) found.get(name).push(result.latency)
  }
  const summary = ({ name, work }) => {
    const all = found.get(name)
    const p50 = all.map((latency) => latency.p50).toSorted((a, b) => a - b)
    return [
      name,
      {
        p50Ms: p50[0],
        p50MedMs: p50[p50.length >> 1],
        minMs: Math.min(...all.map((latency) => latency.min)),
        samples: all.reduce((sum, latency) => sum + latency.samplesCount, 0),
        work,
      },
    ]
  }
  return Object.fromEntries(tasks.map(summary))
}
