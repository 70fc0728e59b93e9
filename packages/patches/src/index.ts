// Shipped kernel patches, one file each.
import type { Plugin, PluginApi } from '@dmalab/api'
import { fixSgSplit } from './fix-sg-split.ts'
import { nopageRfc } from './nopage-rfc.ts'
import { pfnValid } from './pfn-valid.ts'

export { fixSgSplit, nopageRfc, pfnValid }

export default (api: PluginApi): Plugin => ({
  name: '@dmalab/patches',
  patches: [pfnValid(api), nopageRfc(api), fixSgSplit(api)],
})
