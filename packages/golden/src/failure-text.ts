// What failed in a file of vectors, in words.
import type { VectorFailure, VectorReport } from './vectors.ts'

/** So many cases are named. */
const NAMED = 20
/** So many characters of a value are shown. */
const SHOWN = 400

/** Names the cases that failed, then shows the first `show` of them with both answers. */
export const failureLines = ({ failures }: VectorReport, show: number): string[] => {
  if (failures.length === 0) return []
  const named = failures.slice(0, NAMED).map(({ index }) => index)
  const more = failures.length > NAMED ? ` and ${failures.length - NAMED} more` : ''
  return [`  failed: case ${named.join(', ')}${more}`, ...failures.slice(0, show).flatMap(caseLines)]
}

const caseLines = ({ index, expected, got }: VectorFailure): string[] => [
  `  case ${index}`,
  `    expected: ${shortened(expected)}`,
  `    got:      ${shortened(got)}`,
]

const shortened = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text
}
