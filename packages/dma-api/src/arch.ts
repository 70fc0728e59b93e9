// The DMA code of the architecture, as the DMA API calls it: dispatch through Arch, with an event a range in page detail.
import { type Arch, type ArchDma, type ArchHost, doesAsCacheSays } from '@dmalab/api'

export interface OpenArch extends ArchDma {
  /** What it does with ordinary memory is what its `cache` says, so that the engine may do it for many entries at once. */
  readonly doesAsCacheSays: boolean
}

/** One for a machine: it knows ranges of memory, not devices. */
export const openArch = (arch: Arch, host: ArchHost): OpenArch => {
  const dma = arch.attach(host)
  return {
    doesAsCacheSays: doesAsCacheSays(dma),
    syncForDevice(at, size, dir) {
      if (host.wants('page')) host.emit({ event: 'arch_sync', to: 'device', physAddr: at, size, dir })
      const mark = host.enter('arch_sync_dma_for_device')
      dma.syncForDevice(at, size, dir)
      host.leave(mark)
    },
    syncForCpu(at, size, dir) {
      if (host.wants('page')) host.emit({ event: 'arch_sync', to: 'cpu', physAddr: at, size, dir })
      const mark = host.enter('arch_sync_dma_for_cpu')
      dma.syncForCpu(at, size, dir)
      host.leave(mark)
    },
    prepCoherent: (at, size) => dma.prepCoherent(at, size),
    clearBuffer: (at, size, snooped) => dma.clearBuffer(at, size, snooped),
  }
}
