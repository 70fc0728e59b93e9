// What a kernel makes of a board's memory at boot: zone, bounce pool, CMA area and pools for atomic calls, by the tree's dma-ranges.
import type { Machine } from '@dmalab/api'
import { bootMemory } from '@dmalab/lab'
import { openLaboratory } from '@dmalab/lab/node'
import { shippedBoard } from '@dmalab/machine'
import { expect, it } from 'vitest'

const MIB = 2 ** 20
const parts = await openLaboratory()
const boot = (machine: Machine, kernel: string, cmdline = '') =>
  bootMemory(parts, { machine, kernel, config: [], cmdline })
const pi = shippedBoard('bcm2711-rpi-4-b')

it('of a Raspberry Pi 4 lies below 1 GiB, where the window of its soc bus ends', () => {
  const { dmaZoneEnd, swiotlb, cma, atomicPools } = boot(pi, 'arm64@6.12')
  expect(dmaZoneEnd).toBe(0x3fff_ffff)
  expect(swiotlb).toMatchObject({ len: 64 * MIB, slots: 32768, forced: false })
  expect(cma).toEqual({ base: 0x3740_0000, len: 64 * MIB })
  expect(atomicPools.map(({ zone, len }) => [zone, len])).toEqual([
    ['normal', MIB / 2],
    ['dma', MIB / 2],
    ['dma32', MIB / 2],
  ])
  for (const { base, len } of [swiotlb, ...atomicPools].filter((one) => one !== null))
    expect(base + len - 1).toBeLessThanOrEqual(0x3fff_ffff)
})

it('without a window there is a full pool only where memory lies beyond 4 GiB', () => {
  const plain = (len: number): Machine => ({
    ...pi,
    memory: [{ base: 0, len }],
    reserved: [],
    devices: [],
  })
  expect(boot(plain(4096 * MIB), 'arm64@6.12')).toMatchObject({ dmaZoneEnd: 2 ** 32 - 1, cma: null })
  expect(boot(plain(4096 * MIB), 'arm64@6.12').swiotlb?.len).toBe(4 * MIB)
  expect(boot(plain(6144 * MIB), 'arm64@6.12').swiotlb?.len).toBe(64 * MIB)
  expect(boot(plain(6144 * MIB), 'arm64@6.12', 'swiotlb=4096,force').swiotlb).toMatchObject({ forced: true })
})

it('of 32-bit ARM: one pool for atomic calls, a DMA zone as large as low memory, and no bounce pool without need', () => {
  const machine = shippedBoard('odroid-xu4-2017')
  expect(boot(machine, 'arm@6.12')).toMatchObject({ dmaZoneEnd: 0x6fff_ffff, swiotlb: null })
  expect(boot(machine, 'arm@4.11')).toMatchObject({ dmaZoneEnd: null, atomicPools: [{ len: MIB / 4 }] })
})
