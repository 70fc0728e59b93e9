// The laboratory in a worker of the page: answers one question after the other.
import { isInputError } from '@dmalab/api'
import { openLaboratory } from '@dmalab/lab'
import { type Answer, answer, type Question } from './answer.ts'
import { type EventPiece, inPieces } from './answer-pieces.ts'

const laboratory = openLaboratory()

addEventListener('message', ({ data }: MessageEvent<{ readonly id: number; readonly question: Question }>) => {
  const { id, question } = data
  laboratory
    .then((parts) => answer(parts, question))
    .then(
      (value) => {
        const { pieces, rest } = inPieces(value)
        for (const piece of pieces) postMessage({ id, piece } satisfies Reply)
        postMessage({ id, value: rest } satisfies Reply)
      },
      (error: unknown) => postMessage({ id, error: failureOf(error) } satisfies Reply),
    )
})

/** What went wrong, as the page shows it. */
export interface Failure {
  readonly message: string
  readonly hint: string | null
  /** False: it is a mistake of dmalab. */
  readonly isInput: boolean
}

/** Pieces come before their answer. */
export type Reply =
  | { readonly id: number; readonly piece: EventPiece }
  | { readonly id: number; readonly value: Answer }
  | { readonly id: number; readonly error: Failure }

const failureOf = (error: unknown): Failure => {
  if (isInputError(error)) return { message: error.message, hint: error.hint ?? null, isInput: true }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { message: text, hint: null, isInput: false }
}
