// The page: what is run above, what came of it below. Views that have nothing to show are left out.
import type { ViewData } from '@dmalab/api'
import { type ComponentChildren, toChildArray } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { openFiles } from '../actions.ts'
import { useStore } from '../store.ts'
import { Again } from './again.tsx'
import { Diagnosis } from './diagnosis.tsx'
import { EventTable } from './event-table.tsx'
import { Exploration } from './exploration.tsx'
import { Figures } from './figures.tsx'
import { Findings } from './findings.tsx'
import { Input } from './input.tsx'
import { Kernels } from './kernels.tsx'
import { CacheLines } from './cache-lines.tsx'
import { Memory } from './memory.tsx'
import { Outcome } from './outcome.tsx'
import { Pipeline } from './pipeline.tsx'
import { Scatterlist } from './scatterlist.tsx'
import { Sweep } from './sweep.tsx'
import { TimelineView } from './timeline.tsx'

export const Page = () => {
  const { data, busy, trouble } = useStore()
  const drop = useDrop()
  const shown = data.value
  return (
    <div ref={drop}>
      <a class="skip" href="#views">
        Skip to what came of it
      </a>
      <header class="masthead">
        <h1>dmalab</h1>
        <span class="dim">{shown === null ? 'a laboratory for DMA buffers' : kindText(shown)}</span>
        <Status />
      </header>
      <main>
        {trouble.value === null ? null : (
          <section class="card trouble" role="alert" aria-label="What went wrong">
            <pre>{trouble.value.message}</pre>
            {trouble.value.hint === null ? null : <p>Hint: {trouble.value.hint}</p>}
          </section>
        )}
        <Outcome />
        <Input />
        <div class="views" id="views" aria-busy={busy.value !== null}>
          {shown === null ? null : <Views shown={shown} />}
        </div>
        <Again />
      </main>
    </div>
  )
}

/** Views that are drawn at once. */
const FIRST = 2

/** The first views at once, each other one a frame later, so that no frame waits for all of them. */
const OneByOne = ({ children }: { readonly children: ComponentChildren }) => {
  const { isWhole } = useStore()
  const all = toChildArray(children)
  const [drawn, setDrawn] = useState(FIRST)
  useEffect(() => {
    if (drawn < all.length) setDrawn(drawn + 1)
    else isWhole.value = true
  }, [drawn, all.length])
  return <>{all.slice(0, drawn)}</>
}

const Views = ({ shown }: { readonly shown: ViewData }) => {
  switch (shown.kind) {
    case 'runs':
      return (
        <OneByOne>
          <Kernels view={shown} />
          <Pipeline view={shown} />
          <TimelineView />
          <Memory board={shown.board} />
          <CacheLines />
          <Findings findings={shown.report.runs} codes={shown.codes} />
          <Scatterlist />
          <Figures />
          <EventTable />
        </OneByOne>
      )
    case 'trace':
      return (
        <OneByOne>
          <TimelineView />
          <Memory board={null} />
          <Findings findings={[{ findings: shown.check.findings }]} codes={shown.codes} />
          <Scatterlist />
          <Figures />
          <EventTable />
        </OneByOne>
      )
    case 'sweep':
      return (
        <OneByOne>
          <Sweep view={shown} />
        </OneByOne>
      )
    case 'explore':
      return (
        <OneByOne>
          <Exploration view={shown} />
        </OneByOne>
      )
    case 'diagnosis':
      return (
        <OneByOne>
          <Diagnosis view={shown} />
        </OneByOne>
      )
    default:
      return shown satisfies never
  }
}

const KINDS: Readonly<Record<ViewData['kind'], string>> = {
  runs: 'run',
  trace: 'log',
  sweep: 'sweep',
  explore: 'exploration',
  diagnosis: 'diagnosis',
}

const kindText = ({ kind }: ViewData): string => KINDS[kind]

const Status = () => {
  const { busy, took, data } = useStore()
  const text =
    busy.value ??
    (took.value === null || data.value === null ? 'Ready' : `Done in ${Math.round(took.value)} ms, in this page`)
  return (
    <span class="status dim" role="status">
      {text}
    </span>
  )
}

/** Files may be dropped anywhere. */
const useDrop = () => {
  const store = useStore()
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const { current } = place
    if (current === null) return undefined
    const mark = (on: boolean): void => void document.body.classList.toggle('dropping', on)
    const over = (event: DragEvent): void => {
      event.preventDefault()
      mark(true)
    }
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) mark(false)
    }
    const dropped = (event: DragEvent): void => {
      event.preventDefault()
      mark(false)
      const files = [...(event.dataTransfer?.files ?? [])]
      if (files.length > 0) void openFiles(store, files)
    }
    document.addEventListener('dragover', over)
    document.addEventListener('dragleave', leave)
    document.addEventListener('drop', dropped)
    return () => {
      document.removeEventListener('dragover', over)
      document.removeEventListener('dragleave', leave)
      document.removeEventListener('drop', dropped)
    }
  }, [store])
  return place
}
