// Coherent and non-coherent allocations, and memory of per-device pools.
import { bytes, finding, hex, type Event } from '@dmalab/api'
import { named, range } from '../dma-debug/describe.ts'
import { coherentType, failedAllocation } from '../dma-debug/types.ts'
import { mappingOf, type Books } from './books.ts'

type AllocEvent = Extract<Event, { event: 'dma_alloc' | 'dma_alloc_pages' | 'dma_alloc_sgt_err' }>
type FreeEvent = Extract<Event, { event: 'dma_free' | 'dma_free_pages' }>
type AllocSgtEvent = Extract<Event, { event: 'dma_alloc_sgt' }>
type FreeSgtEvent = Extract<Event, { event: 'dma_free_sgt' }>
type PoolFreeEvent = Extract<Event, { event: 'pool_free' }>

export const alloc = (books: Books, event: AllocEvent): void => {
  const { device, dmaAddr, size, dir, attrs } = event
  books.begins(event)
  if (event.event === 'dma_alloc_sgt_err' || failedAllocation(event.virtAddr)) {
    books.report(
      finding('mapping-failed', `${device}: allocating ${bytes(size)} of coherent memory failed`, {
        device,
        evidence: [event.at],
      }),
    )
    return
  }
  books.sawPointer(event.virtAddr)
  if (event.pool === undefined) books.tracker.dropCoherentAt(device, dmaAddr)
  else poolOverlap(books, event, event.pool)
  const mapping = {
    ...mappingOf(event, 'coherent', event.physAddr),
    virtAddr: event.virtAddr,
    pool: event.pool,
  }
  const type = coherentType(event.event, books.dialect)
  // The kernel does not track memory of a per-device pool; a log cannot tell where memory came from.
  books.open(
    mapping,
    event.pool === undefined
      ? [{ device, dmaAddr, size, dir, attrs, type, sgCallEnts: 0, sgMappedEnts: 0, mapErrorChecked: undefined }]
      : [],
    event,
  )
}

export const free = (books: Books, event: FreeEvent): void => {
  const { device, dmaAddr, size, dir, attrs } = event
  const type = coherentType(event.event, books.dialect)
  books.undo({ device, dmaAddr, size, dir, attrs, type, sgCallEnts: 0 }, event, event.virtAddr)
}

export const allocSgt = (books: Books, event: AllocSgtEvent): void => {
  const { device, dmaAddr, size, dir, attrs, physAddrs } = event
  books.begins(event)
  books.tracker.dropCoherentAt(device, dmaAddr)
  const entry = {
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
  books.open(mappingOf(event, 'coherent', physAddrs[0]), [entry], event)
}

export const freeSgt = (books: Books, event: FreeSgtEvent): void => {
  const { device, dmaAddr, size, dir, physAddrs } = event
  books.undo({ device, dmaAddr, size, dir, attrs: 0, type: 'sg', sgCallEnts: physAddrs.length }, event)
}

export const poolFree = (books: Books, event: PoolFreeEvent): void => {
  books.leaks.active(event.device)
  const { device, pool, dmaAddr, at } = event
  const mapping = books.tracker.at(device, dmaAddr).find((one) => one.pool !== undefined)
  if (mapping !== undefined) {
    books.tracker.close(mapping, at)
    return
  }
  const before = books.tracker.undoneAt(device, dmaAddr)
  const since = before === undefined ? 'it was never allocated' : `it was freed at ${books.context.unit} ${before.at}`
  books.report(
    finding('pool-double-free', `${device}: ${hex(dmaAddr)} was given back to ${pool}, but ${since}`, {
      device,
      evidence: before === undefined ? [at] : [before.at, at],
    }),
  )
}

/** A pool's bitmap is all that guards it: after a wrong free it hands out memory that is in use. */
const poolOverlap = (books: Books, event: AllocEvent, pool: string): void => {
  const { device, dmaAddr, size, at } = event
  for (const mapping of books.tracker.live()) {
    if (mapping.pool !== pool || mapping.dmaAddr >= dmaAddr + size || dmaAddr >= mapping.dmaAddr + mapping.size)
      continue
    books.report(
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
