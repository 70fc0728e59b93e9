// The page: shows the data that it holds, the run of its address, or the founding comparison.
import type { ViewData } from '@dmalab/api'
import { unpacked } from '@dmalab/report/view'
import { render } from 'preact'
import { readAddress, runFounding, writeAddress } from './actions.ts'
import type { First } from './first.ts'
import { formOf } from './form.ts'
import { openWorker } from './laboratory.ts'
import { createStore, show, type Store, StoreContext } from './store.ts'
import { Page } from './views/page.tsx'
import './style.css'

const textOf = (id: string): string => document.querySelector(`#dmalab-${id}`)?.textContent?.trim() ?? ''

const whole = (store: Store): Promise<void> =>
  new Promise((resolve) => {
    store.isWhole.subscribe((isWhole) => {
      if (isWhole || store.data.value === null) resolve()
    })
  })

const begin = async (store: Store): Promise<void> => {
  // What `--html` put into the page; empty: nothing.
  const text = textOf('data')
  if (text !== '') {
    const held = JSON.parse(await unpacked(text)) as ViewData
    await show(store, held)
    if (held.kind === 'runs' && held.spec !== null) store.form.value = formOf(held.spec)
  } else if (!(await readAddress(store))) {
    store.form.value = formOf(store.first.spec)
    await runFounding(store)
  }
  document.body.dataset['ready'] = store.trouble.value === null ? 'yes' : 'trouble'
  await whole(store)
  document.body.dataset['ready'] = 'all'
}

/** The address follows what is chosen, though not with each step of a key that is held. */
const follow = (store: Store): void => {
  let waiting = 0
  const later = (): void => {
    clearTimeout(waiting)
    waiting = window.setTimeout(() => void writeAddress(store), 250)
  }
  for (const chosen of [store.event, store.buffer, store.kernel, store.device, store.axis]) chosen.subscribe(later)
}

const root = document.querySelector('#page')
if (root !== null) {
  const store = createStore(openWorker(), JSON.parse(textOf('first')) as First)
  // Before anything is drawn: the worker starts meanwhile.
  const begun = begin(store)
  render(
    <StoreContext.Provider value={store}>
      <Page />
    </StoreContext.Provider>,
    root,
  )
  void begun.then(() => follow(store))
}
