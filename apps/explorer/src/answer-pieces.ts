// A long answer in pieces: a page that takes over a hundred thousand events at once stands still meanwhile.
import type { Event, EventsView, ViewData } from '@dmalab/api'
import type { Answer } from './answer.ts'

/** Events of one run of the answer. */
export interface EventPiece {
  readonly run: number
  readonly events: readonly Event[]
}

/** Events of a piece: some milliseconds of the page. */
const PIECE = 4000

/** The events of an answer, and the rest of it. */
export const inPieces = (answer: Answer): { readonly pieces: readonly EventPiece[]; readonly rest: Answer } => {
  const pieces: EventPiece[] = []
  const rest = withRuns(answer, (run, at) => {
    for (let i = 0; i < run.events.length; i += PIECE) pieces.push({ run: at, events: run.events.slice(i, i + PIECE) })
    return { ...run, events: [] }
  })
  return { pieces, rest }
}

export const together = (pieces: readonly EventPiece[], rest: Answer): Answer =>
  withRuns(rest, (run, at) => ({
    ...run,
    events: pieces.filter((piece) => piece.run === at).flatMap(({ events }) => events),
  }))

const withRuns = (answer: Answer, change: (run: EventsView, at: number) => EventsView): Answer =>
  answer.got === 'view' ? { ...answer, view: changed(answer.view, change) } : answer

const changed = (view: ViewData, change: (run: EventsView, at: number) => EventsView): ViewData => {
  if (view.kind === 'runs') return { ...view, runs: view.runs.map(change) }
  return view.kind === 'trace' ? { ...view, run: change(view.run, 0) } : view
}
