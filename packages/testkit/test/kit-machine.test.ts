import { dma, reaches } from '@dmalab/api'
import { expect, it } from 'vitest'
import { kitMachine } from '../src/index.ts'
import { lastPage } from '../src/kit-machine.ts'

it.each(['arm', 'arm64'] as const)('%s: the narrow device does not reach the last page', (arch) => {
  const machine = kitMachine(arch)
  const bits = machine.devices.find(({ name }) => name === 'narrow')?.maskBits ?? 64
  expect(reaches(bits, dma(lastPage(machine)), 4096)).toBe(false)
})

it('the pool lies outside RAM, so that its memory has no struct page', () => {
  const { memory, reserved } = kitMachine('arm64')
  const inRam = reserved.filter((pool) =>
    memory.some(({ base, len }) => pool.base < base + len && base < pool.base + pool.len),
  )
  expect(inRam).toEqual([])
})

it('a translated device is there when an IOMMU is named, and only then', () => {
  const names = (iommu?: string) => kitMachine('arm64', iommu).devices.map(({ name }) => name)
  expect([names().includes('translated'), names('smmu-v3').includes('translated')]).toEqual([false, true])
})
