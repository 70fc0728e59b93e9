// The page of what proves each kernel: counted while files are compared, written at the end.
import { openRegistry } from '@dmalab/lab/node'
import {
  countSteps,
  countVectors,
  type FidelityCounts,
  fidelityPage,
  type Setups,
  vectorSource,
} from '@dmalab/lab/golden'
import type { PageCounts } from './conform.ts'
import { writeText } from './write-file.ts'

export interface FidelityWriter extends PageCounts {
  /** The page, and its counts as JSON under the same name. @throws InputError when it cannot be written */
  write(): Promise<void>
}

export const fidelityWriter = (page: string): FidelityWriter => {
  const vectors: Parameters<typeof countVectors>[0][number][] = []
  let setups: Setups | undefined
  const steps = countSteps((name) => kernelOf(setups, name))
  return {
    vectors: (text, report) => void vectors.push({ report, source: vectorSource(text) }),
    stepsOf(of) {
      setups = of
      return steps.onStep
    },
    async write() {
      const counts: FidelityCounts = { records: steps.records, vectors: countVectors(vectors) }
      writeText(page, fidelityPage(await openRegistry(), counts))
      writeText(`${page.replace(/\.md$/, '')}.json`, `${JSON.stringify(counts, null, 1)}\n`)
    },
  }
}

const kernelOf = (setups: Setups | undefined, name: string): string | undefined => {
  const setup = setups?.kernels[name]
  return typeof setup === 'object' && setup !== null && 'kernel' in setup ? String(setup.kernel) : undefined
}
