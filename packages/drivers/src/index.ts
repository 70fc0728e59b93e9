// Device models: codec, converter, display, capture, importers; as a plug-in.
import type { PluginApi, Plugin } from '@dmalab/api'
import { exynosDrm } from './exynos-drm.ts'
import { exynosGsc } from './exynos-gsc.ts'
import { drmDisplay } from './drm-display.ts'
import { drmGpu, pageWalkingImporter, syncingImporter } from './importers.ts'
import { rockchipRga } from './rockchip-rga.ts'
import { s5pMfc } from './s5p-mfc.ts'
import { v4l2Capture } from './v4l2-capture.ts'
import { v4l2M2m } from './v4l2-m2m.ts'
import { vim2m, vim2mVariants } from './vim2m.ts'
import { vividDrivers } from './vivid.ts'

export {
  drmDisplay,
  drmGpu,
  exynosDrm,
  exynosGsc,
  pageWalkingImporter,
  rockchipRga,
  s5pMfc,
  syncingImporter,
  v4l2Capture,
  v4l2M2m,
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
    v4l2M2m(api),
    v4l2Capture(api),
    drmDisplay(api),
    drmGpu(api),
  ],
})
