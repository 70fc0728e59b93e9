// Board files that are nearly so: one step from a hazard, lint has nothing to say of them.
import { expect, it } from 'vitest'
import type { DeviceFacts, Machine, ReservedRegion } from '@dmalab/api'
import { lintMachine } from '../../src/lint/machine.ts'

const MIB = 2 ** 20
const REGION: ReservedRegion = {
  name: 'p',
  base: 0x5000_0000,
  len: 8 * MIB,
  compatible: 'shared-dma-pool',
  noMap: true,
  reusable: false,
}
const DEVICE: DeviceFacts = { name: 'codec', class: 'codec', coherent: false, maskBits: 32, pools: ['p'] }
const machine = (
  reserved: readonly ReservedRegion[],
  devices: readonly DeviceFacts[] = [DEVICE],
  arch = 'arm',
): Machine => ({
  name: 'm',
  title: 'm',
  arch,
  cpu: { lineSize: 64, aliasing: false },
  memory: [{ base: 0x4000_0000, len: 2 ** 30 }],
  reserved,
  layout: {},
  iommus: [
    { name: 'mmu', model: 'smmu', enabled: true },
    { name: 'off', model: 'smmu', enabled: false },
  ],
  devices,
  bindings: {},
})
const pool = (changes: Partial<ReservedRegion>): ReservedRegion => ({ ...REGION, ...changes })
const codec = (changes: Partial<DeviceFacts>): DeviceFacts => ({ ...DEVICE, ...changes })

it.each<[what: string, found: readonly string[], board: Machine]>([
  ['regions that touch', [], machine([REGION, pool({ name: 'q', base: 0x5080_0000 })])],
  ['a region that touches from below', [], machine([REGION, pool({ name: 'q', base: 0x4f80_0000 })])],
  ['one byte of overlap', ['region-overlap'], machine([REGION, pool({ name: 'q', base: 0x4f80_1000 })])],
  [
    'the first of memory, the last of memory',
    [],
    machine([pool({ base: 0x4000_0000 }), pool({ name: 'q', base: 0x7f80_0000 })]),
  ],
  ['a page too far', ['region-past-memory'], machine([pool({ base: 0x7f80_1000 })])],
  ['a page too early', ['region-past-memory'], machine([pool({ base: 0x3fff_f000 })])],
  ['behind memory', ['region-outside-memory'], machine([pool({ base: 0x8000_0000 })])],
  ['a mapped pool elsewhere', [], machine([pool({ noMap: false })], [DEVICE], 'arm64')],
  ['a CMA area', [], machine([pool({ noMap: false, reusable: true, default: 'cma' })])],
  ['a mapped restricted pool', [], machine([pool({ noMap: false, compatible: 'restricted-dma-pool' })])],
  [
    'one that is reused',
    ['region-flags'],
    machine([pool({ noMap: false, reusable: true, compatible: 'restricted-dma-pool' })]),
  ],
  ['a mapped region of another kind', [], machine([pool({ noMap: false, compatible: 'ramoops' })])],
  [
    'a default area of another kind',
    ['region-flags'],
    machine([pool({ noMap: false, reusable: true, compatible: 'ramoops', default: 'cma' })]),
  ],
  [
    'a default area that is not reused',
    ['region-flags', 'region-flags'],
    machine([pool({ noMap: false, default: 'cma' })]),
  ],
  [
    'defaults of two kinds',
    [],
    machine([
      pool({ default: 'dma' }),
      pool({ name: 'q', base: 0x6000_0000, noMap: false, reusable: true, default: 'cma' }),
    ]),
  ],
  [
    'a window that holds the pool to the byte',
    [],
    machine([REGION], [codec({ dmaRanges: [{ cpu: 0x5000_0000, bus: 0, len: 8 * MIB }] })]),
  ],
  [
    'a window one page short',
    ['pool-outside-window'],
    machine([REGION], [codec({ dmaRanges: [{ cpu: 0x5000_0000, bus: 0, len: 8 * MIB - 4096 }] })]),
  ],
  [
    'the second window',
    [],
    machine(
      [REGION],
      [
        codec({
          dmaRanges: [
            { cpu: 0, bus: 0, len: 4096 },
            { cpu: 0x5000_0000, bus: 0, len: 8 * MIB },
          ],
        }),
      ],
    ),
  ],
  ['a bus limit at its last byte', [], machine([REGION], [codec({ busLimit: 0x507f_ffff })])],
  ['a bus limit one byte short', ['pool-beyond-mask'], machine([REGION], [codec({ busLimit: 0x507f_fffe })])],
  [
    'a bus address that the mask just reaches',
    [],
    machine([REGION], [codec({ dmaRanges: [{ cpu: 0x5000_0000, bus: 2 ** 32 - 8 * MIB, len: 8 * MIB }] })]),
  ],
  [
    'one page beyond it',
    ['pool-beyond-mask'],
    machine([REGION], [codec({ dmaRanges: [{ cpu: 0x5000_0000, bus: 2 ** 32 - 8 * MIB + 4096, len: 8 * MIB }] })]),
  ],
  ['an IOMMU that is off', ['pool-beyond-mask'], machine([REGION], [codec({ maskBits: 24, iommu: 'off' })])],
  ['a pool of another kind', [], machine([pool({ compatible: 'ramoops' })], [codec({ maskBits: 24 })])],
  [
    'a pool without a kind',
    [],
    machine([{ name: 'p', base: 0x5000_0000, len: MIB, noMap: true, reusable: false }], [codec({ maskBits: 24 })]),
  ],
  ['two that snoop', [], machine([REGION], [codec({ coherent: true }), codec({ name: 'gpu', coherent: true })])],
  [
    'one that snoops and does not use it',
    [],
    machine([REGION], [DEVICE, codec({ name: 'gpu', coherent: true, pools: [] })]),
  ],
])('of a board file with %s: %j', (_, found, board) => {
  expect(lintMachine(board).map(({ code }) => code)).toEqual(found)
})
