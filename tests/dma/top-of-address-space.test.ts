// The error address, and what no window covers, in unmap and sync: the kernel takes all ones for memory and faults where that leads.
// Nothing of it may end in an internal error.
import { DIR, type DmaAddr, type Lab, type Machine } from '@dmalab/api'
import { openLab, parseKernel } from '@dmalab/runner'
import { openLaboratory } from '@dmalab/lab/node'
import { describe, expect, it } from 'vitest'
import { oopsOf } from './arm-lab.ts'

const parts = await openLaboratory()
const RAM = 0x4000_0000
const machine = (kernel: string): Machine => {
  const device = { class: 'other', coherent: false, maskBits: 64, pools: [] } as const
  return {
    name: 'board',
    title: 'a board',
    arch: parts.registry.arches.get(parseKernel(kernel, parts.registry).base.arch).board,
    cpu: { lineSize: 64, aliasing: false },
    memory: [{ base: RAM, len: 2 ** 28 }],
    reserved: [],
    layout: {},
    iommus: [],
    devices: [
      { ...device, name: 'plain' },
      { ...device, name: 'windowed', dmaRanges: [{ cpu: RAM, bus: 0, len: 2 ** 28 }] },
    ],
    bindings: {},
  }
}
const open = (kernel: string): Lab =>
  openLab(parts, { kernel: parseKernel(kernel, parts.registry), machine: machine(kernel) })

/** DMA_MAPPING_ERROR of 64 and of 32 bits, and pages that begin or end beside them. */
const ADDRESSES = [2 ** 64 - 1, 2 ** 64 - 4096, 2 ** 53, 0xffff_ffff, 0xffff_f000] as DmaAddr[]

describe.each(['arm64@6.12', 'arm@6.12', 'arm@4.11'])('%s', (kernel) => {
  it.each(['plain', 'windowed'])('faults in unmap and sync of addresses that lead nowhere (%s device)', (name) => {
    for (const at of ADDRESSES) {
      const lab = open(kernel)
      const device = lab.device(name)
      const ops = lab.ops(device)
      for (const access of [
        () => lab.dma.unmapPageAttrs(device, at, 4096, DIR.FROM_DEVICE, 0),
        () => ops.syncSingleForCpu(at, 4096, DIR.FROM_DEVICE),
        () => ops.syncSingleForDevice(at, 1, DIR.TO_DEVICE),
      ])
        expect(oopsOf(access)).toHaveProperty('function')
    }
  })
})

it.each([
  ['arm64@6.12', '0xfffeffffbfffffff'],
  ['arm@6.12', '0xf07f7fe0'],
])('%s looks where all ones lead, as wide as its physical addresses', (kernel, address) => {
  const lab = open(kernel)
  const outside = 0xffff_ffff as DmaAddr
  expect(oopsOf(() => lab.ops(lab.device('windowed')).syncSingleForCpu(outside, 64, DIR.FROM_DEVICE)).address).toBe(
    address,
  )
})
