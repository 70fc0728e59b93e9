// The check that went upstream: memory without struct page is refused before anything is made.
import { dma, type DmaOps, type Host, ok, phys, pluginApi, type SgTable, vaddr } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { pfnValid } from '../src/index.ts'

const patch = pfnValid(pluginApi)

type Get = DmaOps['getSgtable']

const getSgtable = (at: number | undefined, valid: boolean) => {
  const calls: unknown[] = []
  const next: Get = (...args) => {
    calls.push(args)
    return ok({} as SgTable)
  }
  const host = {
    dmaToPhys: () => (at === undefined ? undefined : phys(at)),
    mem: { pfnValid: () => valid },
  } as unknown as Host
  const wrap = patch.functions?.['arm_dma_get_sgtable'] as (next: Get, host: Host) => Get
  return { result: wrap(next, host)(vaddr(1n), dma(0x5100_0000), 4096, 4), calls }
}

describe('arm_dma_get_sgtable()', () => {
  it.each([
    ['no valid pfn', 0x5100_0000, false],
    ['no physical address at all', undefined, true],
  ])('memory with %s is -ENXIO, and no table is made', (_what, at, valid) => {
    const { result, calls } = getSgtable(at, valid)
    expect(result).toMatchObject({ ok: false, errno: 'ENXIO' })
    expect(calls).toEqual([])
  })

  it('memory with struct pages is described as before, with the same arguments', () => {
    expect(getSgtable(0x5100_0000, true)).toEqual({ result: ok({}), calls: [[1n, 0x5100_0000, 4096, 4]] })
  })
})
