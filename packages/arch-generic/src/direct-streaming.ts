// Streaming mappings of dma-direct for one range: straight, bounced, or refused.
import type { Direction, DmaAddr, Host, KResult, PhysAddr, PluginApi } from '@dmalab/api'
import { type DirectLimits, overflowText } from './direct-limits.ts'

export interface DirectStreaming {
  /** EIO stands for DMA_MAPPING_ERROR. */
  map(at: PhysAddr, size: number, dir: Direction, attrs: number): KResult<DmaAddr>
  unmap(handle: DmaAddr, size: number, dir: Direction, attrs: number): void
  forDevice(handle: DmaAddr, size: number, dir: Direction): void
  forCpu(handle: DmaAddr, size: number, dir: Direction): void
  /** dma_direct_need_sync. */
  needSync(handle: DmaAddr): boolean
  /** Attributes that take a mapping out of the batch. */
  readonly special: number
  /** No mapping of the device's pool is live. */
  nothingBounced(): boolean
}

export const directStreaming = (api: PluginApi, host: Host, limits: DirectLimits): DirectStreaming => {
  const { device } = host
  const { ATTR, fail, has, hex, ok } = api
  const maintains = !device.facts.coherent
  const bitOf = (name: string): number => host.kernel.attrs[name] ?? 0
  const [mmio, ccShared] = [bitOf('MMIO'), bitOf('CC_SHARED')]
  /** What unmap takes for a mapping that cannot have bounced, and what map does not bounce. */
  const keeps = mmio + bitOf('REQUIRE_COHERENT')
  const special = keeps + ccShared
  let warned = false

  /** Where no window matches the kernel goes on with all ones, of as many bits as phys_addr_t has. */
  const allOnes = (2 ** (8 * host.kernel.physAddrSize) - 1) as PhysAddr
  const physOf = (handle: DmaAddr): PhysAddr => host.dmaToPhys(handle) ?? allOnes
  const bouncedAt = (at: PhysAddr) => {
    const pool = host.swiotlb()
    return pool?.contains(at) === true ? pool : null
  }

  /** Models: Linux v6.12 kernel/dma/swiotlb.c: swiotlb_map */
  const bounce = (at: PhysAddr, size: number, dir: Direction, attrs: number): KResult<DmaAddr> => {
    const pool = host.swiotlb()
    if (pool === null) return fail('EIO', `${device.name} has no bounce pool`)
    if (host.wants('op'))
      host.emit({
        event: 'swiotlb_bounced',
        device: device.name,
        dmaMask: device.dmaMask,
        devAddr: host.physToDma(at) ?? 2 ** 64 - 1,
        size,
        force: pool.force,
        physAddr: at,
      })
    return host.call('swiotlb_map', () => {
      const tlb = pool.tblMapSingle(at, size, 0, dir, attrs)
      if (tlb === undefined) return fail('EIO', `no run of slots in bounce pool ${pool.name} fits ${size} bytes`)
      const handle = host.physToDma(tlb)
      if (handle === undefined || !limits.capable(handle, size)) {
        pool.tblUnmapSingle(tlb, size, dir, ATTR.SKIP_CPU_SYNC)
        const text = `${device.name} does not reach its bounce buffer at ${hex(tlb)}, which was filled before that was checked`
        host.emit({ event: 'kernel_quirk', code: 'bounce-unreachable', text, device: device.name })
        return overflow('swiotlb addr', handle, size)
      }
      if (maintains && !has(attrs, ATTR.SKIP_CPU_SYNC)) host.arch.syncForDevice(tlb, size, dir)
      return ok(handle)
    })
  }

  /** Nothing is undone. Models: Linux v7.2 kernel/dma/direct.h: dma_direct_unmap_phys */
  const keepsSlots = (handle: DmaAddr, size: number): void => {
    if (bouncedAt(physOf(handle)) === null) return
    const text = `${device.name} unmaps ${size} bytes at ${hex(handle)} with an attribute that their mapping had not: their bounce slots stay taken`
    host.emit({ event: 'kernel_quirk', code: 'unmap-attrs-leak', text, device: device.name })
  }

  const overflow = (what: string, at: DmaAddr | undefined, size: number): KResult<DmaAddr> => {
    const text = overflowText(what, at, size, host)
    if (!warned) host.printk('warn', `${api.devString(device)}: ${text}`)
    warned = true
    return fail('EIO', `${device.name} does not reach ${text}`)
  }

  /** A mapping that says how it may be made: registers, or memory that must stay where it is. */
  const mapAs = (at: PhysAddr, size: number, dir: Direction, attrs: number): KResult<DmaAddr> => {
    const pool = host.swiotlb()
    const forced = pool?.force === true
    if (has(attrs, ccShared) !== forced && (forced || has(attrs, ccShared)))
      return forced ? refusedBounce(attrs) : fail('EIO', 'DMA_ATTR_CC_SHARED is for confidential guests')
    const handle = has(attrs, mmio) ? (at as number as DmaAddr) : host.physToDma(at)
    const bounces = !has(attrs, mmio + ccShared) && host.kmallocNeedsBounce(size, dir)
    if (handle === undefined || !limits.capable(handle, size) || bounces) return overflow('DMA addr', handle, size)
    if (maintains && !has(attrs, ATTR.SKIP_CPU_SYNC + mmio)) host.arch.syncForDevice(at, size, dir)
    return ok(handle)
  }
  const refusedBounce = (attrs: number): KResult<DmaAddr> =>
    fail('EIO', `${device.name} bounces everything, which ${has(attrs, mmio) ? 'MMIO' : 'REQUIRE_COHERENT'} forbids`)

  return {
    /** Models: Linux v6.12 kernel/dma/direct.h: dma_direct_map_page. Models: Linux v7.2 kernel/dma/direct.h: dma_direct_map_phys */
    map(at, size, dir, attrs) {
      if (special !== 0 && has(attrs, special)) return mapAs(at, size, dir, attrs)
      const pool = host.swiotlb()
      if (pool?.force === true) return bounce(at, size, dir, attrs)
      const handle = host.physToDma(at)
      if (handle === undefined || !limits.capable(handle, size) || host.kmallocNeedsBounce(size, dir))
        return pool === null ? overflow('DMA addr', handle, size) : bounce(at, size, dir, attrs)
      if (maintains && !has(attrs, ATTR.SKIP_CPU_SYNC)) host.arch.syncForDevice(at, size, dir)
      return ok(handle)
    },

    /** Models: Linux v6.12 kernel/dma/direct.h: dma_direct_unmap_page */
    unmap(handle, size, dir, attrs) {
      if (keeps !== 0 && has(attrs, keeps)) return keepsSlots(handle, size)
      const at = physOf(handle)
      if (!has(attrs, ATTR.SKIP_CPU_SYNC)) this.forCpu(handle, size, dir)
      bouncedAt(at)?.tblUnmapSingle(at, size, dir, ATTR.SKIP_CPU_SYNC)
    },

    /** Models: Linux v6.12 kernel/dma/direct.h: dma_direct_sync_single_for_device */
    forDevice(handle, size, dir) {
      const at = physOf(handle)
      bouncedAt(at)?.syncSingleForDevice(at, size, dir)
      if (maintains) host.arch.syncForDevice(at, size, dir)
    },

    /** Models: Linux v6.12 kernel/dma/direct.h: dma_direct_sync_single_for_cpu */
    forCpu(handle, size, dir) {
      const at = physOf(handle)
      if (maintains) host.arch.syncForCpu(at, size, dir)
      bouncedAt(at)?.syncSingleForCpu(at, size, dir)
    },

    special,
    needSync: (handle) => maintains || bouncedAt(physOf(handle)) !== null,
    nothingBounced: () =>
      host
        .swiotlb()
        ?.areas()
        .every((area) => area.used === 0) ?? true,
  }
}
