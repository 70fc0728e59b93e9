// How far long work is, on standard error: a line that renews itself on a terminal, a line a minute elsewhere.
import { clearInterval, setInterval } from 'node:timers'
import { shown } from './shown.ts'

export interface Progress {
  /** Prints a line that stays. */
  tell(text: string): void
  /** Takes the line away until it is time to print it again: something else is printed. */
  clear(): void
  /** Takes the line away. */
  end(): void
}

const TERMINAL_MS = 200
const ELSEWHERE_MS = 60_000

/** `line` says how far the work is; it is asked when it is time to print. */
export const showProgress = (line: () => string, stream: NodeJS.WriteStream = process.stderr): Progress => {
  const isTerminal = stream.isTTY
  const clear = isTerminal ? '\r\u001B[2K' : ''
  const print = (): void => {
    const text = line()
    stream.write(isTerminal ? `${clear}${text.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}` : `${text}\n`)
  }
  const timer = setInterval(print, isTerminal ? TERMINAL_MS : ELSEWHERE_MS)
  timer.unref()
  return {
    tell: (text) => {
      stream.write(`${clear}${shown(text)}\n`)
    },
    clear: () => {
      stream.write(clear)
    },
    end: () => {
      clearInterval(timer)
      stream.write(clear)
    },
  }
}

/**
 * For work that does not say how far it is: on a terminal, from the second second on, that it goes on. `clear` takes the line away before
 * something is printed.
 */
export const showWaiting = (
  what: string,
  stream: NodeJS.WriteStream = process.stderr,
  everyMs = 1000,
): { readonly clear: () => void; readonly end: () => void } => {
  if (!stream.isTTY) return { clear: () => undefined, end: () => undefined }
  let seconds = 0
  let isShown = false
  const clear = (): void => {
    if (isShown) stream.write('\r\u001B[2K')
    isShown = false
  }
  const timer = setInterval(() => {
    seconds += 1
    clear()
    stream.write(`${what}: ${duration(seconds)}`)
    isShown = true
  }, everyMs)
  timer.unref()
  return {
    clear,
    end: () => {
      clearInterval(timer)
      clear()
    },
  }
}

/** 42 s, 3 min 5 s, 2 h 10 min. */
export const duration = (seconds: number): string => {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
