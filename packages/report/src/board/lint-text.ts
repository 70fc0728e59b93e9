// What `board lint` found, as text.
import type { BoardFinding } from '@dmalab/api'
import { bold, cyan } from 'ansis'
import { paintSeverity } from '../paint.ts'
import { countBy } from './count-by.ts'

export function lintText(file: string, findings: readonly BoardFinding[]): string {
  if (findings.length === 0) return `${bold(file)}: nothing found`
  return [
    `${bold(file)}: ${countBy(findings.map((finding) => finding.severity))}`,
    ...findings.map(
      ({ severity, code, node, message }) => `  ${paintSeverity(severity)} ${code} ${cyan(node)}\n    ${message}`,
    ),
  ].join('\n')
}
