// docs/kernel-messages.md, and what `dmalab explain ID` says.
import type { ExplainedKernelMessage } from '@dmalab/api'
import { CHAPTERS, TRACE_RULES } from './catalogue/index.ts'
import type { Entry, Say, TraceRule } from './catalogue/entry.ts'

/** What depends on the values of a message is said with them. */
const fixed = (value: Say): string | null => (typeof value === 'string' ? value : null)

const ofEntry = ({ id, title, kind, forms, source, cause, next, fixes, code }: Entry): ExplainedKernelMessage => ({
  id,
  title,
  kind: typeof kind === 'string' ? kind : null,
  forms: forms.map(([releases, text]) => ({ releases, text: text.replace(/\{(\w+):\w+\}/g, '<$1>') })),
  functions: [],
  source,
  cause: fixed(cause),
  next: fixed(next),
  fixes: typeof fixes === 'function' ? [] : fixes,
  code: code ?? null,
})

const ofRule = ({ functions, cause, ...rule }: TraceRule): ExplainedKernelMessage => ({
  id: rule.id,
  title: rule.title,
  kind: rule.kind,
  forms: [],
  functions,
  source: rule.source,
  cause: fixed(cause),
  next: rule.next,
  fixes: rule.fixes,
  code: rule.code ?? null,
})

/** Every id that a report can hold. */
export const kernelMessages = (): readonly ExplainedKernelMessage[] => [
  ...CHAPTERS.flatMap(([, entries]) => entries.map(ofEntry)),
  ...TRACE_RULES.map(ofRule),
]

export const kernelMessage = (id: string): ExplainedKernelMessage | undefined =>
  kernelMessages().find((one) => one.id === id)

const section = (one: ExplainedKernelMessage): string =>
  [
    `### ${one.id}`,
    `${one.title}.`,
    one.forms.map(({ releases, text }) => `- ${releases}: \`${text}\``).join('\n'),
    one.functions.length === 0
      ? ''
      : `Told by the call trace: ${one.functions.map((name) => `\`${name}\``).join(', ')}.`,
    one.cause === null ? '' : `${one.cause[0]?.toUpperCase() ?? ''}${one.cause.slice(1)}.`,
    one.next === null ? '' : `Next check: ${one.next}.`,
    `Kernel source: ${one.source}.${one.code === null ? '' : ` Finding: ${one.code}.`}`,
    one.fixes.map((fix) => `- ${fix}`).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n')

/** docs/kernel-messages.md. */
export const kernelMessagesPage = (): string =>
  [
    '# Kernel messages',
    'What `dmalab explain --dmesg FILE` recognises in a kernel log, in the wording of each release; `<name>` stands for a value. `dmalab explain ID` prints the same. Where a meaning depends on the values of a message, it is given with them.',
    ...CHAPTERS.flatMap(([title, entries]) => [`## ${title}`, ...entries.map((entry) => section(ofEntry(entry)))]),
    '## Call traces',
    'A fault or warning is about DMA memory when its call trace says so.',
    ...TRACE_RULES.map((rule) => section(ofRule(rule))),
  ].join('\n\n') + '\n'
