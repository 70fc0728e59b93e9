// 51 deliberate violations on several kernels: what dma-debug printed for each, case by case, against what the log can prove.
import { readFileSync } from 'node:fs'
import { atLeast, type Finding } from '@dmalab/api'
import type { CheckReport } from '@dmalab/checker'
import { describe, expect, it } from 'vitest'
import { logPath, table } from '../../packages/trace/test/files.ts'
import { checkText } from './check-text.ts'

/** dma-debug reports these, and no trace can: it shows neither the call nor the fact that matters. */
const INVISIBLE: Readonly<Record<string, string>> = {
  no_mapping_error_check: 'dma_mapping_error() is not traced',
  map_page_of_stack: 'the kind of memory is not traced',
  map_kernel_text: 'the kind of memory is not traced',
  sg_segment_too_long: 'the limits of a device are not traced',
  sg_segment_across_boundary: 'the limits of a device are not traced',
  map_resource_of_ram: 'where RAM lies is not traced',
}
/** Seen, but no text can be given (it needs physical addresses), or dma-debug is silent (where swiotlb may bounce small buffers). */
const BY_CODE: Readonly<Record<string, readonly string[]>> = {
  coherent_free_wrong_cpu_addr: ['free-cpu-address', 'free-cpu-address'],
  overlap_from_device_x2: ['cacheline-overlap'],
  overlap_from_device_x10: [...Array.from({ length: 9 }, () => 'cacheline-overlap'), 'cacheline-overlap-overflow'],
  overlap_partial: ['overlapping-mappings'],
  map_zero_length: ['map-zero-length'],
  ...Object.fromEntries(Object.keys(INVISIBLE).map((name) => [name, []])),
}

const FILES: Readonly<Record<string, string>> = {
  'a64-6.12 direct': 'a64-6.12-viol-direct.trace.txt',
  'a64-6.12 swiotlb': 'a64-6.12-viol-swiotlb.trace.txt',
  'a64-6.12 smmu': 'a64-6.12-viol-smmu.trace.txt',
  'a64-7.2 direct': 'a64-7.2-viol-direct.trace.txt',
  'a32-6.12 direct': 'a32-6.12-viol-direct.trace.txt',
}

/** `dmaviol 0000:00:02.0: text` -> text, first line; not those of other parts of the kernel. */
const messagesOf = (cell: string): readonly string[] =>
  cell
    .split(' || ')
    .filter((message) => message !== '' && !message.startsWith('~') && !message.startsWith('exceeded'))
    .map((message) => message.replace(/^\S+ \S+: /, ''))

const inCase = (report: CheckReport | undefined, begin: number, end: number): readonly Finding[] =>
  (report?.findings ?? []).filter(({ evidence, code }) => {
    const at = evidence?.at(-1) ?? 0
    return at >= begin && at <= end && !code.startsWith('leak-')
  })

for (const [run, file] of Object.entries(FILES)) {
  const path = logPath(file)
  const rows = table('violations.csv').filter(({ kernel, mode }) => `${kernel} ${mode}` === run)
  describe(`${run}: ${rows.length} cases`, () => {
    const report = path === undefined ? undefined : checkText(readFileSync(path))
    const graveIn = (row: Readonly<Record<string, string>>): readonly Finding[] =>
      inCase(report, Number(row['trace_begin_line']), Number(row['trace_end_line'])).filter(({ severity }) =>
        atLeast(severity, 'warning'),
      )
    for (const row of rows.filter((one) => BY_CODE[one['case'] ?? ''] === undefined))
      it.skipIf(report === undefined)(`${row['case']}: what dma-debug printed`, () => {
        const texts = graveIn(row)
          .flatMap(({ kernelText }) => kernelText ?? [])
          .map((text) => text.split('\n')[0])
        expect([...new Set(texts)]).toEqual(messagesOf(row['kernel_messages(~ = not from dma-debug)'] ?? ''))
        expect(texts).toHaveLength(Number(row['dma_debug_errors']))
      })
    for (const row of rows.filter((one) => BY_CODE[one['case'] ?? ''] !== undefined))
      it.skipIf(report === undefined)(`${row['case']}: ${INVISIBLE[row['case'] ?? ''] ?? 'by code'}`, () => {
        expect(
          graveIn(row)
            .map(({ code }) => code)
            .toSorted(),
        ).toEqual(BY_CODE[row['case'] ?? ''])
      })
  })
}

describe('at the unbinding of the driver', () => {
  const report = checkText(readFileSync(logPath('a64-6.12-viol-direct.trace.txt') ?? ''))
  it('six blocks are leaks: three mappings, a list, the coherent block and the one that was unmapped as if it were a mapping', () => {
    const leaks = report.findings.filter(({ code }) => code.startsWith('leak-'))
    expect(leaks.map(({ code, evidence }) => `${code} ${evidence?.[0]}`).toSorted()).toEqual([
      'leak-coherent 173',
      'leak-coherent 280',
      'leak-mapping 276',
      'leak-mapping 277',
      'leak-mapping 278',
      'leak-mapping 279',
    ])
  })
  it('dma-debug counts entries: four of the list, and one left over from an earlier unmap with too few entries', () => {
    const pending = report.findings.find(({ code }) => code === 'unbind-pending')
    expect(pending?.kernelText).toEqual([
      'device driver has pending DMA allocations while released from device [count=9]\n' +
        'One of leaked entries details: [device address=0x0000000046bca000] [size=2048 bytes] [mapped with DMA_FROM_DEVICE] [mapped as single]',
    ])
  })
})
