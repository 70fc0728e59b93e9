// Long work in slices, so that the page stays alive meanwhile.
import { stopwatch } from './stopwatch.ts'

/** Milliseconds of a slice. */
const SLICE = 12

/** Runs the pieces of `work`; after a slice, and before the next, `tell` gets the part that is done. Short work ends without a pause. */
export const inSlices = async <T>(work: Iterator<number, T>, tell: (part: number) => void): Promise<T> => {
  let elapsed = stopwatch()
  for (;;) {
    const piece = work.next()
    if (piece.done === true) return piece.value
    if (elapsed() < SLICE) continue
    tell(piece.value)
    await nextTask()
    elapsed = stopwatch()
  }
}

/** A message is not held back as timers are, and lets the browser draw before it comes. */
const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
