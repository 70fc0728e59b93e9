import { DIR, PAGE_SIZE } from '@dmalab/api'
import { openWith } from '../machines/end-to-end.mjs'

/** Behind an IOMMU, with the checker: each mapping has a bus address of its own. */
const WHAT = { kernel: 'arm64@6.12', facts: { iommu: 'smmu', maskBits: 40, pools: [] } }

export const scale = {
  name: 'live mappings',
  title: 'pages mapped one by one, then unmapped, checker on',
  sizes: [10_000, 100_000, 1_000_000],
  async open(count) {
    const { lab, device, first } = await openWith(WHAT, 'checked')
    const page = { kind: 'page', pfn: first }
    const handles = new Float64Array(count)
    return {
      run() {
        for (let i = 0; i < count; i++)
          handles[i] = lab.dma.mapPageAttrs(device, page, 0, PAGE_SIZE, DIR.TO_DEVICE, 0).value
        for (let i = 0; i < count; i++) lab.dma.unmapPageAttrs(device, handles[i], PAGE_SIZE, DIR.TO_DEVICE, 0)
      },
    }
  },
}
