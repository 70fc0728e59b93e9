// Names that dmalab prints, explained: findings, codes of boards, kernel messages, and every other; and whole kernel logs.
import {
  type ExplainedCode,
  type ExplainedKernelMessage,
  type ExplainedLint,
  type ExplainedTerm,
  EXPLORED,
  InputError,
  type KlogMessage,
  type KlogReport,
  likeliest,
} from '@dmalab/api'
import { explainCode, explainedCodes } from '@dmalab/checker'
import { explainExplored } from '@dmalab/explore'
import { createKlogReader, kernelMessage, kernelMessages } from '@dmalab/klog'
import { LINT_CODES, TRAP_CODES, trapTitle } from '@dmalab/machine'
import { terms } from './terms/index.ts'

export type Explained = ExplainedCode | ExplainedLint | ExplainedKernelMessage | ExplainedTerm

/** Upper or lower case, and with a zero too few. @throws InputError for a name that is unknown, with those that are near */
export const explain = (typed: string): Explained => {
  const known = lookUp(typed) ?? lookUp(everyName().find((name) => plain(name) === plain(typed)) ?? typed)
  if (known !== undefined) return known
  throw new InputError(`unknown finding code ${typed}`, {}, near(typed))
}

const lookUp = (code: string): Explained | undefined => {
  const title = Object.entries(LINT_CODES).find(([known]) => known === code)?.[1]
  if (title !== undefined) return { code, by: 'board lint', title }
  const trap = trapTitle(code)
  if (trap !== undefined) return { code, by: 'board facts', title: trap }
  return kernelMessage(code) ?? explainCode(code) ?? explainExplored(code) ?? terms().find((term) => term.code === code)
}

/** Every name that can be explained. */
export const everyName = (): readonly string[] => [
  ...new Set([
    ...explainedCodes().map(({ code }) => code),
    ...Object.keys(EXPLORED),
    ...Object.keys(LINT_CODES),
    ...Object.keys(TRAP_CODES),
    ...kernelMessages().map(({ id }) => id),
    ...terms().map(({ code }) => code),
  ]),
]

/** `f-7` for F-07. */
const plain = (name: string): string => name.toLowerCase().replace(/^(f|rd)-?0*(?=\d)/, '$1-')

const near = (typed: string): string => {
  const all = everyName()
  const words = typed
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 2)
  const like = all.filter((code) => words.some((word) => code.toLowerCase().includes(word)))
  return (
    likeliest(typed, all) ??
    (like.length === 0 ? '`dmalab explain` lists all finding codes' : `did you mean ${like.slice(0, 5).join(', ')}?`)
  )
}

/** What a kernel log says about DMA memory; its bytes as they come, or text. */
export const explainLog = async (chunks: AsyncIterable<Uint8Array | string>): Promise<KlogReport> => {
  const reader = createKlogReader()
  for await (const chunk of chunks) reader.push(chunk)
  const report = reader.end()
  return { ...report, messages: report.messages.map(withFixes) }
}

/** What dma-debug finds is a finding of the checker too, and has its fixes there. */
const withFixes = (message: KlogMessage): KlogMessage =>
  message.fixes.length > 0 || message.kind !== 'problem' || message.code === null
    ? message
    : { ...message, fixes: explainCode(message.code)?.fixes ?? [] }
