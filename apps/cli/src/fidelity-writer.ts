// The page of what proves each kernel: counted while files are compared, written at the end.
import { basename, dirname } from 'node:path'
import { ownValue } from '@dmalab/api'
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
import { checkNoLink, checkTarget, writeInFolder, writeText } from './write-file.ts'

export interface FidelityWriter extends PageCounts {
  /** The page, and its counts as JSON under the same name. @throws InputError when it cannot be written */
  write(): Promise<void>
}

/** `given`: what the command reads. @throws InputError where it cannot be written, or is read */
export const fidelityWriter = (page: string, given: readonly string[]): FidelityWriter => {
  const data = `${page.replace(/\.md$/, '')}.json`
  for (const file of [page, data]) checkTarget(file, given)
  checkNoLink(dirname(data), basename(data))
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
      writeInFolder(dirname(data), basename(data), `${JSON.stringify(counts, null, 1)}\n`)
    },
  }
}

const kernelOf = (setups: Setups | undefined, name: string): string | undefined => {
  const setup = setups === undefined ? undefined : ownValue(setups.kernels, name)
  return typeof setup === 'object' && setup !== null && 'kernel' in setup ? String(setup.kernel) : undefined
}
