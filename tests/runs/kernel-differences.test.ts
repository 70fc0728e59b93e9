// Why two columns of a comparison differ: the records of their releases that made them differ, and no others.
import { readFileSync } from 'node:fs'
import { compare, readScenario } from '@dmalab/lab'
import { boardSpecFor, openLaboratory } from '@dmalab/lab/node'
import { describe, expect, it } from 'vitest'

const laboratory = await openLaboratory()
const SCENARIOS = new URL('../../scenarios/', import.meta.url).pathname

const recordsOf = async (name: string, ...kernels: readonly string[]): Promise<readonly string[]> => {
  const text = readFileSync(`${SCENARIOS}${name}.yaml`, 'utf8')
  const { board = '' } = readScenario(text, name)
  const request = {
    board: boardSpecFor(laboratory.registry, `${SCENARIOS}${board}`),
    kernels,
    work: { scenario: text, file: name },
  }
  const { differences = [] } = await compare(request, { laboratory })
  return differences.map(({ from, to, records }) => `${from} ${to} ${records.map(({ id }) => id).join(' ')}`)
}

describe('what made two kernels differ', () => {
  it.each([
    [
      'release-partial-sync',
      ['arm64@5.10', 'arm64@6.1', 'arm64@6.12', 'arm64@7.2'],
      ['arm64@5.10 arm64@6.1 bounce-before-start-check', 'arm64@6.1 arm64@6.12 bounce-partial-sync'],
    ],
    ['release-udmabuf-bounce', ['arm64@7.2', 'arm64@6.12'], ['arm64@7.2 arm64@6.12 udmabuf-merges-pages']],
    [
      'release-unmap-attrs-leak',
      ['arm64@6.12', 'arm64@7.2'],
      ['arm64@6.12 arm64@7.2 require-coherent dma-debug-attributes'],
    ],
    ['generic-bounce-stale', ['arm64@6.1', 'arm64@6.12', 'arm64@7.2'], []],
  ])('%s', async (name, kernels, expected) => {
    expect(await recordsOf(name, ...kernels)).toEqual(expected)
  })
})
