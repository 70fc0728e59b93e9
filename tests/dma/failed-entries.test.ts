// What a list holds after a failed dma_map_sg: the entry that failed has the error address, in as many bits as dma_addr_t has.
import { DIR, type DeviceFacts } from '@dmalab/api'
import { expect, it } from 'vitest'
import { openArmLab, page, RAM } from './arm-lab.ts'

const TOO_FAR = { maskBits: 31, busLimit: RAM + 0x10_0fff } as const
const IOMMU = { name: 'sysmmu', model: 'samsung-sysmmu', enabled: true }
const window = { iommu: 'sysmmu', dmaRanges: [{ cpu: 0, bus: 0x2000_0000, len: 0x2000 }] }

it.each<[kernel: string, config: Record<string, boolean>, facts: Partial<DeviceFacts>, error: number]>([
  ['arm@4.11', { DMABOUNCE: true }, { maskBits: 31, busLimit: 0x7fff_ffff }, 0xffff_ffff],
  ['arm@4.11', { NEED_SG_DMA_LENGTH: true }, {}, 0xffff_ffff],
  ['arm@4.11', { ARM_LPAE: true }, {}, 2 ** 64],
  ['arm@4.11', {}, window, 0xffff_ffff],
  ['arm@6.12', {}, TOO_FAR, 0xffff_ffff],
  ['arm@6.12', { ARM_LPAE: true }, TOO_FAR, 2 ** 64],
  ['arm@6.12', {}, window, 0xffff_ffff],
])('%s %o %o', (kernel, config, importer, error) => {
  const inject = kernel === 'arm@4.11' && importer !== window ? [{ what: 'mapPage', nth: 2 } as const] : []
  const lab = openArmLab({ kernel, config, importer, inject, iommus: [IOMMU] })
  // An offset: one chunk each behind an IOMMU, and a window of 32 pages has room for one.
  const list = lab.sgTable([RAM, RAM + 0x20_0000, RAM].map((at) => ({ page: page(at), offset: 256, length: 0x1_4000 })))
  expect(lab.dma.mapSgAttrs(lab.device('importer'), list, DIR.TO_DEVICE, 0).ok).toBe(false)
  expect(list.entry(1).dmaAddress).toBe(error)
})
