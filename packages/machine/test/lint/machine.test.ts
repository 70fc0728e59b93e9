import { describe, expect, it } from 'vitest'
import type { DeviceFacts, Machine, ReservedRegion, Severity } from '@dmalab/api'
import type { LintCode } from '../../src/lint/finding.ts'
import { lintMachine } from '../../src/lint/machine.ts'
import { shippedBoards } from '../../src/shipped-boards.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30
const POOL: ReservedRegion = {
  name: 'p',
  base: 0x5000_0000,
  len: 8 * MIB,
  compatible: 'shared-dma-pool',
  noMap: true,
  reusable: false,
}
const CODEC: DeviceFacts = { name: 'codec', class: 'codec', coherent: false, maskBits: 32, pools: ['p'] }
const board = (reserved: readonly ReservedRegion[], devices: readonly DeviceFacts[] = [CODEC]): Machine => ({
  name: 'm',
  title: 'm',
  arch: 'arm',
  cpu: { lineSize: 64, aliasing: false },
  memory: [{ base: 0x4000_0000, len: GIB }],
  reserved,
  layout: {},
  iommus: [{ name: 'mmu', model: 'smmu', enabled: true }],
  devices,
  bindings: {},
})
const pool = (changes: Partial<ReservedRegion>): ReservedRegion => ({ ...POOL, ...changes })
const codec = (changes: Partial<DeviceFacts>): DeviceFacts => ({ ...CODEC, ...changes })

const HAZARDS: readonly (readonly [string, LintCode, Severity, Machine])[] = [
  ['regions that overlap', 'region-overlap', 'error', board([POOL, pool({ name: 'q' })])],
  ['a pool past memory', 'region-past-memory', 'error', board([pool({ base: 0x7fc0_0000 })])],
  ['a pool outside memory', 'region-outside-memory', 'info', board([pool({ base: 0 })])],
  ['a mapped region outside memory', 'region-outside-memory', 'error', board([pool({ base: 0, noMap: false })])],
  ['noMap with reusable', 'region-flags', 'error', board([pool({ reusable: true })])],
  ['a mapped coherent pool on 32-bit ARM', 'region-flags', 'error', board([pool({ noMap: false })])],
  [
    'a restricted pool that is not mapped',
    'region-flags',
    'error',
    board([pool({ compatible: 'restricted-dma-pool' })]),
  ],
  ['a default CMA area that is none', 'region-flags', 'error', board([pool({ default: 'cma' })])],
  [
    'two default areas',
    'region-default-twice',
    'warning',
    board([pool({ default: 'dma' }), pool({ name: 'q', base: 0x6000_0000, default: 'dma' })]),
  ],
  [
    'a pool outside the windows',
    'pool-outside-window',
    'error',
    board([POOL], [codec({ dmaRanges: [{ cpu: 0x4000_0000, bus: 0, len: MIB }] })]),
  ],
  ['a pool beyond the mask', 'pool-beyond-mask', 'error', board([POOL], [codec({ maskBits: 30 })])],
  ['a pool beyond the bus', 'pool-beyond-mask', 'error', board([POOL], [codec({ busLimit: 0x4fff_ffff })])],
  [
    'a shared pool and one that snoops',
    'pool-mixed-coherence',
    'warning',
    board([POOL], [CODEC, codec({ name: 'gpu', coherent: true })]),
  ],
]

describe('lint of a board file', () => {
  it.each(HAZARDS)('finds %s', (_, code, severity, machine) => {
    expect(lintMachine(machine)).toContainEqual(expect.objectContaining({ code, severity }))
  })

  it('says nothing of a good board, nor of a pool that an IOMMU brings into reach', () => {
    expect(lintMachine(board([POOL]))).toEqual([])
    expect(lintMachine(board([POOL], [codec({ maskBits: 30, iommu: 'mmu' })]))).toEqual([])
  })

  it('says of the shipped boards only what their real trees have', () => {
    const found = shippedBoards().flatMap((machine) =>
      lintMachine(machine).map(({ severity, code, node }) => ({ board: machine.name, severity, code, node })),
    )
    expect(found.filter(({ severity }) => severity !== 'info')).toEqual([
      { board: 'sc7180-idp', severity: 'error', code: 'region-overlap', node: 'memory@8b700000' },
    ])
  })
})
