// Every finding code explained: the one source of `dmalab explain CODE` and of docs/findings.md.
import { type ExplainedCode, FINDINGS, type FindingCode } from '@dmalab/api'
import { ACCESS } from './access.ts'
import type { Explanation } from './explanation.ts'
import { LIFETIME } from './lifetime.ts'
import { MAP } from './map.ts'
import { QUIRKS } from './quirks.ts'
import { RUN } from './run.ts'
import { SYNC } from './sync.ts'
import { UNMAP } from './unmap.ts'

export const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ...RUN,
  ...UNMAP,
  ...SYNC,
  ...MAP,
  ...LIFETIME,
  ...ACCESS,
  ...QUIRKS,
}

const isCode = (code: string): code is FindingCode => Object.hasOwn(FINDINGS, code)

/** undefined: no code of the catalogue. */
export const explainCode = (code: string): ExplainedCode | undefined => {
  const explanation = EXPLANATIONS[code]
  return isCode(code) && explanation !== undefined ? { code, ...FINDINGS[code], ...explanation } : undefined
}

export const explainedCodes = (): readonly ExplainedCode[] =>
  Object.keys(FINDINGS).flatMap((code) => explainCode(code) ?? [])

/** docs/findings.md. */
export const findingsPage = (): string =>
  [
    '# Findings',
    'Every code that dmalab reports: what it means, why it matters, where the kernel does or says it, and what usually helps.',
    '`dmalab explain CODE` prints the same.',
    ...explainedCodes().map((one) =>
      [
        `## ${one.code}`,
        `${one.severity}: ${one.title}.`,
        one.what,
        one.why,
        `Kernel source: ${one.source}.`,
        one.fixes.map((fix) => `- ${fix}`).join('\n'),
      ].join('\n\n'),
    ),
  ].join('\n\n') + '\n'
