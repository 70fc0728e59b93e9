// Shipped kernel patches, one file each.
import type { Plugin, PluginApi } from '@dmalab/api'
import { fixDmaSegmentLimit } from './fix-dma-segment-limit.ts'
import { fixDmaUnmapAtTop } from './fix-dma-unmap-at-top.ts'
import { fixPgtableOverwrite } from './fix-pgtable-overwrite.ts'
import { fixSgSplit } from './fix-sg-split.ts'
import { fixV7sSplit } from './fix-v7s-split.ts'
import { fixV7sSupersection } from './fix-v7s-supersection.ts'
import { nopageRfc, nopageRfcPort } from './nopage-rfc.ts'
import { pfnValid } from './pfn-valid.ts'

export {
  fixDmaSegmentLimit,
  fixDmaUnmapAtTop,
  fixPgtableOverwrite,
  fixSgSplit,
  fixV7sSplit,
  fixV7sSupersection,
  nopageRfc,
  nopageRfcPort,
  pfnValid,
}

export default (api: PluginApi): Plugin => ({
  name: '@dmalab/patches',
  patches: [
    pfnValid(api),
    nopageRfc(api),
    nopageRfcPort(api),
    fixSgSplit(api),
    fixV7sSplit(),
    fixV7sSupersection(),
    fixPgtableOverwrite(),
    fixDmaSegmentLimit(),
    fixDmaUnmapAtTop(),
  ],
})
