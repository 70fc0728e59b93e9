// Finding codes, codes of board lint, kernel messages and whole kernel logs, explained.
import {
  type ExplainedCode,
  type ExplainedKernelMessage,
  type ExplainedLint,
  InputError,
  likeliest,
  type KlogMessage,
  type KlogReport,
} from '@dmalab/api'
import { explainCode, explainedCodes } from '@dmalab/checker'
import { explainExplored } from '@dmalab/explore'
import { createKlogReader, kernelMessage, kernelMessages } from '@dmalab/klog'
import { LINT_CODES, TRAP_CODES, trapTitle } from '@dmalab/machine'

/** @throws InputError for a code that is unknown, with those that share a word with it */
export const explain = (code: string): ExplainedCode | ExplainedLint | ExplainedKernelMessage => {
  const title = Object.entries(LINT_CODES).find(([known]) => known === code)?.[1]
  if (title !== undefined) return { code, by: 'board lint', title }
  const trap = trapTitle(code)
  if (trap !== undefined) return { code, by: 'board facts', title: trap }
  const explained = kernelMessage(code) ?? explainCode(code) ?? explainExplored(code)
  if (explained === undefined) throw new InputError(`unknown finding code ${code}`, {}, near(code))
  return explained
}

const near = (typed: string): string => {
  const words = typed
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 2)
  const codes = explainedCodes().map(({ code }) => code)
  const all = [
    ...codes,
    ...Object.keys(LINT_CODES),
    ...Object.keys(TRAP_CODES),
    ...kernelMessages().map(({ id }) => id),
  ]
  const slip = likeliest(typed, all)
  if (slip !== undefined) return slip
  const like = all.filter((code) => words.some((word) => code.includes(word)))
  return like.length === 0 ? '`dmalab explain` lists all codes' : `did you mean ${like.slice(0, 5).join(', ')}?`
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
