// The DMA code of the architecture, as the DMA API calls it: dispatch through Arch, with an event a range in page detail.
import type { Arch, ArchDma, ArchHost } from '@dmalab/api'

/** One for a machine: it knows ranges of memory, not devices. */
export const openArch = (arch: Arch, host: ArchHost): ArchDma => {
  const dma = arch.attach(host)
  return {
    syncForDevice(at, size, dir) {
      if (host.cache.maintainPlain('map', at, size, dir)) return
      if (host.wants('page')) host.emit({ event: 'arch_sync', to: 'device', physAddr: at, size, dir })
      const mark = host.enter('arch_sync_dma_for_device')
      dma.syncForDevice(at, size, dir)
      host.leave(mark)
    },
    syncForCpu(at, size, dir) {
      if (host.cache.maintainPlain('unmap', at, size, dir)) return
      if (host.wants('page')) host.emit({ event: 'arch_sync', to: 'cpu', physAddr: at, size, dir })
      const mark = host.enter('arch_sync_dma_for_cpu')
      dma.syncForCpu(at, size, dir)
      host.leave(mark)
    },
    prepCoherent: (at, size) => dma.prepCoherent(at, size),
    clearBuffer: (at, size, snooped) => dma.clearBuffer(at, size, snooped),
  }
}
