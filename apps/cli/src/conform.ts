// Vector files, one after the other.
import type { VectorReport } from '@dmalab/golden'
import { openLaboratory } from '@dmalab/lab'
import { conform as conformText } from '@dmalab/lab/golden'
import { checkNamedOnce, readText } from './files.ts'

/** Runs each file in turn; `onReport` hears of each as it is done. @throws InputError for a file that is no vector file */
export const conform = async (
  files: readonly string[],
  onReport: (file: string, report: VectorReport) => void = () => {},
): Promise<VectorReport[]> => {
  const parts = await openLaboratory()
  checkNamedOnce(files)
  const reports: VectorReport[] = []
  for (const file of files) {
    const report = conformText(parts, await readText(file), file)
    onReport(file, report)
    reports.push(report)
  }
  return reports
}
