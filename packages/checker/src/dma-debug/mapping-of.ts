// Live mappings and dma-debug's entries, made of what an event says.
import { ATTR, has } from '@dmalab/api'
import type { DebugEntry, Mapping, SgList } from './entry.ts'

/** A live mapping as its event shows it. */
export const mappingOf = (
  event: { device: string; dmaAddr: number; size: number; dir: number; attrs: number; at: number },
  kind: Mapping['kind'],
  physAddr: number | undefined,
  bounced = false,
): Mapping => ({
  kind,
  device: event.device,
  dmaAddr: event.dmaAddr,
  size: event.size,
  dir: event.dir,
  attrs: event.attrs,
  at: event.at,
  physAddr,
  virtAddr: undefined,
  pool: undefined,
  list: undefined,
  order: 0,
  live: true,
  orphan: false,
  // SKIP_CPU_SYNC at map leaves the hand-over to the syncs that follow.
  owner: has(event.attrs, ATTR.SKIP_CPU_SYNC) ? 'cpu' : 'device',
  cpuWroteAt: 0,
  bounced,
  synced: false,
  uses: 0,
  harmedAt: undefined,
  firstTouched: undefined,
})

/** A sync hands the bytes over. */
export const handOver = (mapping: Mapping, toCpu: boolean): void => {
  mapping.synced = true
  mapping.owner = toCpu ? 'cpu' : 'device'
  if (!toCpu) mapping.cpuWroteAt = 0
}

/** dma-debug's entries of a list. A cut line may name addresses whose sizes are lost: those are not tracked. */
export const sgEntries = (mapping: Mapping, { nents, ents, dmaAddrs, sizes }: SgList): readonly DebugEntry[] =>
  dmaAddrs.slice(0, sizes.length).map((dmaAddr, index) => ({
    mapping,
    device: mapping.device,
    dmaAddr,
    size: sizes[index] ?? 0,
    type: 'sg' as const,
    dir: mapping.dir,
    attrs: mapping.attrs,
    sgCallEnts: nents,
    sgMappedEnts: ents,
    mapErrorChecked: undefined,
  }))
