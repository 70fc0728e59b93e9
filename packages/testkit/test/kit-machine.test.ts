import { dma, reaches } from '@dmalab/api'
import { expect, it } from 'vitest'
import { kitMachine } from '../src/index.ts'
import { lastPage } from '../src/kit-machine.ts'

const ARM = { board: 'arm', pointerBits: 32 } as const
const ARM64 = { board: 'arm64', pointerBits: 64 } as const

it.each([ARM, ARM64])('$board: the narrow device does not reach the last page', (arch) => {
  const machine = kitMachine(arch)
  const bits = machine.devices.find(({ name }) => name === 'narrow')?.maskBits ?? 64
  expect(reaches(bits, dma(lastPage(machine)), 4096)).toBe(false)
})

it('the pool lies outside RAM, so that its memory has no struct page', () => {
  const { memory, reserved } = kitMachine(ARM64)
  const inRam = reserved.filter((pool) =>
    memory.some(({ base, len }) => pool.base < base + len && base < pool.base + pool.len),
  )
  expect(inRam).toEqual([])
})

it('a translated device is there when an IOMMU is named, and only then', () => {
  const names = (iommu?: string) => kitMachine(ARM64, iommu).devices.map(({ name }) => name)
  expect([names().includes('translated'), names('smmu-v3').includes('translated')]).toEqual([false, true])
})
