// Lines of events as the kernel prints them, read: events without what stands before them, and the summary.
import type { Event } from '@dmalab/api'
import { createReader } from '../../src/index.ts'

const HEAD = '            init-1       [001] .....     4.390004: '
export const readBodies = (...lines: readonly string[]) => {
  const events: Event[] = []
  const reader = createReader({ onEvent: (event) => events.push(event) })
  reader.push(Buffer.from(lines.map((line) => `${HEAD}${line}\n`).join(''), 'latin1'))
  const summary = reader.end()
  const bare = events.map(({ at: _at, task: _t, pid: _p, cpu: _c, time: _s, interrupt: _i, ...event }) => event)
  return { events: bare, summary }
}
