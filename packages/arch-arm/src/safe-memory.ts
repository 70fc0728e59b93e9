// Where dmabounce's copies lie: coherent memory of the device, the small ones in pools of blocks.
import type { Coherent, Host, KResult, PluginApi } from '@dmalab/api'
import { dmaPool } from './dma-pool.ts'

export interface SafeMemory {
  alloc(size: number): KResult<Coherent>
  free(block: Coherent, size: number): void
}

/** What platform code registers a device with: sizes of the blocks of its pools, bytes. */
const SMALL = 2048
const LARGE = 4096

/** Models: Linux v4.11 arch/arm/common/dmabounce.c: alloc_safe_buffer, free_safe_buffer, dmabounce_register_dev */
export const safeMemory = (api: PluginApi, host: Host): SafeMemory => {
  const { device } = host
  const owner = `${device.name} safe buffer`

  /**
   * dma_alloc_coherent(GFP_ATOMIC): a device with memory of its own gets nothing else.
   * Models: Linux v4.11 include/linux/dma-mapping.h: dma_alloc_attrs
   */
  const allocCoherent = (size: number): KResult<Coherent> =>
    host.allocFromDevCoherent(size, owner) ?? host.ops().allocAtomic(size, 0, owner)
  const freeCoherent = ({ cpuAddr, handle }: Coherent, size: number): void => {
    if (!host.releaseFromDevCoherent(api.orderOf(size), cpuAddr)) host.ops().free(size, cpuAddr, handle, 0)
  }

  const pools = [SMALL, LARGE].map((size) => ({ size, pool: dmaPool(api, size, () => allocCoherent(api.PAGE_SIZE)) }))
  const poolFor = (size: number) => pools.find((one) => size <= one.size)?.pool
  // Pages that the pools keep are not lent.
  const idle = (): number => pools.reduce((sum, { pool }) => sum + pool.idlePages(), 0)
  const { pool: own } = device
  if (own === null) host.counts('bytes of atomic pools', () => -idle() * api.PAGE_SIZE)
  else host.counts(`pages of pool ${own.name}`, () => -idle())

  return {
    alloc: (size) => poolFor(size)?.alloc() ?? allocCoherent(size),
    free: (block, size) => {
      const pool = poolFor(size)
      if (pool === undefined) freeCoherent(block, size)
      else pool.free(block)
    },
  }
}
