import { DIR, PAGE_SIZE } from '@dmalab/api'
import { openWith } from '../machines/end-to-end.mjs'

export const scale = {
  name: 'entries',
  title: 'entries of a list behind an IOMMU: mapped, synced, unmapped, 10 times',
  sizes: [1000, 10_000, 100_000],
  async open(count) {
    const { lab, device, first } = await openWith(
      { kernel: 'arm64@6.12', facts: { iommu: 'smmu', pools: [] } },
      'engine',
    )
    const pfn = (i) => first + ((7 * i) % 1024)
    const entry = (_, i) => ({ page: { kind: 'page', pfn: pfn(i) }, length: PAGE_SIZE, offset: 0 })
    const table = lab.sgTable(Array.from({ length: count }, entry))
    return {
      run() {
        for (let i = 0; i < 10; i++) {
          lab.dma.mapSgAttrs(device, table, DIR.BIDIRECTIONAL, 0)
          lab.dma.syncSgForCpu(device, table, DIR.BIDIRECTIONAL)
          lab.dma.unmapSgAttrs(device, table, DIR.BIDIRECTIONAL, 0)
        }
      },
    }
  },
}
