// Where the DMA zone of arm64 ends follows from the tree's dma-ranges, and with it the bounce pool.
import { phys, type DeviceFacts, type Machine } from '@dmalab/api'
import { compileHotSync } from '@dmalab/hot'
import { openRegistry } from '@dmalab/lab/node'
import { openLab, parseKernel } from '@dmalab/runner'
import { expect, test } from 'vitest'

const GIB = 2 ** 30
const registry = await openRegistry()
const parts = { registry, module: compileHotSync() }

const machine = (facts: Partial<Machine>, windows: DeviceFacts['dmaRanges']): Machine => ({
  name: 'zone',
  title: 'a window for DMA',
  arch: 'arm64',
  cpu: { lineSize: 64, aliasing: false },
  memory: [{ base: 0, len: 4 * GIB }],
  reserved: [],
  layout: {},
  iommus: [],
  devices: [
    {
      name: 'narrow',
      class: 'other',
      coherent: false,
      maskBits: 32,
      pools: [],
      ...(windows && { dmaRanges: windows }),
    },
    { name: 'plain', class: 'other', coherent: false, maskBits: 32, pools: [] },
  ],
  bindings: {},
  ...facts,
})
const open = (facts: Partial<Machine>, windows?: DeviceFacts['dmaRanges']) => {
  const lab = openLab(parts, { kernel: parseKernel('arm64@6.12', registry), machine: machine(facts, windows) })
  const pool = lab.host(lab.device('plain')).swiotlb()
  if (pool === null) throw new Error('there is a bounce pool')
  return { lab, pool, end: pool.start + pool.slots * 2048 }
}

test('a window of 1 GiB ends the zone there: the whole pool is made, below it, and masks of 30 bits are taken', () => {
  const { lab, pool, end } = open({}, [{ cpu: 0, bus: 0xc000_0000, len: GIB }])
  expect(lab.facts.zoneDmaLimit).toBe(GIB - 1)
  expect(pool.slots).toBe(32_768)
  expect(end).toBeLessThanOrEqual(GIB)
  expect(lab.dma.setMask(lab.device('plain'), 30)).toMatchObject({ ok: true })
  expect(lab.dma.setMask(lab.device('plain'), 29)).toMatchObject({ ok: false, errno: 'EIO' })
})

test('without windows it ends at 4 GiB, and RAM below needs a small pool for small buffers only', () => {
  const { lab, pool } = open({})
  expect(lab.facts.zoneDmaLimit).toBe(2 ** 32 - 1)
  expect(pool.slots).toBe(2048)
  expect(lab.dma.setMask(lab.device('plain'), 30)).toMatchObject({ ok: false, errno: 'EIO' })
})

test('what the tree says of all its buses goes before the windows of the devices that a board lists', () => {
  const { lab } = open({ dmaLimit: 2 * GIB - 1 }, [{ cpu: 0, bus: 0, len: GIB }])
  expect(lab.facts.zoneDmaLimit).toBe(2 * GIB - 1)
})

test('the zone of the Raspberry Pi 4 ends at 1 GiB, where its narrow bus does', () => {
  const board = registry.boards.get('bcm2711-rpi-4-b')
  const lab = openLab(parts, { kernel: parseKernel('arm64@6.12', registry), machine: board })
  expect(lab.facts.zoneDmaLimit).toBe(GIB - 1)
  const [device] = lab.devices
  const pool = device === undefined ? null : lab.host(device).swiotlb()
  expect(pool?.slots).toBe(32_768)
  expect((pool?.start ?? phys(0)) + 32_768 * 2048).toBeLessThanOrEqual(GIB)
})
