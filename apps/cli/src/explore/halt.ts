// What ends a search before its bound: the time that was given, or the first SIGINT or SIGTERM. The second one ends the process.

export interface Halt {
  /** No further configuration is begun. */
  readonly isDue: () => boolean
  readonly wasInterrupted: () => boolean
}

/** `seconds`: undefined for no limit. */
export const withHalt = async <T>(seconds: number | undefined, work: (halt: Halt) => Promise<T>): Promise<T> => {
  const limit = seconds === undefined ? undefined : AbortSignal.timeout(seconds * 1000)
  const interrupted = new AbortController()
  const stop = (): void => interrupted.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    return await work({
      isDue: () => interrupted.signal.aborted || limit?.aborted === true,
      wasInterrupted: () => interrupted.signal.aborted,
    })
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}
