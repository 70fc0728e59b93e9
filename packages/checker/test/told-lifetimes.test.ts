// What is said of memory that is given back wrongly or never, word for word, with the steps that prove it.
import { DIR, type EventBody } from '@dmalab/api'
import { expect, test } from 'vitest'
import { alloc, deviceAccess, free, map, POOL, RAM, said, unmap } from './events.ts'
const BIDI = { dir: DIR.BIDIRECTIONAL }
const END: EventBody = { event: 'end' }

type Row = readonly [string, readonly EventBody[], readonly string[]]

const linked = (dmaAddr: number, physAddr: number): EventBody => ({
  event: 'iova_link',
  device: 'dev',
  dmaAddr,
  size: 4096,
  dir: DIR.FROM_DEVICE,
  attrs: 0,
  physAddr,
})
const range = (event: 'iova_sync' | 'iova_unlink', dmaAddr: number, size: number, device = 'dev'): EventBody => ({
  event,
  device,
  dmaAddr,
  size,
})
const poolFree = (dmaAddr: number): EventBody => ({
  event: 'pool_free',
  device: 'dev',
  pool: 'pool',
  dmaAddr,
  size: 8192,
})
const allocSgt = (physAddrs: readonly number[], dmaAddr = RAM): EventBody => ({
  event: 'dma_alloc_sgt',
  device: 'dev',
  dir: DIR.FROM_DEVICE,
  dmaAddr,
  size: 8192,
  flags: 'GFP_KERNEL',
  attrs: 0,
  physAddrs,
})
const freeSgt = (physAddrs: readonly number[], size = 8192): EventBody => ({
  event: 'dma_free_sgt',
  device: 'dev',
  dir: DIR.FROM_DEVICE,
  dmaAddr: RAM,
  size,
  physAddrs,
})
const LIFETIMES: readonly Row[] = [
  [
    'a free of coherent memory that was freed before says when',
    [alloc(RAM), free(RAM), free(RAM)],
    [
      'unmap-not-mapped dev: 0x40000000 (8 KiB) was freed but is not mapped; coherent block 0x40000000 (8 KiB) was undone at step 2 @1,2,3',
    ],
  ],
  [
    'coherent memory that was unmapped stays allocated, until it is freed',
    [alloc(RAM), unmap(RAM, { ...BIDI, size: 8192 }), END],
    [
      'unmap-function dev: coherent block 0x40000000 (8 KiB) of type coherent was unmapped as page @1,2',
      'leak-coherent dev: coherent block 0x40000000 (8 KiB) was never freed @1,3',
    ],
  ],
  [
    'the free of such memory is not known to the kernel, and gives it back',
    [alloc(RAM), unmap(RAM, { ...BIDI, size: 8192 }), free(RAM), END],
    [
      'unmap-function dev: coherent block 0x40000000 (8 KiB) of type coherent was unmapped as page @1,2',
      'unmap-not-mapped dev: 0x40000000 (8 KiB) was freed but is not mapped @3',
    ],
  ],
  [
    'a list that was allocated is freed by its own call',
    [allocSgt([RAM, RAM + 4096]), freeSgt([RAM, RAM + 4096]), END],
    [],
  ],
  [
    'and is a leak of coherent memory else; fewer entries and another size are noticed',
    [allocSgt([RAM, RAM + 4096]), freeSgt([RAM], 4096), allocSgt([RAM]), END],
    [
      'unmap-size dev: coherent block 0x40000000 (8 KiB) was unmapped with 4 KiB instead of 8 KiB @1,2',
      'unmap-sg-count dev: coherent block 0x40000000 (8 KiB) was unmapped with 1 entries instead of 2 @1,2',
      'leak-coherent dev: coherent block 0x40000000 (8 KiB) was never freed @3,4',
    ],
  ],
  [
    'memory of a pool that was given back twice names the first time',
    [alloc(POOL, { pool: 'pool' }), poolFree(POOL), poolFree(POOL), poolFree(POOL + 8192)],
    [
      'pool-double-free dev: 0x60000000 was given back to pool, but it was freed at step 2 @2,3',
      'pool-double-free dev: 0x60002000 was given back to pool, but it was never allocated @4',
    ],
  ],
  [
    'a pool that hands out what is in use says whose it is',
    [
      alloc(POOL, { pool: 'pool' }),
      alloc(POOL + 4096, { pool: 'pool', size: 4096 }),
      alloc(POOL, { pool: 'next' }),
      poolFree(POOL + 4096),
    ],
    [
      'pool-overlap dev: pool handed out 0x60001000 (4 KiB), which dev still has as coherent block 0x60000000 (8 KiB, pool pool) @1,2',
      'live-at-end dev: 2 mappings (16 KiB) live at the end @1,3',
    ],
  ],
  [
    'blocks of a pool that touch do not overlap',
    [alloc(POOL, { pool: 'pool' }), alloc(POOL + 8192, { pool: 'pool' }), poolFree(POOL), poolFree(POOL + 8192), END],
    [],
  ],
  [
    'allocations and lists that fail are told with what was asked for',
    [
      alloc(0, { virtAddr: '0000000000000000' }),
      {
        event: 'dma_alloc_sgt_err',
        device: 'dev',
        dir: 0,
        dmaAddr: 0,
        size: 4096,
        virtAddr: '0',
        flags: '',
        attrs: 0,
      } as EventBody,
      { event: 'dma_map_sg_err', device: 'dev', dir: 0, err: -12, attrs: 0, physAddrs: [RAM, RAM + 8192] } as EventBody,
      { ...map(RAM), dmaAddr: 2 ** 32 - 1 } as EventBody,
      unmap(2 ** 32 - 1),
    ],
    [
      'mapping-failed dev: allocating 8 KiB of coherent memory failed @1',
      'mapping-failed dev: allocating 4 KiB of coherent memory failed @2',
      'mapping-failed dev: mapping a scatterlist of 2 entries failed with -12 @3',
      'mapping-failed dev: mapping 4 KiB at physical 0x40000000 was refused @4',
      'unmap-error-cookie dev: the address of a failed mapping (4 KiB) was unmapped @5',
    ],
  ],
  [
    'a mapping of nothing',
    [map(RAM, { size: 0 }), unmap(RAM, { size: 0 })],
    ['map-zero-length dev: a mapping of 0 bytes at 0x40000000 @1'],
  ],
  [
    'a link is used only after its sync, once told; an unlink of its addresses ends it',
    [
      linked(0xff00_0000, RAM),
      deviceAccess(true, 0xff00_0000, 64),
      deviceAccess(true, 0xff00_0000, 64),
      linked(0xff00_1000, RAM + 0x10_0000),
      range('iova_sync', 0xff00_0000, 0x2000),
      deviceAccess(true, 0xff00_1000, 64),
      range('iova_unlink', 0xff00_0000, 0x1000),
      range('iova_unlink', 0xff00_1000, 0x1000, 'other'),
      END,
    ],
    [
      'iova-not-synced dev used link 0xff000000 (4 KiB, FROM_DEVICE) at 0xff000000 before dma_iova_sync() @1,2',
      'leak-mapping dev: link 0xff001000 (4 KiB, FROM_DEVICE) was never unmapped @4,9',
    ],
  ],
]

test.each(LIFETIMES)('%s', (_what, events, wanted) => {
  expect(said(events)).toEqual(wanted)
})

test('in a log lines are named, in a run steps', () => {
  const events = [alloc(RAM), free(RAM), free(RAM)]
  expect(said(events)[0]).toContain('was undone at step 2')
  expect(said(events, { session: undefined })[0]).toContain('was undone at line 2')
})
