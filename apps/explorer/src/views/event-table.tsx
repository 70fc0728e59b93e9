// All events in words, page by page, and the chosen one in full: what the pictures show, for everybody.
import type { Event } from '@dmalab/api'
import { eventText, fieldsOf } from '@dmalab/report/view'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { chooseEvent, useStore } from '../store.ts'
import { above } from '../timeline-scene.ts'
import { count, cut, shown } from './text.ts'

const PAGE = 40

export const EventTable = () => {
  const store = useStore()
  const events = store.events.value
  const chosen = store.event.value
  const [only, setOnly] = useState<'all' | 'buffer' | 'device'>('all')
  const [page, setPage] = useState(0)
  const about = only === 'buffer' ? store.buffer.value : only === 'device' ? store.device.value : null
  const rows = useMemo(() => rowsOf(store, only), [events, store.timeline.value, only, about])
  const pages = Math.max(1, Math.ceil(rows.length / PAGE))
  useEffect(() => {
    if (chosen === null) return
    const place = above(rows, chosen - 1)
    if (place < rows.length) setPage(Math.floor(place / PAGE))
  }, [chosen, rows])
  const from = Math.min(page, pages - 1) * PAGE
  const left = store.run.value?.leftOut ?? 0
  const here = chosen === null ? undefined : events[chosen]
  return (
    <section class="card wide events" aria-labelledby="events-title" data-view="events">
      <header>
        <h2 id="events-title">Events</h2>
        <p class="dim">
          {count(rows.length)} of {count(events.length)}
          {left > 0 ? `; ${count(left)} more were left out` : ''}
        </p>
        <div class="row tools">
          <label>
            show{' '}
            <select value={only} onChange={({ currentTarget }) => setOnly(currentTarget.value as typeof only)}>
              <option value="all">all</option>
              <option value="buffer">of the chosen buffer</option>
              <option value="device">of the chosen device</option>
            </select>
          </label>
          <button type="button" disabled={page <= 0} onClick={() => setPage(page - 1)}>
            Earlier
          </button>
          <span class="dim">
            page {count(Math.min(page, pages - 1) + 1)} of {count(pages)}
          </span>
          <button type="button" disabled={page >= pages - 1} onClick={() => setPage(page + 1)}>
            Later
          </button>
        </div>
      </header>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of events">
        <table>
          <thead>
            <tr>
              <th scope="col">#</th>
              <th scope="col">{here?.time === undefined && events[0]?.time === undefined ? 'step' : 'time'}</th>
              <th scope="col">event</th>
              <th scope="col">what</th>
              <th scope="col">buffer</th>
            </tr>
          </thead>
          <tbody>
            {[...rows.subarray(from, from + PAGE)].map((row) => {
              const event = events[row]
              if (event === undefined) return null
              const buffer = store.timeline.value?.buffers[store.timeline.value.touched[row] ?? -1]
              return (
                <tr key={row} class={row === chosen ? 'chosen' : ''}>
                  <td>
                    <button
                      type="button"
                      class="plain mono"
                      aria-current={row === chosen}
                      onClick={() => chooseEvent(store, row)}
                    >
                      {row}
                    </button>
                  </td>
                  <td class="mono">{event.time ?? event.at}</td>
                  <td class="mono">{event.event}</td>
                  <td class="mono">{cut(eventText(event), 180)}</td>
                  <td>{buffer === undefined ? '' : shown(buffer.name)}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      {here === undefined ? null : <Full event={here} number={chosen ?? 0} />}
    </section>
  )
}

const rowsOf = (
  { events, timeline, buffer, device }: ReturnType<typeof useStore>,
  only: 'all' | 'buffer' | 'device',
): Int32Array => {
  const all = Int32Array.from(events.value, (_event, i) => i)
  const line = timeline.value
  if (only === 'buffer') return all.filter((i) => line?.touched[i] === buffer.value)
  if (only === 'device')
    return all.filter((i) => {
      const event = events.value[i]
      return event !== undefined && 'device' in event && event.device === device.value
    })
  return all
}

/** Every field of an event. */
const Full = ({ event, number }: { readonly event: Event; readonly number: number }) => (
  <>
    <h3>
      Event {number}: <code>{event.event}</code>
    </h3>
    <dl>
      {[
        ...(event.task === undefined ? [] : [['task', `${event.task}-${event.pid ?? '?'}`] as const]),
        ...fieldsOf(event),
      ].map(([name, value]) => (
        <>
          <dt key={`${name}-name`}>{name}</dt>
          <dd key={name} class="mono">
            {cut(value, 4000)}
          </dd>
        </>
      ))}
    </dl>
  </>
)
