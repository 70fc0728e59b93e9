// What a point came to, in a word or two.
import { POINT_FAILURES, type PointResult } from '@dmalab/api'

/** `works`, an errno, FAULT ...; beside it the gravest finding of warning or error. */
export const cellOf = (result: PointResult): string => {
  if (result.kind !== 'ran') return POINT_FAILURES[result.kind]
  const { verdict, assuming, errno } = result
  if (verdict === 'unknown') return `unknown (${assuming ?? '?'})`
  if (verdict === 'refused') return errno ?? 'refused'
  const grave = result.findings.find(({ severity }) => severity !== 'info')
  const word = verdict === 'works' ? 'works' : verdict.toUpperCase()
  return grave === undefined || (verdict === 'fault' && grave.code === 'kernel-oops') ? word : `${word} (${grave.code})`
}

/** Why it did not work, without the place in the line that a refusal draws; null when it did. */
export const whyOf = (result: PointResult): string | null => {
  if (result.kind !== 'ran') return result.why.split('\n', 1)[0] ?? null
  if (result.verdict === 'unknown') return 'what decides it is only assumed'
  if (result.verdict === 'works') return null
  const { step, why } = result
  return [step, why].filter((part) => part !== null).join(': ') || null
}

/** Is it not good: no verdict, another one than works, or an expectation that was not met? */
export const isBad = (result: PointResult): boolean =>
  result.kind !== 'ran' || (result.met === null ? result.verdict !== 'works' : !result.met)
