// Finding codes, codes of board lint and messages of kernel logs, explained.
import { type ExplainedCode, type ExplainedLint, type ExplainedMessage, InputError } from '@dmalab/api'
import { createDmesgExplainer, explainCode, explainedCodes } from '@dmalab/checker'
import { LINT_CODES } from '@dmalab/machine'

/** @throws InputError for a code that is unknown, with those that share a word with it */
export const explain = (code: string): ExplainedCode | ExplainedLint => {
  const title = Object.entries(LINT_CODES).find(([known]) => known === code)?.[1]
  if (title !== undefined) return { code, title }
  const explained = explainCode(code)
  if (explained === undefined) throw new InputError(`unknown finding code ${code}`, {}, near(code))
  return explained
}

const near = (typed: string): string => {
  const words = typed
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 2)
  const like = [...explainedCodes().map(({ code }) => code), ...Object.keys(LINT_CODES)].filter((code) =>
    words.some((word) => code.includes(word)),
  )
  return like.length === 0 ? '`dmalab explain` lists all codes' : `did you mean ${like.slice(0, 5).join(', ')}?`
}

/** Explains the DMA messages among the lines of a kernel log. */
export const explainLog = async (lines: AsyncIterable<string>): Promise<readonly ExplainedMessage[]> => {
  const explainer = createDmesgExplainer()
  for await (const line of lines) explainer.line(line)
  return explainer.finish()
}
