// `explain` for a terminal.
import type { ExplainedCode, ExplainedLint, ExplainedMessage } from '@dmalab/api'
import { bold, dim } from 'ansis'
import { count } from './numbers.ts'
import { paintSeverity } from './paint.ts'

const WIDTH = 100

export const codeText = ({ code, severity, title, what, why, source, fixes }: ExplainedCode): string =>
  [
    `${bold(code)} (${paintSeverity(severity)}): ${title}`,
    wrap(what),
    wrap(why),
    `Kernel source: ${source}`,
    ['Usual fixes:', ...fixes.map((fix) => wrap(`- ${fix}`, '  '))].join('\n'),
  ].join('\n\n')

export const lintCodeText = ({ code, title }: ExplainedLint): string =>
  [
    `${bold(code)} (dmalab board lint): ${title}`,
    wrap(
      '`dmalab board lint FILE` names the node of the device tree, and `dmalab board facts FILE` what the kernel makes of it.',
    ),
  ].join('\n\n')

export const codesText = (codes: readonly ExplainedCode[]): string => {
  const width = Math.max(...codes.map(({ code }) => code.length))
  return codes
    .map(
      ({ code, severity, title }) => `${code.padEnd(width)}  ${paintSeverity(severity, severity.padEnd(7))}  ${title}`,
    )
    .join('\n')
}

export const messagesText = (file: string, messages: readonly ExplainedMessage[]): string => {
  if (messages.length === 0) return `${file}: no message that dmalab knows`
  return messages.map(messageText).join('\n\n')
}

const messageText = ({ id, kind, title, cause, next, fixes, lines, count: n, text }: ExplainedMessage): string => {
  const where = `line ${lines[0]}${n > 1 ? `, ${count(n)} times` : ''}`
  if (kind === 'note') return dim(`note, ${where}: ${title}: ${cause}`)
  return [
    `${bold(id)} ${title} (${where})`,
    dim(`  ${text}`),
    wrap(`cause: ${cause}`, '  '),
    wrap(`next:  ${next}`, '  '),
    ...fixes.map((fix) => wrap(`- ${fix}`, '    ')),
  ].join('\n')
}

/** Words in lines of at most 100 columns. */
const wrap = (text: string, indent = ''): string => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, indent + line].join('\n')
}
