// `explain` for a terminal.
import type {
  ExplainedCode,
  ExplainedKernelMessage,
  ExplainedLint,
  ExplainedTerm,
  KlogMessage,
  KlogReport,
} from '@dmalab/api'
import { bold, dim } from 'ansis'
import { count } from './numbers.ts'
import { paintSeverity } from './paint.ts'

export const codeText = ({ code, severity, title, what, why, source, fixes }: ExplainedCode): string =>
  [
    `${bold(code)} (${paintSeverity(severity)}): ${title}`,
    what,
    why,
    `Kernel source: ${source}`,
    ['Usual fixes:', ...fixes.map((fix) => `  - ${fix}`)].join('\n'),
  ].join('\n\n')

export const lintCodeText = ({ code, by, title }: ExplainedLint): string =>
  [
    `${bold(code)} (dmalab ${by}): ${title}`,
    '`dmalab board lint FILE` names the node of the device tree, and `dmalab board facts FILE` what the kernel makes of it.',
  ].join('\n\n')

export const termText = ({ code, by, title, source, example, commands }: ExplainedTerm): string =>
  [
    `${bold(code)} (${by}): ${title}`,
    source === null ? '' : `Source: ${source}`,
    example === null ? '' : `  - ${example}`,
    commands.length === 0 ? '' : ['Next:', ...commands.map((command) => `  ${command}`)].join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n')

export const codesText = (codes: readonly ExplainedCode[]): string => {
  const width = Math.max(...codes.map(({ code }) => code.length))
  return codes
    .map(
      ({ code, severity, title }) => `${code.padEnd(width)}  ${paintSeverity(severity, severity.padEnd(7))}  ${title}`,
    )
    .join('\n')
}

/** A kind of kernel message, in general. */
export const kernelMessageText = (one: ExplainedKernelMessage): string =>
  [
    `${bold(one.id)} (kernel message): ${one.title}`,
    one.forms.map(({ releases, text }) => `  ${text} ${dim(`(${releases})`)}`).join('\n'),
    one.functions.length === 0 ? '' : `Told by the call trace: ${one.functions.join(', ')}`,
    one.cause === null ? 'What it means depends on its values: `dmalab explain --dmesg FILE` says it.' : one.cause,
    one.next === null ? '' : `Next check: ${one.next}`,
    `Kernel source: ${one.source}`,
    one.code === null ? '' : `Finding: dmalab explain ${one.code}`,
    one.fixes.length === 0 ? '' : ['Usual fixes:', ...one.fixes.map((fix) => `  - ${fix}`)].join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n')

/** What a kernel log says: problems, notes, and what was not understood. */
export const klogText = (file: string, { lines, messages, notUnderstood }: KlogReport): string => {
  const missed = notUnderstood.map(({ subsystem, lines: at, count: n, text }) =>
    dim(`not understood, ${placeOf(at, n)}: ${text}\n  printed by ${subsystem}`),
  )
  const all = [...messages.map(messageText), ...missed]
  return all.length === 0 ? `${file}: no message about DMA memory in ${count(lines)} lines` : all.join('\n\n')
}

const placeOf = (lines: readonly number[], n: number): string => `line ${lines[0]}${n > 1 ? `, ${count(n)} times` : ''}`

const messageText = ({ id, kind, title, cause, next, fixes, lines, count: n, text, code }: KlogMessage): string => {
  const where = placeOf(lines, n)
  if (kind !== 'problem') return dim(`${kind}, ${where}: ${title} (${id}): ${cause}`)
  return [
    `${bold(id)} ${title} (${where})`,
    dim(`  ${text}`),
    `  cause: ${cause}`,
    `  next:  ${next}`,
    ...fixes.map((fix) => `    - ${fix}`),
    ...(code === null ? [] : [dim(`  finding: ${code}`)]),
  ].join('\n')
}
