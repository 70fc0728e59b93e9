// What is run: board, kernels, work and options. Complaints about the work stand below it, at their place.
import { ASSUME_WORDS, type BoardSpec } from '@dmalab/api'
import { useEffect, useState } from 'preact/hooks'
import { openFiles, run, runFounding } from '../actions.ts'
import type { WorkProblem } from '../answer.ts'
import { type Form, formOf } from '../form.ts'
import { useStore } from '../store.ts'
import { Command } from './command.tsx'

export const Input = () => {
  const store = useStore()
  const form = store.form.value
  if (form === null) return <Opening />
  const set = (part: Partial<Form>): void => void (store.form.value = { ...form, ...part })
  const submit = (event: Event): void => {
    event.preventDefault()
    void run(store, form)
  }
  return (
    <section class="card input" aria-label="What is run">
      <form onSubmit={submit}>
        <div class="fields">
          <BoardField form={form} set={set} />
          <KernelField form={form} set={set} />
          <Text name="Command line" value={form.cmdline} set={(cmdline) => set({ cmdline })} hint="swiotlb=force" />
          <Text name="Configuration" value={form.config} set={(config) => set({ config })} hint="LPAE" />
        </div>
        <WorkField form={form} set={set} />
        <Options form={form} set={set} />
        <div class="row tools">
          <button class="main" type="submit" disabled={store.busy.value !== null}>
            Run
          </button>
          <OpenButton />
          <button type="button" onClick={() => void runFounding(store)}>
            The founding comparison
          </button>
          <span class="dim">or drop a device tree, board file, scenario, trace or kernel log anywhere</span>
        </div>
      </form>
      <Command />
    </section>
  )
}

/** Where there is no run: a report of another kind. */
const Opening = () => {
  const store = useStore()
  if (store.data.value === null) return null
  return (
    <section class="card input" aria-label="Open">
      <div class="row tools">
        <OpenButton />
        <button type="button" onClick={() => void runFounding(store)}>
          The founding comparison
        </button>
      </div>
      <Command />
    </section>
  )
}

const OpenButton = () => {
  const store = useStore()
  return (
    <label class="button">
      Open files …
      <input
        class="hidden"
        type="file"
        multiple
        aria-label="Open files: device tree, board, scenario, trace, kernel log"
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])]
          currentTarget.value = ''
          if (files.length > 0) void openFiles(store, files)
        }}
      />
    </label>
  )
}

interface FieldProps {
  readonly form: Form
  readonly set: (part: Partial<Form>) => void
}

const nameOf = (board: BoardSpec): string => {
  if (typeof board === 'string') return board
  if ('machine' in board)
    return typeof board.machine['name'] === 'string' ? board.machine['name'] : 'board of the report'
  return board.file
}

