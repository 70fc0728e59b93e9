// What `conform` does, callable without oclif: golden vectors and differential records, told apart by what stands in a file.
import { dirname, join } from 'node:path'
import { InputError } from '@dmalab/api'
import { MOST } from '@dmalab/api/node'
import { openLaboratory, type RunParts } from '@dmalab/lab'
import {
  conform as conformVectors,
  conformRecords,
  isRecordsText,
  parseRecords,
  parseSetups,
  type RecordsOptions,
  type RecordsReport,
  type Setups,
  type VectorReport,
} from '@dmalab/lab/golden'
import { checkNamedOnce, readText } from './files.ts'
import { isThere } from './paths.ts'

export type ConformReport = VectorReport | (RecordsReport & { readonly topic: typeof RECORDS })

/** The topic of a file of records. */
const RECORDS = 'differential-records'

export interface ConformOptions extends RecordsOptions {
  /** Hears of each file as it is done. */
  readonly onReport?: (file: string, report: ConformReport) => void
  /** Counts what the files show. */
  readonly page?: PageCounts
}

/** Hears of files and steps, for a page. */
export interface PageCounts {
  readonly vectors: (text: string, report: VectorReport) => void
  readonly stepsOf: (setups: Setups) => NonNullable<RecordsOptions['onStep']>
}

/** Runs each file in turn. @throws InputError for a file that holds neither vectors nor records */
export const conform = async (files: readonly string[], options: ConformOptions = {}): Promise<ConformReport[]> => {
  const parts = await openLaboratory()
  checkNamedOnce(files)
  const reports: ConformReport[] = []
  for (const file of files) {
    const text = await readText(file, MOST.data)
    const report = isRecordsText(text)
      ? await runRecords(text, file, parts, options)
      : conformVectors(parts, text, file)
    if (!('differences' in report)) options.page?.vectors(text, report)
    if (report.passed + report.failed + report.skipped === 0)
      throw new InputError('nothing to check: it holds no case', { file })
    options.onReport?.(file, report)
    reports.push(report)
  }
  return reports
}

const runRecords = async (text: string, file: string, parts: RunParts, { page, ...options }: ConformOptions) => {
  const setups = await setupsFor(file)
  const counted = page?.stepsOf(setups)
  const onStep: NonNullable<RecordsOptions['onStep']> = (record, step) => {
    counted?.(record, step)
    options.onStep?.(record, step)
  }
  const report = conformRecords(parseRecords(text, file), { parts, setups }, { ...options, onStep })
  return { topic: RECORDS, ...report } as const
}

/** kernels.json and machines.json beside the records, or one folder up. @throws InputError when one is missing or bad */
const setupsFor = async (file: string): Promise<Setups> => {
  const named = async (name: string) => {
    const beside = dirname(file)
    const path = [join(beside, name), join(beside, '..', name)].find(isThere)
    if (path === undefined)
      throw new InputError(`${name} is missing: it says what the names in the records mean`, {
        file: join(beside, name),
      })
    return parseSetups(await readText(path), path)
  }
  return { kernels: await named('kernels.json'), machines: await named('machines.json') }
}
