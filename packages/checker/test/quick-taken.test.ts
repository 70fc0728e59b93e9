// What the short way of pairing takes: plain mappings, also when something happens elsewhere meanwhile. Whatever it leaves costs time.
import { DIR, type Event, type EventBody } from '@dmalab/api'
import { expect, test } from 'vitest'
import { type Checker, createChecker } from '../src/index.ts'
import { map, mapSg, RAM, SESSION, sync, syncSg, unmap, unmapSg } from './events.ts'

const AWAY = RAM + 0x80_0000
const BOTH = { dir: DIR.BIDIRECTIONAL }
const open = (): {
  checker: Checker
  tell: (body: EventBody) => void
  mapped: () => boolean
  undone: () => boolean
} => {
  const checker = createChecker()
  checker.onEvent({ ...SESSION, at: 0 })
  let at = 0
  return {
    checker,
    tell: (body) => checker.onEvent({ ...body, at: (at += 1) } as Event),
    mapped: () => checker.onMap('dma_map_page', 'dev', RAM, 4096, DIR.FROM_DEVICE, 0, RAM, (at += 1), 7),
    undone: () => checker.onUnmap('dma_unmap_page', 'dev', RAM, 4096, DIR.FROM_DEVICE, 0, (at += 1)),
  }
}
const resource = (dmaAddr: number): EventBody => ({ ...map(dmaAddr), event: 'dma_map_resource' }) as EventBody
const asked = (dmaAddr: number): EventBody => ({ event: 'dma_mapping_error', device: 'dev', dmaAddr })

test('one after the other', () => {
  const { mapped, undone, checker } = open()
  for (let round = 0; round < 50; round += 1) expect([mapped(), undone()]).toEqual([true, true])
  expect(checker.finish().findings).toEqual([])
})

test.each<[string, readonly EventBody[]]>([
  ['a step', [{ event: 'step', what: 'x' }]],
  ['a page of an IOMMU', [{ event: 'map', iova: RAM, end: RAM + 4096, physAddr: RAM, size: 4096 }]],
  ['memory of a device elsewhere', [resource(AWAY)]],
  ['its unmap', [resource(AWAY), { ...unmap(AWAY), event: 'dma_unmap_resource' } as EventBody]],
  ['a list elsewhere', [mapSg([AWAY, AWAY + 0x2000])]],
  ['its unmap as well', [mapSg([AWAY]), unmapSg([AWAY])]],
  ['its syncs', [mapSg([AWAY], BOTH), syncSg('cpu', [AWAY], BOTH), syncSg('device', [AWAY], BOTH)]],
  ['a list that failed', [{ event: 'dma_map_sg_err', device: 'dev', dir: 1, physAddrs: [AWAY], err: -5, attrs: 0 }]],
  ['a question about it', [asked(RAM)]],
  ['a bounce', [{ event: 'swiotlb_bounced', device: 'x', dmaMask: 1, devAddr: AWAY, size: 8, force: false }]],
])('%s between map and unmap', (_what, between) => {
  const { mapped, undone, tell } = open()
  expect(mapped()).toBe(true)
  for (const body of between) tell(body)
  expect(undone()).toBe(true)
})

test.each<[string, readonly EventBody[]]>([
  ['another mapping of that memory', [resource(RAM)]],
  ['a list of it', [mapSg([RAM], { dir: DIR.FROM_DEVICE })]],
  ['a sync of a list with another size', [mapSg([AWAY], BOTH), syncSg('cpu', [AWAY], { ...BOTH, size: 64 })]],
  ['a sync of a part', [sync('cpu', RAM, { size: 64, dir: DIR.FROM_DEVICE })]],
  ['an event that is not known to be harmless', [{ event: 'driver_unbound', device: 'other' }]],
])('%s between them is the ledger’s', (_what, between) => {
  const { mapped, undone, tell } = open()
  expect(mapped()).toBe(true)
  for (const body of between) tell(body)
  expect(undone()).toBe(false)
})

test('where drivers ask whether a mapping failed, one of which they did not is left', () => {
  const { mapped, undone, tell } = open()
  tell(asked(AWAY))
  expect([mapped(), undone()]).toEqual([true, false])
  tell(unmap(RAM, { dir: DIR.FROM_DEVICE }))
  expect(mapped()).toBe(true)
  tell(asked(RAM))
  expect(undone()).toBe(true)
})
