// The laboratory's worker as a function: a question, and its answer. The worker's script lies in the page, packed.
import { InputError } from '@dmalab/api'
import type { GivenFile } from '@dmalab/lab'
import { unpacked } from '@dmalab/report/view'
import type { Answer, Question } from './answer.ts'
import { type EventPiece, together } from './answer-pieces.ts'
import type { Reply } from './worker.ts'

/** @throws InputError for anything the user got wrong, Error for a mistake of dmalab */
export type Ask = (question: Question) => Promise<Answer>

interface Waiting {
  readonly pieces: EventPiece[]
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

/** Starts the worker with the first question: a page that shows a report needs none. */
export const openWorker = (): Ask => {
  const waiting = new Map<number, Waiting>()
  let worker: Promise<Worker> | undefined
  let last = 0

  const start = async (): Promise<Worker> => {
    const script = await unpacked(document.querySelector('#dmalab-worker')?.textContent ?? '')
    const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
    const started = new Worker(url)
    started.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      const asked = waiting.get(data.id)
      if ('piece' in data) {
        asked?.pieces.push(data.piece)
        return
      }
      waiting.delete(data.id)
      if ('value' in data) asked?.resolve(together(asked.pieces, data.value))
      else if (data.error.isInput) asked?.reject(new InputError(data.error.message, {}, data.error.hint ?? undefined))
      else asked?.reject(new Error(data.error.message))
    })
    started.addEventListener('error', ({ message }) => {
      for (const asked of waiting.values()) asked.reject(new Error(message || 'the worker did not start'))
      waiting.clear()
    })
    return started
  }

  return async (question) => {
    const running = await (worker ??= start())
    const id = ++last
    return new Promise<Answer>((resolve, reject) => {
      waiting.set(id, { pieces: [], resolve, reject })
      running.postMessage({ id, question }, question.ask === 'files' ? question.files.map(bufferOf) : [])
    })
  }
}

/** Bytes of a file go over as they are, and are not copied. */
const bufferOf = ({ bytes }: GivenFile): ArrayBufferLike => bytes.buffer
