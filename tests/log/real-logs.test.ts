// Real logs through reader and checker: what is live, pairing anomalies with their lines, and logs that must stay clean.
import { readFileSync } from 'node:fs'
import { atLeast, type Finding } from '@dmalab/api'
import type { CheckReport } from '@dmalab/checker'
import { describe, expect, it } from 'vitest'
import { logPath, table } from '../../packages/trace/test/files.ts'
import { checkText } from './check-text.ts'

const grave = (report: CheckReport): readonly string[] =>
  report.findings
    .filter(({ severity }) => atLeast(severity, 'warning'))
    .map(({ code, message }) => `${code}: ${message}`)

/** Which of our codes an anomaly of the table's pairing script is. */
const ANOMALIES: readonly (readonly [RegExp, string])[] = [
  [/^unmap of unmapped/, 'unmap-not-mapped|unmap-error-cookie|unmap-function'],
  [/^(?:size|free size)/, 'unmap-size'],
  [/^dir/, 'unmap-direction'],
  [/^free of unallocated/, 'unmap-not-mapped'],
]
/** Lists cut at 128 entries, which that script could not pair: no anomaly of the driver. */
const CUT = /unparsed sg|unmap_sg of unmapped/
/** An experiment in which imported buffers freeze, and its log proves it: see below. */
const FROZEN = 'a64-6.12-vb2m-swforce-labn.trace.txt'

const atLine = (report: CheckReport, line: number): readonly Finding[] =>
  report.findings.filter(({ evidence }) => evidence?.at(-1) === line)

describe('every log of the collection', () => {
  for (const row of table('traces.csv')) {
    const file = row['file'] ?? ''
    const path = logPath(file)
    const anomalies = [...(row['first_anomalies(line,what)'] ?? '').matchAll(/L(\d+) ([^;]+)/g)].filter(
      ([, , what = '']) => !CUT.test(what),
    )
    it.skipIf(path === undefined)(`${file}: live mappings and pairing anomalies as in traces.csv`, () => {
      const report = checkText(readFileSync(path ?? ''))
      const leaks = report.findings.filter(({ code }) => code.startsWith('leak-')).length
      const { live, untracedFrees } = report.summary
      expect(live + untracedFrees + leaks).toBe(Number(row['live_at_end']))
      const graveAt = anomalies.map(([, line, what = '']) => {
        const codes = atLine(report, Number(line))
          .filter(({ severity }) => severity === 'error')
          .map(({ code }) => code)
        return ANOMALIES.some(
          ([pattern, code]) => pattern.test(what) && codes.length === 1 && code.split('|').includes(codes[0] ?? ''),
        )
          ? 'seen'
          : `line ${line}, ${what}: ${codes.join()}`
      })
      expect(graveAt).toEqual(anomalies.map(() => 'seen'))
      expect(leaks).toBe(file.includes('viol') ? 6 : 0)
    })
  }
  for (const row of table('traces.csv').filter(({ file }) => !file?.includes('viol') && file !== FROZEN)) {
    const file = row['file'] ?? ''
    const path = logPath(file)
    it.skipIf(path === undefined)(`${file}: nothing to warn of`, () => {
      expect(grave(checkText(readFileSync(path ?? '')))).toEqual([])
    })
  }
})

/**
 * The lab drivers export from labn and import behind swiotlb=force (6.12), three buffers, each mapped once with SKIP_CPU_SYNC.
 * swiotlb_tbl_map_single copies when it maps, whatever the attributes; later copies come from syncs only, the log shows none, and a
 * sync of a bounced mapping is always traced (dma_reset_need_sync). So the second and later pictures of a buffer were the first one.
 * The drivers compared pictures by checksum: of 8 to labn 5 were stale, of 9 to labsg 6 (sharing.csv). All but the first three, as here;
 * buffers that were not dequeued before the end do not show.
 */
describe.skipIf(logPath(FROZEN) === undefined)('frozen pictures of an importer behind swiotlb', () => {
  it('are warned of, once a mapping, with the dequeueing that proves the second use', () => {
    const { findings } = checkText(readFileSync(logPath(FROZEN) ?? ''))
    expect(findings.map(({ code, device, evidence }) => `${code} ${device} ${evidence?.join()}`)).toEqual([
      'bounce-without-sync labn 32,72,106',
      'bounce-without-sync labn 38,80,107',
      'bounce-without-sync labn 45,88,108',
      'bounce-without-sync labsg 135,176,209',
      'bounce-without-sync labsg 142,183,210',
      'bounce-without-sync labsg 148,192,211',
      'bounced labn 32,38,45',
      'bounced labsg 135,142,148',
    ])
    const uses = (device: string): number =>
      findings
        .filter((one) => one.device === device && one.code === 'bounce-without-sync')
        .reduce((sum, { message }) => sum + Number(/used (\d+) times/.exec(message)?.[1]), 0)
    // Delivered 8 and 9: what was in flight at the end is not among the uses.
    expect([uses('labn'), uses('labsg')]).toEqual([7, 7])
  })
})

describe('logs that lack events', () => {
  it('a log that overwrote its beginning is incomplete, and free of errors', () => {
    const report = checkText(readFileSync(logPath('a64-6.12-variant-overrun-trace-file.trace.txt') ?? ''))
    expect(report.summary).toMatchObject({ complete: false, lost: 448 })
    expect(grave(report)).toEqual([])
  })
  const whole = readFileSync(logPath('a64-6.12-blk-direct-nvme.trace.txt') ?? '', 'latin1').split('\n')
  it('a log that begins anywhere in the middle shows no error', () => {
    for (let from = 12; from < 150; from += 7)
      expect(grave(checkText(whole.slice(from).join('\n'))), `from line ${from}`).toEqual([])
  })
  it('a log with lost lines that it names shows no error', () => {
    for (let from = 14; from < 140; from += 9) {
      const lines = [...whole.slice(0, from), 'CPU:0 [LOST 5 EVENTS]', ...whole.slice(from + 5)]
      const report = checkText(lines.join('\n'))
      expect(grave(report), `from line ${from}`).toEqual([])
      expect(report.summary.complete).toBe(false)
    }
  })
})
