// Bus addresses for an array of page pointers: neighbours are mapped together, and a failure undoes what was mapped before it.
import { type DmaAddr, fail, type Host, ok, pfn, type PhysAddr, pluginApi, type SgPage } from '@dmalab/api'
import { expect, it } from 'vitest'
import { createMapping } from '../src/iommu/create-mapping.ts'
import type { ArmIommuParts } from '../src/index.ts'

const PAGE = 4096
const BASE = 0x2000_0000
const open = (failAt = 0, space = true) => {
  const log: (string | number)[][] = []
  let calls = 0
  const pfnOf = (page: SgPage) => (page.kind === 'page' ? page.pfn : pfn(7))
  const parts = {
    space: {
      alloc: (size: number) => (space ? (log.push(['take', size]), BASE as DmaAddr) : undefined),
      free: (at: number, size: number) => log.push(['free', at, size]),
    },
    mapper: {
      map: (at: number, to: number, len: number, prot: number) => {
        if (++calls === failAt) return fail('ENOMEM', 'no table')
        log.push(['map', at - BASE, to, len, prot])
        return ok(undefined)
      },
      unmap: (at: number, len: number) => log.push(['unmap', at - BASE, len]),
    },
    pageToPhys: (page: SgPage) => (pfnOf(page) * PAGE) as PhysAddr,
  } as unknown as ArmIommuParts
  const host = { mem: { pageToPfn: pfnOf } } as unknown as Host
  const create = createMapping(pluginApi, host, parts)
  return {
    log,
    create: (frames: readonly number[], attrs = 0) =>
      create(
        frames.map((n) => ({ kind: 'page', pfn: pfn(n) })),
        attrs,
      ),
  }
}

it.each([
  [[5], [[0, 5, 1]]],
  [[5, 6, 7], [[0, 5, 3]]],
  [
    [5, 6, 9, 8, 7],
    [
      [0, 5, 2],
      [2, 9, 1],
      [3, 8, 1],
      [4, 7, 1],
    ],
  ],
  [
    [5, 5, 6],
    [
      [0, 5, 1],
      [1, 5, 2],
    ],
  ],
  [[0, 1], [[0, 0, 2]]],
])('page frames %j are mapped in pieces %j', (frames, pieces) => {
  const { create, log } = open()
  expect(create(frames)).toEqual({ ok: true, value: BASE })
  expect(log).toEqual([
    ['take', frames.length * PAGE],
    ...pieces.map(([at = 0, first = 0, count = 0]) => ['map', at * PAGE, first * PAGE, count * PAGE, 3]),
  ])
})

it.each([
  [1, 0],
  [2, 2],
  [3, 3],
])('where piece %i fails, the %i pages before it are unmapped, and all addresses come back', (failAt, pages) => {
  const { create, log } = open(failAt)
  expect(create([5, 6, 9, 8])).toMatchObject({ errno: 'ENOMEM' })
  expect(log.slice(-2)).toEqual([
    ['unmap', 0, pages * PAGE],
    ['free', BASE, 4 * PAGE],
  ])
})

it('without addresses nothing is mapped', () => {
  const { create, log } = open(0, false)
  expect(create([5, 6])).toEqual({ ok: false, errno: 'ENOMEM', why: 'no bus address for 8192 bytes' })
  expect(log).toEqual([])
})
