// The cases of a vector file, driven through the built-in rooms.
import type { GoldenContext } from '@dmalab/api'
import { parseVectors, runVectors, type VectorReport } from '@dmalab/golden'
import { type LabParts, openLab, parseKernel } from '@dmalab/runner'
import { GOLDEN_ADAPTERS } from './golden-adapters.ts'

/** Runs the vectors of a text; `file` names it in messages. @throws InputError for a text that is not a vector file */
export const conform = (parts: LabParts, text: string, file: string): VectorReport => {
  const context: GoldenContext = {
    openLab: ({ kernel, machine }) =>
      openLab(parts, { machine, kernel: typeof kernel === 'string' ? parseKernel(kernel, parts.registry) : kernel }),
  }
  return runVectors(parseVectors(text, file), GOLDEN_ADAPTERS, context, file)
}
