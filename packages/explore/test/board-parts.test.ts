import type { Arch, DeviceFacts, Machine } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { castOf, machineOnBoard, partsOn } from '../src/board-parts.ts'

const ARM = { board: 'arm' } as Arch
const device = (name: string, facts: Partial<DeviceFacts> = {}): DeviceFacts => ({
  name,
  class: 'codec',
  coherent: false,
  maskBits: 32,
  pools: [],
  ...facts,
})
const board = (...devices: readonly DeviceFacts[]): Machine =>
  ({ name: 'bench', arch: 'arm', reserved: [], devices }) as unknown as Machine
const BOARD = board(device('vpu'), device('vpp'), device('mfc', { pools: ['left'] }), device('gpu', { iommu: 'mmu' }))
const parts = (devices: readonly string[], machine = BOARD) => partsOn({ machine, devices }, 'arm@4.11', ARM)

describe('devices chosen by their facts', () => {
  it('one of each kind takes either part, and the usual exporter has a pool', () => {
    expect(parts([])).toMatchObject({ exporters: ['mfc', 'vpu', 'gpu'], importers: ['vpu', 'gpu'], second: null })
  })
  it('a board with one device is refused', () => {
    expect(() => parts([], board(device('vpu')))).toThrow('one device that does DMA')
  })
})

describe('devices by name', () => {
  it('the first exports, the next ones import', () => {
    expect(parts(['gpu', 'mfc', 'vpu'])).toMatchObject({ exporters: ['gpu'], importers: ['mfc'], second: 'vpu' })
  })
  it.each([
    [['nope', 'gpu'], 'has no device "nope"'],
    [['gpu'], 'an exploration has an exporter, an importer'],
    [['gpu', 'gpu'], 'an exploration has an exporter, an importer'],
  ])('%j is refused', (devices, message) => {
    expect(() => parts(devices)).toThrow(message)
  })
  it('a kernel of another architecture is refused', () => {
    expect(() => partsOn({ machine: BOARD, devices: [] }, 'arm64@6.12', { board: 'arm64' } as Arch)).toThrow(
      'has arm processors, and arm64@6.12 is a kernel for arm64',
    )
  })
})

it('where both axes name one device the usual one takes the other part', () => {
  expect(castOf(parts([]), 'vpu', 'vpu')).toEqual({ exporter: 'vpu', importer: 'gpu' })
  expect(castOf(parts(['mfc', 'vpu']), 'mfc', 'vpu')).toEqual({ exporter: 'mfc', importer: 'vpu' })
})

it('a configuration changes drivers and pools of its two devices, and nothing else', () => {
  const cast = { exporter: 'mfc', importer: 'vpu' }
  const roles = { cast, pooled: false, exporterClass: 'camera', importerDriver: 'vivid-dma-sg' } as const
  expect(machineOnBoard(parts([]), roles).devices).toEqual([
    device('vpu', { class: 'converter', driver: 'vivid-dma-sg' }),
    device('vpp'),
    device('mfc', { class: 'camera' }),
    device('gpu', { iommu: 'mmu' }),
  ])
})
