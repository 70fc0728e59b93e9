// The built-in plug-ins: the only place that names them.
import type { PluginFactory } from '@dmalab/api'
import archArm from '@dmalab/arch-arm'
import drivers from '@dmalab/drivers'
import patches from '@dmalab/patches'
import vb2DmaContig from '@dmalab/vb2-dma-contig'

export const BUILT_IN: readonly PluginFactory[] = [archArm, patches, vb2DmaContig, drivers]
