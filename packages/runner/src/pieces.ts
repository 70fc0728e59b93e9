// Long work in pieces: done at once, or with pauses in which a signal can end it.

/** All pieces, one after the other. */
const atOnce = <T>(work: Iterator<void, T>): T => {
  for (;;) {
    const piece = work.next()
    if (piece.done === true) return piece.value
  }
}

/** Lets timers and events of the program come in; @throws the reason of a signal that was given. */
export const pause = async (signal: AbortSignal | undefined): Promise<void> => {
  if (signal === undefined) return
  signal.throwIfAborted()
  await new Promise<void>((resolve) => {
    setTimeout(resolve, 0)
  })
  signal.throwIfAborted()
}

/** Pieces between two pauses. */
const PIECES = 64

/** All pieces, with pauses where there is a signal. @throws its reason once it is given */
export const withPauses = async <T>(work: Iterator<void, T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return atOnce(work)
  for (let done = 0; ; done++) {
    if (done % PIECES === 0) await pause(signal)
    const piece = work.next()
    if (piece.done === true) return piece.value
  }
}
