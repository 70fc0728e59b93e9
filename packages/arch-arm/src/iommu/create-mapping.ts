// Bus addresses for an array of page pointers: one stretch of them, physical neighbours mapped together.
import type { DmaAddr, Host, KResult, PluginApi, SgPage } from '@dmalab/api'
import { type ArmIommuParts, protOf } from './streaming.ts'

export type CreateMapping = (pages: readonly SgPage[], attrs: number) => KResult<DmaAddr>

/** A pointer that is not a page leads where the arithmetic on it says. Models: Linux v6.12 arch/arm/mm/dma-mapping.c: __iommu_create_mapping */
export const createMapping =
  (api: PluginApi, host: Host, parts: ArmIommuParts): CreateMapping =>
  (pages, attrs) => {
    const { DIR, fail, ok, PAGE_SIZE } = api
    const len = pages.length * PAGE_SIZE
    const base = parts.space.alloc(len)
    if (base === undefined) return fail('ENOMEM', `no bus address for ${len} bytes`)
    const frames = pages.map((page) => host.mem.pageToPfn(page))
    const prot = protOf(api, DIR.BIDIRECTIONAL, attrs)
    for (const [i, page] of pages.entries()) {
      const first = frames[i] ?? 0
      if (i > 0 && first === (frames[i - 1] ?? 0) + 1) continue
      let n = 1
      while (frames[i + n] === first + n) n++
      const at = (base + i * PAGE_SIZE) as DmaAddr
      const mapped = parts.mapper.map(at, parts.pageToPhys(page), n * PAGE_SIZE, prot)
      if (mapped.ok) continue
      parts.mapper.unmap(base, i * PAGE_SIZE)
      parts.space.free(base, len)
      return mapped
    }
    return ok(base)
  }
