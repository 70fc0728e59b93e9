// Device models: codec, converter, display, capture, importers; as a plug-in.
import type { PluginApi, Plugin } from '@dmalab/api'
import { exynosDrm } from './exynos-drm.ts'
import { exynosGsc } from './exynos-gsc.ts'
import { pageWalkingImporter, syncingImporter } from './importers.ts'
import { rockchipRga } from './rockchip-rga.ts'
import { s5pMfc } from './s5p-mfc.ts'
import { vim2m, vim2mVariants } from './vim2m.ts'
import { vividDrivers } from './vivid.ts'

export {
  exynosDrm,
  exynosGsc,
  pageWalkingImporter,
  rockchipRga,
  s5pMfc,
  syncingImporter,
  vim2m,
  vim2mVariants,
  vividDrivers,
}

export default (api: PluginApi): Plugin => ({
  name: 'drivers',
  drivers: [
    s5pMfc(api),
    exynosGsc(api),
    rockchipRga(api),
    exynosDrm(api),
    vim2m(api),
    ...vim2mVariants(api),
    ...vividDrivers(api),
    syncingImporter(api),
    pageWalkingImporter(api),
  ],
})
