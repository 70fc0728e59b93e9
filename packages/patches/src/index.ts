// Shipped kernel patches, one file each.
import type { Plugin, PluginApi } from '@dmalab/api'
import { nopageRfc } from './nopage-rfc.ts'
import { pfnValid } from './pfn-valid.ts'

export { nopageRfc, pfnValid }

export default (api: PluginApi): Plugin => ({ name: '@dmalab/patches', patches: [pfnValid(api), nopageRfc(api)] })
