// Where the search for bounce slots begins: known from what the programs did, but for lists whose entries are chance. A udmabuf that could
// not be mapped took as many slots as its first run of pages is long before it failed, and nothing tells how long that was.
import { ATTR, DIR, PAGE_SIZE, physOf } from '@dmalab/api'
import type { ProgramRecord } from '../records.ts'
import type { DmaBoot } from './dma-boot.ts'

const SLOT = 2048

/** Before step `index`: notes a udmabuf that fails to map, and lets the next bounce begin where the record has it. */
export const settleSlots = (boot: DmaBoot, record: ProgramRecord, index: number): void => {
  const [command, name = ''] = (record.program[index] ?? '').split(' ')
  const recorded = record.steps[index] ?? ''
  const [, offset] = / tlb:([0-9a-f]+)/.exec(recorded) ?? []
  if (boot.slotsUnknown && offset !== undefined) {
    moveTo(boot, Math.floor(Number.parseInt(offset, 16) / SLOT))
    boot.slotsUnknown = false
  }
  if (command !== 'dmap' || !recorded.startsWith('dmap E') || !boot.lab.facts.udmabufMerges) return
  const user = boot.find('attachment', name)?.buffer.user ?? null
  if (user !== null && user.len > PAGE_SIZE) boot.slotsUnknown = true
}

/** One slot after the other is taken and given back until the next search begins there. */
const moveTo = (boot: DmaBoot, slot: number): void => {
  const pool = boot.defaultPool
  if (pool === undefined || pool.freeRuns()[slot] === 0) return
  const page = boot.foreignPage()
  if (page.kind !== 'page') return
  for (let tries = 0; tries < pool.slots && pool.areas()[0]?.index !== slot; tries++) {
    const tlb = pool.tblMapSingle(physOf(page.pfn), 1, 0, DIR.TO_DEVICE, ATTR.SKIP_CPU_SYNC)
    if (tlb === undefined) return
    pool.tblUnmapSingle(tlb, 1, DIR.TO_DEVICE, ATTR.SKIP_CPU_SYNC)
  }
}
