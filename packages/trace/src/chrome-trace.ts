// Chrome trace JSON, which Perfetto opens: one process a device with the lifetimes of its mappings, bounces and live bytes; one
// process for video buffers. Written piece by piece, so that a log of any length goes through.
import { attrNames, dirName, hex, TRACE_ATTRS, type Event } from '@dmalab/api'
import { Lifetimes, timeOf, type Lifetime } from './lifetimes.ts'

export interface ChromeTrace {
  onEvent(event: Event): void
  finish(): void
}

type Json = Readonly<Record<string, unknown>>

/** What a video buffer is between two events. */
const BUFFER_STATES: Readonly<Record<string, string | undefined>> = {
  vb2_qbuf: 'queued',
  vb2_buf_queue: 'with the driver',
  vb2_buf_done: 'done',
  vb2_dqbuf: undefined,
}

/** `write` takes text in order. Times are microseconds; a counting clock's tick, or a step of a model run, counts as one. */
export const createChromeTrace = (write: (text: string) => void): ChromeTrace => {
  const pids = new Map<string, number>()
  const ids = new WeakMap<Lifetime, number>()
  const buffers = new Map<string, { readonly state: string; readonly id: number }>()
  const liveBytes = new Map<string, number>()
  let written = 0
  let lastId = 0
  let now = 0

  const put = (event: Json): void => {
    write(`${written === 0 ? '{"displayTimeUnit":"ms","traceEvents":[\n' : ',\n'}${JSON.stringify(event)}`)
    written += 1
  }
  const pidOf = (name: string): number => {
    let pid = pids.get(name)
    if (pid === undefined) {
      pids.set(name, (pid = pids.size + 1))
      put({ ph: 'M', name: 'process_name', pid, args: { name } })
    }
    return pid
  }
  const counter = (device: string, change: number): void => {
    const value = (liveBytes.get(device) ?? 0) + change
    liveBytes.set(device, value)
    put({ ph: 'C', name: 'live bytes', pid: pidOf(device), ts: now, args: { bytes: value } })
  }
  const lifetimes = new Lifetimes({
    began(life, event): void {
      lastId += 1
      ids.set(life, lastId)
      const { device, kind, dmaAddr, size, dir, attrs, bounced } = life
      put({
        ph: 'b',
        cat: kind,
        name: bounced ? `${kind} (bounced)` : kind,
        id: lastId,
        pid: pidOf(device),
        tid: 1,
        ts: now,
        args: {
          dmaAddr: hex(dmaAddr),
          bytes: size,
          dir: dirName(dir),
          attrs: attrNames(attrs, TRACE_ATTRS),
          line: life.at,
          ...(event.task === undefined ? {} : { task: `${event.task}-${event.pid}` }),
        },
      })
      counter(device, size)
    },
    ended(life): void {
      ends(life)
      counter(life.device, -life.size)
    },
  })
  const ends = (life: Lifetime): void => {
    put({
      ph: 'e',
      cat: life.kind,
      name: life.bounced ? `${life.kind} (bounced)` : life.kind,
      id: ids.get(life),
      pid: pidOf(life.device),
      tid: 1,
      ts: now,
    })
    ids.delete(life)
  }
  const instant = (pid: number, name: string, args: Json): void =>
    put({ ph: 'i', s: 'p', cat: 'event', name, pid, tid: 1, ts: now, args })

  const videoBuffer = (event: Extract<Event, { readonly owner: string }>): void => {
    const key = `${event.owner} type ${event.type} buffer ${event.index}`
    const pid = pidOf(`vb2 queue ${event.owner}`)
    const before = buffers.get(key)
    if (before !== undefined) put({ ph: 'e', cat: 'vb2', name: before.state, id: before.id, pid, tid: 1, ts: now })
    buffers.delete(key)
    const state = BUFFER_STATES[event.event]
    if (state === undefined) return
    lastId += 1
    buffers.set(key, { state, id: lastId })
    const { index, type, bytesused } = event
    put({
      ph: 'b',
      cat: 'vb2',
      name: state,
      id: lastId,
      pid,
      tid: 1,
      ts: now,
      args: { index, type, bytesused, line: event.at },
    })
  }

  return {
    onEvent(event): void {
      // A gap stands in a log without a time of its own, and so may the marker that opens a run.
      if (event.event !== 'lost' && event.event !== 'session') {
        const time = timeOf(event)
        now = event.time?.includes('.') === true ? Math.round(time * 1e6) : time
      }
      if (event.event === 'swiotlb_bounced')
        instant(pidOf(event.device), 'bounce', { bytes: event.size, address: hex(event.devAddr), line: event.at })
      else if (event.event === 'marker') instant(pidOf('markers'), event.text, { line: event.at })
      else if (event.event === 'lost') {
        instant(pidOf('markers'), 'events lost', { count: event.count ?? 'unknown' })
        // What was live may have ended in the gap.
        for (const life of lifetimes.live()) ends(life)
        for (const [device, bytes] of liveBytes) counter(device, -bytes)
      } else if ('owner' in event) videoBuffer(event)
      lifetimes.onEvent(event)
    },
    finish(): void {
      for (const life of lifetimes.live()) ends(life)
      write(written === 0 ? '{"traceEvents":[]}\n' : '\n]}\n')
    },
  }
}
