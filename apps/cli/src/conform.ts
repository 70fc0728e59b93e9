// What `conform` does, callable without oclif.
import type { GoldenContext } from '@dmalab/api'
import { parseVectors, runVectors, type VectorReport } from '@dmalab/golden'
import { openLab, parseKernel } from '@dmalab/runner'
import { checkNamedOnce, readText } from './files.ts'
import { GOLDEN_ADAPTERS } from './golden-adapters.ts'
import { openLaboratory } from './laboratory.ts'

/** Runs each file in turn; `onReport` hears of each as it is done. @throws InputError for a file that is no vector file */
export const conform = async (
  files: readonly string[],
  onReport: (file: string, report: VectorReport) => void = () => {},
): Promise<VectorReport[]> => {
  const parts = await openLaboratory()
  const context: GoldenContext = {
    openLab: ({ kernel, machine }) =>
      openLab(parts, {
        machine,
        kernel: typeof kernel === 'string' ? parseKernel(kernel, parts.registry) : kernel,
      }),
  }
  checkNamedOnce(files)
  const reports: VectorReport[] = []
  for (const file of files) {
    const report = runVectors(parseVectors(await readText(file), file), GOLDEN_ADAPTERS, context, file)
    onReport(file, report)
    reports.push(report)
  }
  return reports
}
