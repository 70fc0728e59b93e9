// A SweepReport as a page of documentation.
import type { SweepReport } from '@dmalab/api'
import { allPrintable } from '../printable.ts'
import { sweepCauses } from './causes.ts'
import { sweepMatrix, type SweepTable } from './matrix.ts'

/** `commandOf` as for sweepText. */
export const sweepMarkdown = (given: SweepReport, commandOf: (id: string) => string): string => {
  const report = allPrintable(given)
  const { same, tables } = sweepMatrix(report)
  const causes = sweepCauses(report)
  return [
    `# ${cell(report.name)}`,
    '',
    `${report.points.length} points.`,
    '',
    ...same.map(({ axis, value }) => `- ${axis}: ${code(value)}`),
    ...tables.flatMap((table) => ['', ...tableLines(table)]),
    ...(causes.length === 0 ? [] : ['', '## Why', '']),
    ...causes.flatMap(({ cell: result, why, count, id }) => [
      `- **${cell(result)}** (${count}): ${cell(why)}`,
      '',
      '  ```sh',
      `  ${commandOf(id)}`,
      '  ```',
    ]),
  ].join('\n')
}

const code = (text: string): string => (text === '' ? '(none)' : `\`${text.replaceAll('`', "'")}\``)

/** What would end a cell, or begin markup. */
const cell = (text: string): string => text.replaceAll(/[\\|<>*_[\]`]/g, (char) => `\\${char}`).replaceAll('\n', ' ')

const tableLines = ({ across, columns, down, rows }: SweepTable): readonly string[] => {
  const head = [...down, ...columns.map((column) => (across === null ? 'result' : code(column)))]
  return [
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...rows.map(
      ({ labels, cells }) =>
        `| ${[...labels.map((values) => values.map(code).join('<br>')), ...cells.map(cell)].join(' | ')} |`,
    ),
  ]
}
