// An answer while it is being made: of the messages of one kind and device, then with what other inputs add.
import type { Answer, Certainty, Evidence, KlogMessage } from '@dmalab/api'

export interface Draft {
  readonly id: string
  readonly device: string
  /** Every device that its messages are about. */
  readonly devices: string[]
  readonly title: string
  /** A log, a trace or a run shows that it happened; else a tree shows that it can. */
  readonly observed: boolean
  certainty: Certainty
  readonly what: string[]
  readonly evidence: Evidence[]
  readonly tries: string[]
  next: string | null
  /** The finding of a trace or run that is the same mistake. */
  readonly code: string | null
  shown: Answer['shown']
  readonly experiments: Answer['experiments'][number][]
}

/** Causes, evidence and fixes of one answer that are shown. */
const SHOWN = 6

export const addOnce = <T>(list: T[], items: readonly T[], same: (a: T, b: T) => boolean = (a, b) => a === b): void => {
  for (const item of items) if (list.length < SHOWN && !list.some((known) => same(known, item))) list.push(item)
}

/** The log after a command begins with the log before it. */
export const sameEvidence = (a: Evidence, b: Evidence): boolean =>
  a.line === b.line && (a.file === b.file || (a.text !== '' && a.text === b.text && archiveOf(a) === archiveOf(b)))

const archiveOf = ({ file }: Evidence): string => /^(.*\.(?:tar|tgz|gz|xz|zst|bz2|lz4)):/.exec(file)?.[1] ?? file

export const ofMessage = (file: string, message: KlogMessage): Draft => ({
  id: message.id,
  device: message.device,
  devices: message.device === '' ? [] : [message.device],
  title: message.title,
  observed: true,
  certainty: isCertain(message) ? 'certain' : 'likely',
  what: [message.cause],
  evidence: message.lines.slice(0, 3).map((line, index) => ({ file, line, text: index === 0 ? message.text : '' })),
  tries: [...message.fixes],
  next: message.next,
  code: message.code,
  shown: null,
  experiments: [],
})

/** The kernel's own checker names the mistake; an IOMMU the access. What failed to be allocated has more than one possible cause. */
const isCertain = ({ id, code }: KlogMessage): boolean =>
  id.startsWith('dma-debug') || (code !== null && !['mapping-failed', 'bounced'].includes(code))

export const answerOf = ({ id, title, certainty, what, evidence, tries, next, shown, experiments }: Draft): Answer => ({
  id,
  certainty,
  title,
  what,
  evidence,
  tries,
  next,
  shown,
  experiments,
})
