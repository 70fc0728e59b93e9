// Sizes of 0: what the kernel's order of nothing, get_order(0), makes of them.
import { DIR, type DeviceFacts, type DmaAddr, type Lab } from '@dmalab/api'
import { expect, it } from 'vitest'
import { must, openArmLab, page, RAM } from './arm-lab.ts'

const IOMMU = { name: 'sysmmu', model: 'samsung-sysmmu', enabled: true }
const open = (kernel: string, importer: Partial<DeviceFacts>): Lab => openArmLab({ kernel, importer, iommus: [IOMMU] })

it.each(['arm@4.11', 'arm@6.12'])('%s has no coherent memory of 0 bytes', (kernel) => {
  for (const facts of [{}, { coherent: true }, { iommu: 'sysmmu' }, { iommu: 'sysmmu', coherent: true }]) {
    const lab = open(kernel, facts)
    const device = lab.device('importer')
    const before = JSON.stringify([...lab.balance()])
    expect(lab.dma.allocAttrs(device, 0, 0, 'nothing')).toMatchObject({ errno: 'ENOMEM' })
    expect(lab.dma.allocAtomic(device, 0, 0, 'nothing')).toMatchObject({ errno: 'ENOMEM' })
    expect(JSON.stringify([...lab.balance()])).toBe(before)
  }
})

it.each(['arm@4.11', 'arm@6.12'])('%s gives a mapping of 0 bytes behind an IOMMU the largest alignment', (kernel) => {
  const lab = open(kernel, { iommu: 'sysmmu' })
  const map = (size: number): DmaAddr =>
    must(lab.dma.mapPageAttrs(lab.device('importer'), page(RAM), 0, size, DIR.TO_DEVICE, 0))
  expect([map(4096), map(0), map(4096)]).toEqual([0, 0x10_0000, 0x1000])
})
