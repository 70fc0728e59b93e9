// A SweepReport as one page that needs nothing else: no script, nothing from elsewhere.
import type { SweepReport } from '@dmalab/api'
import { escapeXml } from '../xml.ts'
import { sweepCauses } from './causes.ts'
import { isBad } from './cells.ts'
import { sweepMatrix, type SweepTable } from './matrix.ts'

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 90rem; padding: 0 1rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { border: 1px solid #8888; padding: .25rem .6rem; text-align: left; vertical-align: top }
thead th { position: sticky; top: 0; background: Canvas }
.good { background: #2a92; }
.refused { background: #c902; }
.bad { background: #d222; font-weight: 600 }
.none { color: GrayText }
code { overflow-wrap: anywhere }
`

export const sweepHtml = (report: SweepReport, commandOf: (id: string) => string): string => {
  const { same, tables } = sweepMatrix(report)
  const causes = sweepCauses(report)
  const bad = report.points.filter(({ result }) => isBad(result)).length
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escapeXml(report.name)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escapeXml(report.name)}</h1>`,
    `<p>${report.points.length - bad} of ${report.points.length} points are as they should be.</p>`,
    ...(same.length === 0
      ? []
      : ['<dl>', ...same.map(({ axis, value }) => `<dt>${axis}</dt><dd>${code(value)}</dd>`), '</dl>']),
    ...report.leftOut.map(({ why, count }) => `<p class="none">${count} combinations left out: ${escapeXml(why)}</p>`),
    ...tables.map(tableHtml),
    ...(causes.length === 0 ? [] : ['<h2>Why</h2>', '<ul>']),
    ...causes.map(
      ({ cell, why, count, id }) =>
        `<li><b>${escapeXml(cell)}</b> (${count}): ${escapeXml(why)}<br>${code(commandOf(id))}</li>`,
    ),
    ...(causes.length === 0 ? [] : ['</ul>']),
    '</body></html>',
  ].join('\n')
}

const code = (text: string): string => `<code>${escapeXml(text === '' ? '(none)' : text)}</code>`

const tableHtml = ({ across, columns, down, rows }: SweepTable): string =>
  [
    '<div class="wide"><table><thead><tr>',
    ...down.map((axis) => `<th scope="col">${axis}</th>`),
    ...columns.map((column) => `<th scope="col">${across === null ? 'result' : escapeXml(column)}</th>`),
    '</tr></thead><tbody>',
    ...rows.map(
      ({ labels, cells }) =>
        `<tr>${labels.map((values) => `<th scope="row">${values.map(code).join('<br>')}</th>`).join('')}${cells.map((cell) => `<td class="${classOf(cell)}">${escapeXml(cell)}</td>`).join('')}</tr>`,
    ),
    '</tbody></table></div>',
  ].join('\n')

const classOf = (cell: string): string => {
  if (cell === 'works') return 'good'
  if (cell === '' || cell === 'cannot run') return 'none'
  return /^E[A-Z0-9]+$|^unknown|^works /.test(cell) ? 'refused' : 'bad'
}
