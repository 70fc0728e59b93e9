// A release that is not modelled: the refusal names those around it.
import { InputError } from '@dmalab/api'
import { openLaboratory } from '@dmalab/lab/node'
import { parseKernel } from '@dmalab/runner'
import { describe, expect, it } from 'vitest'

const { registry } = await openLaboratory()
const hintOf = (kernel: string): string | undefined => {
  try {
    parseKernel(kernel, registry)
  } catch (error) {
    if (error instanceof InputError) return error.hint
    throw error
  }
  throw new Error(`${kernel} is modelled`)
}

describe('a release that is not modelled', () => {
  it.each([
    ['arm64@6.6', 'the nearest modelled: arm64@6.1 and arm64@6.12'],
    ['arm64@9', 'the nearest modelled: arm64@7.2'],
    ['arm64@7', 'the nearest modelled: arm64@6.12 and arm64@7.2'],
    ['arm@4.4', 'the nearest modelled: arm@4.11'],
  ])('%s: %s', (kernel, hint) => {
    expect(hintOf(kernel)?.split(';')[0]).toBe(hint)
  })
  it.each(['arm64@mine', 'sparc@6.12'])('%s has none near it', (kernel) => {
    expect(hintOf(kernel) ?? '').not.toContain('nearest')
  })
})
