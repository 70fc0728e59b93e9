// exynos-drm: where it looks at the pieces of an import depends on the release.
import type { DriverDef, PluginApi } from '@dmalab/api'
import { createDisplay } from './display.ts'

/**
 * Scan-out hardware needs each plane in one piece, which is looked at when a frame buffer is made, later at the import.
 * Models: Linux v4.11 drivers/gpu/drm/exynos/exynos_drm_fb.c: check_fb_gem_memory_type, exynos_user_fb_create
 * Models: Linux v6.12 drivers/gpu/drm/exynos/exynos_drm_gem.c: exynos_drm_gem_prime_import_sg_table
 */
export const exynosDrm = (api: PluginApi): DriverDef => ({
  name: 'exynos-drm',
  source: 'Linux v4.11 and v6.12 drivers/gpu/drm/exynos',
  classes: ['display'],
  maxSegmentSize: 0xffff_ffff,
  create: (host) =>
    createDisplay(api, host, {
      importFunction: 'exynos_drm_gem_prime_import_sg_table',
      refusesPieces: host.kernel.media.exynosPieces,
    }),
})
