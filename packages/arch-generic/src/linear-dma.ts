// The DMA code of an architecture whose linear map holds all memory.
import type { ArchDma, ArchHost, PhysAddr, PluginApi } from '@dmalab/api'

/** Through the linear map, which no-map memory is not in. */
export const linearDma = (
  api: PluginApi,
  { mem, cache }: ArchHost,
  prep: (address: ReturnType<ArchHost['mem']['linearAddress']>, size: number) => void,
): ArchDma => {
  const prepCoherent = (at: PhysAddr, size: number): void => prep(mem.linearAddress(at), size)
  return {
    syncForDevice: api.asCacheSays((at, size, dir) => {
      if (!cache.maintainPlain('map', at, size, dir)) cache.dmacMapLinear(at, size, dir)
    }),
    syncForCpu: api.asCacheSays((at, size, dir) => {
      if (!cache.maintainPlain('unmap', at, size, dir)) cache.dmacUnmapLinear(at, size, dir)
    }),
    prepCoherent,
    clearBuffer(at, size, snooped) {
      mem.memset(mem.linearAddress(at), 0, size)
      if (!snooped) prepCoherent(at, size)
    },
  }
}
