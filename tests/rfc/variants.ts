// The RFC as its hunks could have been written: variants of the shipped patch, made with nothing but the contract of patches.
import {
  type Device,
  type Direction,
  type DmaAddr,
  type DmaOps,
  type Errno,
  fail,
  has,
  type Host,
  type KernelFacts,
  type KernelVaddr,
  type KResult,
  ok,
  pageAlign,
  type Patch,
  pfnOf,
  pluginApi,
  type SgTable,
} from '@dmalab/api'
import { nopageRfc } from '@dmalab/patches'

export const NOPAGE = 1024
export const RFC: Patch = nopageRfc(pluginApi)

type GetSgtable = DmaOps['getSgtable']
type MapSg = DmaOps['mapSg']

/** What may be otherwise in arm_dma_get_sgtable. */
interface GetSgtableFaults {
  readonly errno?: Errno
  /** The table is there before the pfn is looked at; given back or not. */
  readonly tableFirst?: 'freed' | 'leaked'
  /** The tag is asked before pfn_valid(). */
  readonly tagFirst?: boolean
  /** The attributes are stored with the tag only. */
  readonly attrsOfTagged?: boolean
  /** The handle is stored of every buffer; or of none that has a page. */
  readonly handle?: 'always' | 'without page'
  readonly setsDmaLength?: boolean
  readonly unaligned?: boolean
  /** Op tables that keep the stock function. */
  readonly spares?: string
}

/** arm_dma_get_sgtable of the RFC, written a second time; without faults it answers as the shipped one. */
export const getSgtable =
  (faults: GetSgtableFaults) =>
  (next: GetSgtable, host: Host): GetSgtable =>
  (cpuAddr, handle, size, attrs) => {
    if (faults.spares === host.device.opsName) return next(cpuAddr, handle, size, attrs)
    const early = faults.tableFirst === undefined ? undefined : host.sgAlloc(1)
    if (early?.ok === false) return early
    const pfn = pfnOf(host.dmaToPhys(handle) ?? (0 as never))
    const tagged = has(attrs, NOPAGE)
    const carried = tagged && (faults.tagFirst === true || !host.mem.pfnValid(pfn))
    if (!carried && !host.mem.pfnValid(pfn)) {
      if (early !== undefined && faults.tableFirst === 'freed') host.sgFree(early.value)
      return fail(faults.errno ?? 'ENXIO', 'no struct page')
    }
    const list = early ?? host.sgAlloc(1)
    if (!list.ok) return list
    const length = faults.unaligned === true ? size : pageAlign(size)
    const stored = faults.handle === 'always' || (tagged && (faults.handle === undefined || carried))
    const early32 = host.kernel.sgDmaLength && faults.setsDmaLength !== true ? 0 : length
    if (stored) list.value.setDma(0, handle, early32)
    if (tagged || faults.attrsOfTagged !== true) list.value.setAttrs(0, attrs)
    list.value.setPage(0, carried ? { kind: 'vaddr', at: cpuAddr } : { kind: 'page', pfn }, length, 0)
    return list
  }

interface MapSgFaults {
  /** The unwind passes no attributes on. */
  readonly unwindAttrs?: 'dropped'
  /** The unwind leaves tagged entries alone, as unmap does. */
  readonly unwindSkips?: boolean
  /** The unwind begins with the entry that failed. */
  readonly unwindsFailed?: boolean
}

