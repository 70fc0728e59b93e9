// What the page does when it is asked to: run, open files, and keep the address up to date.
import { InputError, isInputError, type RunSpec } from '@dmalab/api'
import { fragmentOf, readFragment } from '@dmalab/report/view'
import type { GivenFile } from '@dmalab/lab'
import type { Answer, Question } from './answer.ts'
import { type Form, formOf } from './form.ts'
import { stopwatch } from './stopwatch.ts'
import { AXES } from './timeline-axis.ts'
import { chooseBuffer, chooseEvent, chooseKernel, show, type Store } from './store.ts'

/** Asks, and puts the answer where it belongs. False: it went wrong, and the page says so. */
const ask = async (store: Store, question: Question, doing: string): Promise<boolean> => {
  store.busy.value = doing
  const elapsed = stopwatch()
  try {
    await take(store, await store.ask(question))
    store.took.value = elapsed()
    return true
  } catch (error) {
    store.trouble.value = troubleOf(error)
    return false
  } finally {
    store.busy.value = null
  }
}

export const run = (store: Store, form: Form): Promise<boolean> => ask(store, { ask: 'run', form }, 'Running')

export const runSpec = (store: Store, spec: unknown): Promise<boolean> => ask(store, { ask: 'spec', spec }, 'Running')

export const runFounding = (store: Store): Promise<boolean> => runSpec(store, store.first.spec)

export const openFiles = async (store: Store, files: readonly File[]): Promise<boolean> => {
  const names = files.map(({ name }) => name).join(', ')
  store.busy.value = `Reading ${names}`
  try {
    const given = await Promise.all(files.map(bytesOf))
    return await ask(store, { ask: 'files', files: given }, `Reading ${names}`)
  } catch (error) {
    store.trouble.value = troubleOf(error)
    return false
  } finally {
    store.busy.value = null
  }
}

const bytesOf = async (file: File): Promise<GivenFile> => {
  try {
    return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }
  } catch {
    throw new InputError(`${file.name} cannot be read here: it is a folder, it is gone, or too large`)
  }
}

const take = async (store: Store, answer: Answer): Promise<void> => {
  switch (answer.got) {
    case 'view':
      await show(store, answer.view)
      if (answer.view.kind === 'runs' && answer.view.spec !== null) store.form.value = formOf(answer.view.spec)
      await writeAddress(store)
      return
    case 'spec':
      await take(store, await store.ask({ ask: 'spec', spec: answer.spec }))
      return
    case 'board':
      store.form.value = store.form.value === null ? null : { ...store.form.value, board: answer.board }
      store.trouble.value = { message: answer.why, hint: 'name a kernel for this board' }
      return
    case 'work':
      if (store.form.value !== null)
        store.form.value = { ...store.form.value, work: answer.work, file: answer.file, log: null }
      return
    case 'problem':
      return
    default:
      return answer satisfies never
  }
}

const troubleOf = (error: unknown): { readonly message: string; readonly hint: string | null } => {
  if (isInputError(error)) return { message: error.message, hint: error.hint ?? null }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { message: `A mistake of dmalab: ${text}`, hint: null }
}

/** What is chosen, as the address has it. */
const lookOf = ({ kernel, event, buffer, device, axis }: Store): Readonly<Record<string, string>> => ({
  ...(kernel.value === 0 ? {} : { kernel: String(kernel.value) }),
  ...(event.value === null ? {} : { event: String(event.value) }),
  ...(buffer.value === null ? {} : { buffer: String(buffer.value) }),
  ...(device.value === null ? {} : { device: device.value }),
  ...(axis.value === null ? {} : { axis: axis.value }),
})

/** Addresses longer than this are not passed on by others. */
const MOST = 100_000

/** Writes what is shown and chosen into the address, where it is a run. */
export const writeAddress = async (store: Store): Promise<void> => {
  const shown = store.data.value
  if (shown?.kind !== 'runs' || shown.spec === null) return
  const fragment = await fragmentOf({ spec: shown.spec, look: lookOf(store) })
  if (store.data.value === shown && fragment.length <= MOST) history.replaceState(null, '', `#${fragment}`)
}

/** Shows the run of the address; false: it has none. */
export const readAddress = async (store: Store): Promise<boolean> => {
  if (!location.hash.includes('run=')) return false
  try {
    const { spec, look } = await readFragment(location.hash)
    if (!(await runSpec(store, spec as RunSpec))) return true
    await choose(store, look)
  } catch (error) {
    store.trouble.value = troubleOf(error)
    return false
  }
  return true
}

const choose = async (store: Store, look: Readonly<Record<string, string>>): Promise<void> => {
  const numberOf = (key: string): number | undefined => (/^\d+$/.test(look[key] ?? '') ? Number(look[key]) : undefined)
  const [kernel, event, buffer] = [numberOf('kernel'), numberOf('event'), numberOf('buffer')]
  if (kernel !== undefined) await chooseKernel(store, kernel)
  if (event !== undefined) chooseEvent(store, event)
  if (buffer !== undefined) chooseBuffer(store, buffer)
  if (look['device'] !== undefined) store.device.value = look['device']
  const axis = AXES.find((one) => one === look['axis'])
  if (axis !== undefined) store.axis.value = axis
}
