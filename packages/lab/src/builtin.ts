// The built-in plug-ins: the only place that names them.
import type { PluginFactory } from '@dmalab/api'
import archArm from '@dmalab/arch-arm'
import archGeneric from '@dmalab/arch-generic'
import archIommu from '@dmalab/arch-iommu'
import drivers from '@dmalab/drivers'
import patches from '@dmalab/patches'
import vb2DmaContig from '@dmalab/vb2-dma-contig'
import vb2DmaSg from '@dmalab/vb2-dma-sg'
import vb2Vmalloc from '@dmalab/vb2-vmalloc'

export const BUILT_IN: readonly PluginFactory[] = [
  archArm,
  archGeneric,
  archIommu,
  patches,
  vb2DmaContig,
  vb2DmaSg,
  vb2Vmalloc,
  drivers,
]