/** arm_dma_map_sg of the RFC, entry by entry. */
export const mapSg =
  (faults: MapSgFaults) =>
  (_next: MapSg, host: Host): MapSg =>
  (list: SgTable, nents: number, dir: Direction, attrs: number): KResult<number> => {
    const ops = host.ops()
    for (let i = 0; i < nents; i++) {
      const { page, offset, length, dmaAddress, attrs: own } = list.entry(i)
      list.setDma(i, dmaAddress, length)
      if (has(own, NOPAGE)) continue
      const mapped = host.call('arm_dma_map_page', () => ops.mapPage(page, offset, length, dir, attrs))
      if (mapped.ok) {
        list.setDma(i, mapped.value, length)
        continue
      }
      for (let j = 0; j < (faults.unwindsFailed === true ? i + 1 : i); j++) {
        const done = list.entry(j)
        if (faults.unwindSkips === true && has(done.attrs, NOPAGE)) continue
        const passed = faults.unwindAttrs === 'dropped' ? 0 : attrs
        host.call('arm_dma_unmap_page', () => ops.unmapPage(done.dmaAddress, done.length, dir, passed))
      }
      return fail(mapped.errno, `entry ${i}: ${mapped.why}`)
    }
    return ok(nents)
  }

interface CheckFaults {
  /** The length of the pool is not an int: it does not overflow at 2 GiB. */
  readonly wideLength?: boolean
  /** Bits of the sum of device_base and length: 32 without LPAE, 64 with. */
  readonly handleBits?: 32 | 64
  /** The sum of virt_base and length does not wrap. */
  readonly wideAddress?: boolean
  /** The end belongs to the pool. */
  readonly inclusive?: boolean
  readonly ignoresAddress?: boolean
  readonly ignoresHandle?: boolean
}

type Check = (dev: Device | null, handle: DmaAddr, cpuAddr: KernelVaddr) => boolean

/** dma_check_dev_coherent of the RFC. */
const checkDevCoherent =
  (faults: CheckFaults) =>
  (facts: KernelFacts): Check =>
  (dev, handle, cpuAddr) => {
    const pool = dev?.pool ?? null
    if (pool === null) return false
    const bytes = BigInt(pool.pages) * 4096n
    const length = faults.wideLength === true ? bytes : BigInt.asIntN(32, bytes)
    const within = (at: bigint, base: bigint, bits: number): boolean => {
      const end = BigInt.asUintN(bits, base + length)
      return at >= base && (at < end || (faults.inclusive === true && at === end))
    }
    const byHandle = within(BigInt(handle), BigInt(pool.deviceBase), faults.handleBits ?? facts.dmaAddrSize * 8)
    const byAddress = within(cpuAddr, pool.virtBase, faults.wideAddress === true ? 64 : facts.arch.pointerBits)
    return (byHandle || faults.ignoresHandle === true) && (byAddress || faults.ignoresAddress === true)
  }

interface AllocFaults extends CheckFaults {
  /** `=` for `|=`. */
  readonly assigns?: boolean
  /** What the queue asks for does not reach the allocator. */
  readonly forgetsOptions?: boolean
}

/** dma_check_dev_coherent and vb2_dc_alloc. */
export const checkAndAlloc = (faults: AllocFaults): Pick<Patch, 'allocators' | 'exports'> => ({
  exports: (facts) => ({ dma_check_dev_coherent: checkDevCoherent(faults)(facts) }),
  allocators: {
    'vb2-dma-contig': (next, host) => ({
      ...next,
      alloc: (dev, size, dir, owner, options) => {
        const mem = next.alloc(dev, size, dir, owner, ...(faults.forgetsOptions === true ? [] : [options]))
        if (!mem.ok || mem.value.cookie === null) return mem
        if (checkDevCoherent(faults)(host.kernel)(dev, mem.value.dmaAddr, mem.value.cookie))
          mem.value.attrs = faults.assigns === true || has(mem.value.attrs, NOPAGE) ? NOPAGE : mem.value.attrs + NOPAGE
        return mem
      },
    }),
  },
})

export const variant = (more: Partial<Patch>): Patch => ({ ...RFC, ...more })
export const withFunctions = (functions: NonNullable<Patch['functions']>): Patch =>
  variant({ functions: { ...RFC.functions, ...functions } })
export const withSg = (sg: Partial<NonNullable<Patch['sg']>>): Patch => variant({ sg: { ...RFC.sg, ...sg } })
