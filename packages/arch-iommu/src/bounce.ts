// Bouncing behind an IOMMU: a page table entry covers a whole granule, so a buffer that fills only part of one shows its neighbours too.
import type { Direction, Host, IommuDomain, KResult, PhysAddr, PluginApi, SgTable, Swiotlb } from '@dmalab/api'

export interface Bounce {
  /** dev_use_swiotlb: mappings of this size and direction go through the bounce pool where they do not fill granules. */
  wanted(size: number, dir: Direction): boolean
  /** dev_use_sg_swiotlb: does any entry of the list have to? */
  wantedFor(list: SgTable, nents: number, dir: Direction): boolean
  /** Would such a mapping go through the pool? */
  bounces(at: PhysAddr, size: number, dir: Direction): boolean
  /** The bounce buffer that holds a copy, whatever the mapping fills. EIO. */
  map(at: PhysAddr, size: number, dir: Direction, attrs: number): KResult<PhysAddr>
  /** An attribute forbids it. EIO. */
  refuse(size: number): KResult<PhysAddr>
  /** swiotlb_tbl_unmap_single: nothing happens outside the pool. */
  giveBack(at: PhysAddr, size: number, dir: Direction, attrs: number): void
  syncForCpu(at: PhysAddr, size: number, dir: Direction): void
  syncForDevice(at: PhysAddr, size: number, dir: Direction): void
}

export const bounceOf = (api: PluginApi, host: Host, domain: IommuDomain): Bounce => {
  const { device, mem, kernel } = host
  const { fail, phys } = api
  const { granule } = domain
  const untrusted = device.facts.pci?.untrusted === true
  let warned = false

  /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: dev_use_swiotlb */
  const wanted = (size: number, dir: Direction): boolean =>
    kernel.swiotlb !== null && (untrusted || host.kmallocNeedsBounce(size, dir))

  const poolAt = (at: PhysAddr): Swiotlb | null => {
    const pool = host.swiotlb()
    return pool?.contains(at) === true ? pool : null
  }

  /** Old bytes of others must not show before and behind the buffer; its cache lines stay dirty, as in the kernel. */
  const clearPadding = (at: PhysAddr, size: number): void => {
    const before = at % granule
    const behind = Math.ceil((at + size) / granule) * granule - (at + size)
    if (before > 0) mem.memset(mem.linearAddress(phys(at - before)), 0, before)
    if (behind > 0) mem.memset(mem.linearAddress(phys(at + size)), 0, behind)
  }

  const bounces = (at: PhysAddr, size: number, dir: Direction): boolean =>
    wanted(size, dir) && (at % granule !== 0 || size % granule !== 0)

  /** Models: Linux v7.2 drivers/iommu/dma-iommu.c: iommu_dma_map_swiotlb */
  const map = (at: PhysAddr, size: number, dir: Direction, attrs: number): KResult<PhysAddr> => {
    const pool = host.swiotlb()
    if (pool === null) {
      const text = `${api.devString(device)}: DMA bounce buffers are inactive, unable to map unaligned transaction.`
      if (!warned) host.printk('warn', text)
      warned = true
      return fail('EIO', text)
    }
    if (host.wants('op'))
      host.emit({
        event: 'swiotlb_bounced',
        device: device.name,
        dmaMask: device.dmaMask,
        devAddr: at,
        size,
        force: pool.force,
      })
    const tlb = pool.tblMapSingle(at, size, granule - 1, dir, attrs)
    if (tlb === undefined) return fail('EIO', `no run of slots in bounce pool ${pool.name} fits ${size} bytes`)
    if (untrusted) clearPadding(tlb, size)
    return { ok: true, value: tlb }
  }

  return {
    wanted,
    map,
    bounces,
    refuse: (size) => fail('EIO', `${size} bytes of ${device.name} would have to bounce, which an attribute forbids`),

    /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: dev_use_sg_swiotlb */
    wantedFor(list, nents, dir) {
      if (kernel.swiotlb === null) return false
      if (untrusted) return true
      return host.kmallocSgNeedsBounce(list, nents, dir)
    },

    giveBack: (at, size, dir, attrs) => poolAt(at)?.tblUnmapSingle(at, size, dir, attrs),
    syncForCpu: (at, size, dir) => poolAt(at)?.syncSingleForCpu(at, size, dir),
    syncForDevice: (at, size, dir) => poolAt(at)?.syncSingleForDevice(at, size, dir),
  }
}
