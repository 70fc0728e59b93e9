import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { vb2Contiguous } from '../src/golden.ts'
import { contiguousSize } from '../src/index.ts'

type Case = Record<string, unknown>
const file = JSON.parse(
  readFileSync(new URL('../../../tests/golden/vb2-contiguous.json', import.meta.url), 'utf8'),
) as {
  meta: { count: number }
  cases: Case[]
}
const noLab = {
  openLab: () => {
    throw new Error('the contiguity check needs no machine')
  },
}

describe('contiguousSize', () => {
  it('answers every recorded case as the kernel did', () => {
    expect(file.cases).toHaveLength(file.meta.count)
    for (const [index, input] of file.cases.entries()) {
      const { size, ok } = vb2Contiguous.run(input, noLab, {})
      expect({ index, size, ok }).toEqual({ index, size: input['size'], ok: input['ok'] })
    }
  })

  it('wraps at 32 bits where dma_addr_t has 32', () => {
    const entries = [
      { address: 0xffff_f000, length: 4096 },
      { address: 0, length: 4096 },
    ]
    expect(contiguousSize(entries, 32)).toBe(8192)
    expect(contiguousSize(entries, 64)).toBe(4096)
  })
})
