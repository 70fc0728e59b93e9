// What was run on what: the first lines of every text report.
import type { RunReport } from '@dmalab/api'
import { dim } from './paint.ts'

export const headText = (report: RunReport): string => {
  const { frames, width, height, format, seed } = report.options
  const bound = report.bindings.map(({ element, device, by }) => `${element} = ${device} ${dim(`(${by})`)}`)
  return [
    report.scenario,
    `board ${report.board}; ${frames > 0 ? `${frames} ${frames === 1 ? 'frame' : 'frames'} of ${width}x${height} ${format}; ` : ''}seed ${seed}; ${report.source}`,
    ...(bound.length > 0 ? [`bound: ${bound.join(', ')}`] : []),
    ...report.notes,
    ...report.assumptions.map(({ what }) => `assumed: ${what}`),
    ...report.ignored.map(({ what, why }) => `ignored: ${what} ${dim(`(${why})`)}`),
  ].join('\n')
}
