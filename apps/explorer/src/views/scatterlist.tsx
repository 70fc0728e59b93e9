// The scatterlist of a mapping: its entries as they stand in the kernel's list, or as much of them as a log tells.
import type { Event } from '@dmalab/api'
import { chooseEvent, useStore } from '../store.ts'
import { address, count, shown } from './text.ts'

type MapSg = Extract<Event, { readonly event: 'dma_map_sg' }>

const MOST = 64

export const Scatterlist = () => {
  const store = useStore()
  const found = chosenList(store)
  if (found === undefined) return null
  const { list, at, all } = found
  const entries = list.entries ?? []
  return (
    <section class="card" aria-labelledby="sg-title" data-view="scatterlist">
      <header>
        <h2 id="sg-title">Scatterlist</h2>
        <p class="dim">
          event {at}: {shown(list.device)} maps {list.nents} entries, {list.ents} came out
        </p>
      </header>
      <div class="scroll" tabIndex={0} role="region" aria-label="Entries of the scatterlist">
        {entries.length > 0 ? (
          <table>
            <thead>
              <tr>
                <th scope="col">entry</th>
                <th scope="col">page_link</th>
                <th scope="col" class="number">
                  offset
                </th>
                <th scope="col" class="number">
                  length
                </th>
                <th scope="col">dma_address</th>
                <th scope="col" class="number">
                  dma_length
                </th>
                <th scope="col">attributes</th>
              </tr>
            </thead>
            <tbody>
              {entries.slice(0, MOST).map((entry, i) => (
                <tr key={i}>
                  <td>{i}</td>
                  <td class={`mono ${entry.page.startsWith('page') ? '' : 'severity-warning'}`}>{entry.page}</td>
                  <td class="number">{count(entry.offset)}</td>
                  <td class="number">{count(entry.length)}</td>
                  <td class="mono">{address(entry.dmaAddress)}</td>
                  <td class="number">{count(entry.dmaLength)}</td>
                  <td class="mono">{entry.attrs === 0 ? '0' : address(entry.attrs)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">entry</th>
                <th scope="col">physical address</th>
                <th scope="col">dma_address</th>
                <th scope="col" class="number">
                  dma_length
                </th>
              </tr>
            </thead>
            <tbody>
              {list.physAddrs.slice(0, MOST).map((phys, i) => (
                <tr key={i}>
                  <td>{i}</td>
                  <td class="mono">{address(phys)}</td>
                  <td class="mono">{list.dmaAddrs[i] === undefined ? 'joined' : address(list.dmaAddrs[i])}</td>
                  <td class="number">{list.sizes[i] === undefined ? '' : count(list.sizes[i])}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
      {list.nents > MOST ? (
        <p class="dim">
          The first {MOST} of {count(list.nents)} entries.
        </p>
      ) : null}
      {all.length < 2 ? null : (
        <p>
          Mappings of this buffer:{' '}
          {all.slice(0, 12).map((event) => (
            <button
              type="button"
              class="plain"
              key={event}
              aria-current={event === at}
              onClick={() => chooseEvent(store, event)}
            >
              event {event}{' '}
            </button>
          ))}
        </p>
      )}
    </section>
  )
}

/** The chosen event, or the last mapping of the chosen buffer up to it, else its first. */
const chosenList = ({
  events,
  event,
  buffer,
  timeline,
}: ReturnType<typeof useStore>):
  | { readonly list: MapSg; readonly at: number; readonly all: readonly number[] }
  | undefined => {
  const listAt = (at: number): MapSg | undefined => {
    const here = events.value[at]
    return here?.event === 'dma_map_sg' ? here : undefined
  }
  const line = timeline.value
  if (line === null) return undefined
  const now = event.value ?? 0
  const all = line.bars
    .filter((bar) => bar.buffer === buffer.value && bar.kind === 'mapping' && listAt(bar.from) !== undefined)
    .map(({ from }) => from)
  const at = listAt(now) === undefined ? (all.findLast((one) => one <= now) ?? all[0]) : now
  const list = at === undefined ? undefined : listAt(at)
  return at === undefined || list === undefined ? undefined : { list, at, all }
}
