// What came of it, first of all: a tile a kernel, with its verdict and why. A tile chooses the kernel for all views.
import type { KernelRun, RunSpec, Verdict } from '@dmalab/api'
import { chooseKernel, type Store, useStore } from '../store.ts'
import { kernelName, VERDICT_LOOK } from './kernels.tsx'
import { bytes, cut, shown } from './text.ts'

const SIGN: Readonly<Record<Verdict, string>> = {
  works: '✓',
  refused: '⊘',
  fault: '✕',
  stalled: '✕',
  corrupt: '✕',
  unknown: '?',
}

export const Outcome = () => {
  const store = useStore()
  const { data, form, busy, kernel } = store
  const view = data.value?.kind === 'runs' ? data.value : null
  if (data.value !== null && view === null) return null
  const runs = view?.report.runs ?? []
  const names = view === null ? (form.value?.kernels ?? []) : runs.map(kernelName)
  const isFounding = view === null ? form.value !== null : isFoundingRun(store, view.spec)
  const story = isFounding ? storyOf(store.first.story) : null
  if (names.length === 0) return null
  return (
    <section class="outcome" aria-labelledby="outcome-title" data-view="outcome">
      <h2 id="outcome-title">{isFounding ? 'One pipeline, four kernels' : shown(cut(view?.title ?? '', 160))}</h2>
      {story === null ? null : <p class="story">{story.text}</p>}
      <div class="tiles">
        {names.map((name, i) => (
          <Tile
            key={name}
            name={name}
            about={story === null ? '' : story.about(name)}
            run={runs[i]}
            isBusy={busy.value !== null}
            isChosen={view !== null && kernel.value === i}
            onChoose={() => void chooseKernel(store, i)}
          />
        ))}
      </div>
    </section>
  )
}

const Tile = ({
  name,
  about,
  run,
  isBusy,
  isChosen,
  onChoose,
}: {
  readonly name: string
  readonly about: string
  readonly run: KernelRun | undefined
  readonly isBusy: boolean
  readonly isChosen: boolean
  readonly onChoose: () => void
}) => (
  <button
    type="button"
    class={`tile ${run === undefined ? 'none' : VERDICT_LOOK[run.verdict]}`}
    aria-pressed={isChosen}
    disabled={run === undefined}
    onClick={onChoose}
  >
    <span class="verdict">
      {run === undefined ? (isBusy ? 'running …' : 'not run') : `${SIGN[run.verdict]} ${run.verdict}`}
    </span>
    <span class="mono">{shown(name)}</span>
    {about === '' ? null : <span class="dim">{about}</span>}
    {run === undefined ? null : <span>{shown(cut(whyOf(run), 200))}</span>}
  </button>
)

const whyOf = (run: KernelRun): string => {
  const { frames, zeroCopy, step, oops, why, errno, assuming, elements, steps, verdict } = run
  if (step !== null) {
    const told = steps.find((one) => one.step === step)?.detail ?? ''
    return `${step}: ${told !== '' ? told : oops === null ? `${errno ?? ''} ${why ?? ''}` : oops.reason}`
  }
  const wrong =
    verdict === 'works' ? undefined : steps.find(({ outcome }) => outcome !== 'ok' && outcome !== 'not reached')
  if (wrong !== undefined) return `${wrong.step}: ${wrong.detail}`
  if (frames.wanted === 0)
    return `${steps.filter(({ outcome }) => outcome === 'ok').length} of ${steps.length} steps ok`
  const copied = elements.reduce((sum, { cpuBytesPerFrame }) => sum + cpuBytesPerFrame, 0)
  const copies = zeroCopy ? 'zero-copy' : copied > 0 ? `the CPU copies ${bytes(Math.round(copied))} a frame` : ''
  return [
    `${frames.intact} of ${frames.wanted} frames intact`,
    ...(copies === '' ? [] : [copies]),
    ...(assuming === null ? [] : [`${assuming}, if what was assumed holds`]),
  ].join(', ')
}

const isFoundingRun = ({ first }: Store, spec: RunSpec | null): boolean =>
  spec !== null &&
  spec.board === first.spec.board &&
  JSON.stringify([spec.kernels, spec.work]) === JSON.stringify([first.spec.kernels, first.spec.work])

/** The story in front of its list, and what the list says of the parts of a kernel's name. */
const storyOf = (story: string): { readonly text: string; readonly about: (kernel: string) => string } => {
  const lines = story.split('\n')
  const parts = new Map(
    lines.flatMap((line) => {
      const [, part, text] = /^ {2}(\S+) +(.*)$/.exec(line) ?? []
      return part === undefined || text === undefined ? [] : [[part, text] as const]
    }),
  )
  return {
    text: lines.filter((line) => /^\S/.test(line)).join(' '),
    about: (kernel) => {
      const [base = '', ...patches] = kernel.split('+')
      const known = (patches.length === 0 ? [base] : patches.map((patch) => `+${patch}`)).flatMap(
        (part) => parts.get(part) ?? [],
      )
      return patches.length > 1 ? 'both' : known.join('; ')
    },
  }
}
