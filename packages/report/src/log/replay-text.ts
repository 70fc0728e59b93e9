// What came of a log on another kernel or board, as text.
import type { Outcomes, ReplayReport } from '@dmalab/api'
import { count } from '../numbers.ts'
import { bold, dim, paintSeverity } from '../paint.ts'

const FINDINGS_SHOWN = 12

export const replayText = (file: string, report: ReplayReport): string => {
  const { kernel, board, notes, devices, moved, skipped, refusals, fault, findings } = report
  const grave = findings.filter(({ severity }) => severity !== 'info')
  return [
    `${bold(file)} on ${kernel}, board ${board}`,
    ...notes.map((note) => `  ${note}`),
    ...devices.flatMap(({ device, as, log, model }) => {
      const name = `  ${bold(device)}${device === as ? '' : ` as ${as}`}`
      if (isEmpty(log) && isEmpty(model)) return [`${name}: no mappings`]
      return [name, `    in the log    ${outcomes(log)}`, `    in the model  ${outcomes(model)}`]
    }),
    ...refusals.map(({ line, errno, why }) => `  refused at line ${line}: ${errno}: ${why}`),
    ...(fault === null ? [] : [`  the kernel faulted at line ${fault.line}: ${fault.function} at ${fault.address}`]),
    ...grave
      .slice(0, FINDINGS_SHOWN)
      .map(({ severity, code, message }) => `  ${paintSeverity(severity)} ${code}: ${message}`),
    ...(grave.length > FINDINGS_SHOWN ? [dim(`  and ${count(grave.length - FINDINGS_SHOWN)} more findings`)] : []),
    ...(moved === 0
      ? []
      : [
          dim(
            `  ${count(moved)} buffers lie where this board has no ordinary memory (a pool, a hole); the model took other memory`,
          ),
        ]),
    ...(skipped === 0 ? [] : [dim(`  ${count(skipped)} operations have nothing to act on here and were left out`)]),
  ].join('\n')
}

const isEmpty = ({ direct, bounced, translated, refused }: Outcomes): boolean =>
  direct + bounced + translated + refused === 0

const outcomes = ({ direct, bounced, translated, refused }: Outcomes): string =>
  `${count(direct)} direct, ${count(bounced)} bounced, ${count(translated)} at another address, ${count(refused)} refused`