const BoardField = ({ form, set }: FieldProps) => {
  const { lists } = useStore().first
  const own = typeof form.board === 'string' ? null : nameOf(form.board)
  const names = lists.boards
  const known = own === null && !names.some(({ name }) => name === form.board)
  return (
    <label>
      Board
      <select value={own ?? nameOf(form.board)} onChange={({ currentTarget }) => set({ board: currentTarget.value })}>
        {own === null ? null : <option value={own}>{own} (opened)</option>}
        {known ? <option value={nameOf(form.board)}>{nameOf(form.board)}</option> : null}
        {names.map(({ name, title }) => (
          <option value={name} key={name} title={title}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

const KernelField = ({ form, set }: FieldProps) => {
  const { lists } = useStore().first
  return (
    <label class="long">
      Kernels, with patches
      <input
        type="text"
        spellcheck={false}
        list="kernels"
        value={form.kernels.join(' ')}
        placeholder="the usual one"
        onChange={({ currentTarget }) =>
          set({ kernels: currentTarget.value.split(/[\s,]+/).filter((one) => one !== '') })
        }
      />
      <datalist id="kernels">
        {lists.kernels.map(({ name, title }) => (
          <option value={name} key={name}>
            {title}
          </option>
        ))}
      </datalist>
    </label>
  )
}

const Text = ({
  name,
  value,
  set,
  hint,
}: {
  readonly name: string
  readonly value: string
  readonly set: (value: string) => void
  readonly hint: string
}) => (
  <label>
    {name}
    <input
      type="text"
      spellcheck={false}
      value={value}
      placeholder={hint}
      onChange={({ currentTarget }) => set(currentTarget.value)}
    />
  </label>
)

/** Milliseconds after the last key, before the work is looked at. */
const QUIET = 250

const WorkField = ({ form, set }: FieldProps) => {
  const store = useStore()
  const [problem, setProblem] = useState<WorkProblem | null>(null)
  const { work, file, board, log } = form
  const isBusy = store.busy.value !== null
  const shown = store.data.value
  const ran = shown?.kind === 'runs' && shown.spec !== null ? formOf(shown.spec) : null
  const isRun = ran !== null && ran.work === work && ran.board === board
  useEffect(() => {
    // What was run is no mistake, and while the worker runs it has something else to do.
    if (isRun) setProblem(null)
    if (log !== null || isBusy || isRun) return undefined
    const timer = setTimeout(() => {
      store.ask({ ask: 'work', board, work, file }).then(
        (answer) => setProblem(answer.got === 'problem' ? answer.problem : null),
        () => setProblem(null),
      )
    }, QUIET)
    return () => clearTimeout(timer)
  }, [work, file, board, log, isBusy, isRun])
  if (log !== null)
    return (
      <p>
        Replays the log <code>{log.file}</code>.{' '}
        <button type="button" onClick={() => set({ log: null })}>
          Write a pipeline instead
        </button>
      </p>
    )
  return (
    <div class="field">
      <label for="work">Pipeline (gst-launch-1.0) or scenario</label>
      <textarea
        id="work"
        spellcheck={false}
        rows={Math.min(16, Math.max(2, work.split('\n').length))}
        value={work}
        aria-invalid={problem !== null}
        aria-describedby="work-problem"
        onInput={({ currentTarget }) => set({ work: currentTarget.value })}
      />
      <div id="work-problem" aria-live="polite">
        {problem === null ? null : <Problem problem={problem} work={work} />}
      </div>
    </div>
  )
}

/** Columns that are shown of a long line, around the place. */
const AROUND = 60

const Problem = ({ problem, work }: { readonly problem: WorkProblem; readonly work: string }) => {
  const { message, line, column, hint } = problem
  const text = work.split('\n')[(line ?? 1) - 1] ?? ''
  const from = Math.max(0, (column ?? 1) - 1 - AROUND)
  const piece = text.slice(from, (column ?? 1) + AROUND)
  return (
    <pre>
      {column === null ? '' : `${piece}\n${' '.repeat(column - 1 - from)}^\n`}
      <span class="word warn">{message}</span>
      {hint === null ? '' : `\nhint: ${hint}`}
    </pre>
  )
}

const Options = ({ form, set }: FieldProps) => (
  <details>
    <summary>Options</summary>
    <div class="fields">
      <Text name="Frames" value={form.frames} set={(frames) => set({ frames })} hint="as the line says, else 30" />
      <Text name="Size" value={form.size} set={(size) => set({ size })} hint="1920x1080" />
      <Text name="Format" value={form.format} set={(format) => set({ format })} hint="NV12" />
      <Text name="Buffers of a queue" value={form.buffers} set={(buffers) => set({ buffers })} hint="4" />
      <Text name="Seed" value={form.seed} set={(seed) => set({ seed })} hint="1" />
      <Text name="Restart before frame" value={form.restart} set={(restart) => set({ restart })} hint="never" />
      <Text name="Calls that fail" value={form.inject} set={(inject) => set({ inject })} hint="mapPage@converter:2" />
      <Text name="Bind" value={form.bind} set={(bind) => set({ bind })} hint="element=device" />
    </div>
    <div class="row check">
      <label>
        <input
          type="checkbox"
          checked={form.adversarialCache}
          onChange={({ currentTarget }) => set({ adversarialCache: currentTarget.checked })}
        />{' '}
        the cache evicts and fetches at any legal moment
      </label>
      {ASSUME_WORDS.map((word) => (
        <label key={word}>
          <input
            type="checkbox"
            checked={form.assume.includes(word)}
            onChange={({ currentTarget }) =>
              set({
                assume: currentTarget.checked ? [...form.assume, word] : form.assume.filter((one) => one !== word),
              })
            }
          />{' '}
          assume {word}
        </label>
      ))}
    </div>
  </details>
)
