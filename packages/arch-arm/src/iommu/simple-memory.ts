// Coherent memory in one piece behind an IOMMU: for a device that snoops, and for a caller that may not sleep. Its first page is
// mapped as it should be; behind it stands whatever the kernel's stack holds.
import type { Coherent, DmaAddr, Host, KernelVaddr, KResult, Pfn, PluginApi, SgPage } from '@dmalab/api'
import type { CreateMapping } from './create-mapping.ts'
import type { ArmIommuParts, ArmIommuStreaming } from './streaming.ts'

/** Words from the one-page array to the end of the stack, itself included: recorded for a short call path; a longer one leaves more. */
const STACK_WORDS = 246

export interface SimpleMemory {
  alloc(size: number, attrs: number, owner: string): KResult<Coherent>
  /** False when the memory is not of this kind. */
  free(size: number, cpuAddr: KernelVaddr, handle: DmaAddr): boolean
  /** Is it of the pool for callers that may not sleep? */
  inPool(cpuAddr: KernelVaddr): boolean
}

interface Parts extends ArmIommuParts {
  readonly create: CreateMapping
  readonly streaming: ArmIommuStreaming
}

/** @param coherent the device snoops: pages of the buddy allocator; else the pool's */
export const simpleMemory = (api: PluginApi, host: Host, parts: Parts, coherent: boolean): SimpleMemory => {
  const { mem, device } = host
  const { fail, hex, ok, PAGE_SIZE, pagesFor, pfnOf, physOf, vaddr } = api
  const blocks = new Map<KernelVaddr, Pfn>()

  /** Models: Linux v6.12 arch/arm/mm/dma-mapping.c: __alloc_simple_buffer, __alloc_from_pool */
  const take = (len: number, owner: string): KResult<{ pfn: Pfn; cpuAddr: KernelVaddr }> => {
    if (!coherent) {
      const got = host.allocFromAtomicPool(len, { owner, zone: 'normal', quiet: true })
      return got.ok ? ok({ pfn: pfnOf(got.value.phys), cpuAddr: got.value.cpuAddr }) : got
    }
    // get_order(0) is more than the page allocator has.
    const got = len === 0 ? fail('ENOMEM', 'no block is of 0 bytes') : mem.allocPages(len, { owner })
    if (!got.ok) return got
    host.arch.clearBuffer(physOf(got.value), len, true)
    return ok({ pfn: got.value, cpuAddr: mem.linearAddress(physOf(got.value)) })
  }

  /** From v5.18 on the stack has a guard page behind it; before, the array goes on into other memory. */
  const pagesFrom = (first: Pfn, count: number): SgPage[] => {
    if (parts.code === 'v6.12' && count > STACK_WORDS)
      host.call('__iommu_create_mapping', () => mem.pageWord({ kind: 'vaddr', at: stackEnd() }, 0))
    const strays = Array.from({ length: count - 1 }, (_, i) => mem.strayPages[i] ?? ({ kind: 'null' } as const))
    return [{ kind: 'page', pfn: first }, ...strays]
  }
  /** The stack lies at the end of the vmalloc window. */
  const stackEnd = (): KernelVaddr => vaddr(host.kernel.arch.layout.vmalloc.end)

  const tellStrays = (handle: DmaAddr, count: number): void => {
    if (count === 1) return
    const rest = `${hex(handle + PAGE_SIZE)} to ${hex(handle + count * PAGE_SIZE - 1)}`
    host.emit({
      event: 'kernel_quirk',
      code: 'iommu-pages-from-stack',
      text: `${device.name}: only the first of ${count} pages is mapped; bus addresses ${rest} lead where the kernel's stack says`,
      device: device.name,
    })
  }

  const tellLost = (count: number): void =>
    host.emit({
      event: 'kernel_quirk',
      code: 'iommu-refused-memory-lost',
      text: `${device.name}: ${count} page(s) of a refused allocation were not given back`,
      device: device.name,
    })

  return {
    /**
     * ENOMEM. When no bus address is left, memory of a device that snoops is lost: the way back frees memory of the pool only.
     * Models: Linux v6.12 arch/arm/mm/dma-mapping.c: __iommu_alloc_simple
     */
    alloc: (size, attrs, owner) => {
      const count = pagesFor(size)
      const got = take(count * PAGE_SIZE, owner)
      if (!got.ok) return got
      const { pfn, cpuAddr } = got.value
      const handle = parts.create(pagesFrom(pfn, count), attrs)
      if (!handle.ok) {
        if (coherent) tellLost(count)
        else host.freeToAtomicPool(cpuAddr, count * PAGE_SIZE)
        return fail('ENOMEM', handle.why)
      }
      blocks.set(cpuAddr, pfn)
      tellStrays(handle.value, count)
      return ok({ cpuAddr, handle: handle.value })
    },

    /** Models: Linux v6.12 arch/arm/mm/dma-mapping.c: __iommu_free_atomic */
    free: (size, cpuAddr, handle) => {
      const pfn = blocks.get(cpuAddr)
      if (pfn === undefined) return false
      blocks.delete(cpuAddr)
      const len = pagesFor(size) * PAGE_SIZE
      parts.streaming.remove(handle, len)
      if (coherent) mem.freePages(pfn, len)
      else host.freeToAtomicPool(cpuAddr, len)
      return true
    },

    inPool: (cpuAddr) => !coherent && blocks.has(cpuAddr),
  }
}
