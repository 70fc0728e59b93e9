// One kind of kernel message: how it is recognised, and what it means.

export interface KernelMessage {
  readonly id: string
  readonly title: string
  /** Searched anywhere in a line: time stamps, levels and host names stand before it. */
  readonly pattern: RegExp
  /** Problems come first in a report; notes are boot lines worth knowing. */
  readonly kind: 'problem' | 'note'
  readonly cause: (match: RegExpExecArray) => string
  readonly next: string
  readonly fixes: readonly string[]
  /** Means nothing except in the splat of a fault. */
  readonly inFault?: boolean
}

/** Names one kind; `cause` may look at the values in the message. */
export const message = (
  id: string,
  title: string,
  pattern: RegExp,
  cause: string | ((match: RegExpExecArray) => string),
  next: string,
  fixes: readonly string[],
  kind: KernelMessage['kind'] = 'problem',
): KernelMessage => ({ id, title, pattern, kind, cause: typeof cause === 'string' ? () => cause : cause, next, fixes })
