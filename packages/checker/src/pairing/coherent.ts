// Coherent and non-coherent allocations, and memory of per-device pools.
import { bytes, finding, hex, type Event } from '@dmalab/api'
import { named, range } from '../dma-debug/describe.ts'
import { coherentType, failedAllocation } from '../dma-debug/types.ts'
import { mappingOf } from '../dma-debug/mapping-of.ts'
import type { MappingLedger } from './mapping-ledger.ts'

type AllocEvent = Extract<Event, { event: 'dma_alloc' | 'dma_alloc_pages' | 'dma_alloc_sgt_err' }>
type FreeEvent = Extract<Event, { event: 'dma_free' | 'dma_free_pages' }>
type AllocSgtEvent = Extract<Event, { event: 'dma_alloc_sgt' }>
type FreeSgtEvent = Extract<Event, { event: 'dma_free_sgt' }>
type PoolFreeEvent = Extract<Event, { event: 'pool_free' }>

export const alloc = (ledger: MappingLedger, event: AllocEvent): void => {
  const { device, dmaAddr, size, dir, attrs } = event
  ledger.begins(event)
  if (event.event === 'dma_alloc_sgt_err' || failedAllocation(event.virtAddr)) {
    ledger.report(
      finding('mapping-failed', `${device}: allocating ${bytes(size)} of coherent memory failed`, {
        device,
        evidence: [event.at],
      }),
    )
    return
  }
  ledger.sawPointer(event.virtAddr)
  if (event.pool === undefined) ledger.tracker.dropCoherentAt(device, dmaAddr)
  else poolOverlap(ledger, event, event.pool)
  const mapping = {
    ...mappingOf(event, 'coherent', event.physAddr),
    virtAddr: event.virtAddr,
    pool: event.pool,
  }
  const type = coherentType(event.event, ledger.dialect)
  // The kernel does not track memory of a per-device pool; a log cannot tell where memory came from.
  ledger.open(
    mapping,
    event.pool === undefined
      ? [
          {
            mapping,
            device,
            dmaAddr,
            size,
            dir,
            attrs,
            type,
            sgCallEnts: 0,
            sgMappedEnts: 0,
            mapErrorChecked: undefined,
          },
        ]
      : [],
    event,
  )
}

export const free = (ledger: MappingLedger, event: FreeEvent): void => {
  const { device, dmaAddr, size, dir, attrs } = event
  const type = coherentType(event.event, ledger.dialect)
  ledger.undo({ device, dmaAddr, size, dir, attrs, type, sgCallEnts: 0 }, event, event.virtAddr)
}

export const allocSgt = (ledger: MappingLedger, event: AllocSgtEvent): void => {
  const { device, dmaAddr, size, dir, attrs, physAddrs } = event
  ledger.begins(event)
  ledger.tracker.dropCoherentAt(device, dmaAddr)
  const mapping = mappingOf(event, 'coherent', physAddrs[0])
  const entry = {
    mapping,
    device,
    dmaAddr,
    size,
    dir,
    attrs,
    type: 'sg' as const,
    sgCallEnts: physAddrs.length,
    sgMappedEnts: 1,
    mapErrorChecked: undefined,
  }
  ledger.open(mapping, [entry], event)
}

export const freeSgt = (ledger: MappingLedger, event: FreeSgtEvent): void => {
  const { device, dmaAddr, size, dir, physAddrs } = event
  ledger.undo({ device, dmaAddr, size, dir, attrs: 0, type: 'sg', sgCallEnts: physAddrs.length }, event)
}

export const poolFree = (ledger: MappingLedger, event: PoolFreeEvent): void => {
  ledger.leaks.active(event.device)
  const { device, pool, dmaAddr, at } = event
  const mapping = ledger.tracker.at(device, dmaAddr).find((one) => one.pool !== undefined)
  if (mapping !== undefined) {
    ledger.tracker.close(mapping, at)
    return
  }
  const before = ledger.tracker.undoneAt(device, dmaAddr)
  const since = before === undefined ? 'it was never allocated' : `it was freed at ${ledger.context.unit} ${before.at}`
  ledger.report(
    finding('pool-double-free', `${device}: ${hex(dmaAddr)} was given back to ${pool}, but ${since}`, {
      device,
      evidence: before === undefined ? [at] : [before.at, at],
    }),
  )
}

/** A pool's bitmap is all that guards it: after a wrong free it hands out memory that is in use. */
const poolOverlap = (ledger: MappingLedger, event: AllocEvent, pool: string): void => {
  const { device, dmaAddr, size, at } = event
  for (const mapping of ledger.tracker.live()) {
    if (mapping.pool !== pool || mapping.dmaAddr >= dmaAddr + size || dmaAddr >= mapping.dmaAddr + mapping.size)
      continue
    ledger.report(
      finding(
        'pool-overlap',
        `${device}: ${pool} handed out ${range(dmaAddr, size)}, which ${mapping.device} still has as ${named(mapping)}`,
        {
          device,
          evidence: [mapping.at, at],
        },
      ),
    )
  }
}
