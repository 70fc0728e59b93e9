// Displays whose driver has no model of its own.
import type { DriverDef, DriverNode, DrmNode, PluginApi } from '@dmalab/api'
import { createDisplay } from './display.ts'

/**
 * Takes dma-bufs as the table of drivers says: in one piece of bus addresses, or in any pieces.
 * Models: Linux v6.12 drivers/gpu/drm/drm_gem_dma_helper.c: drm_gem_dma_prime_import_sg_table
 * Models: Linux v6.12 drivers/gpu/drm/drm_prime.c: drm_prime_get_contiguous_size
 */
export const drmDisplay = (api: PluginApi): DriverDef => ({
  name: 'drm-display',
  source: 'Linux v6.12 drivers/gpu/drm, with the import of each driver',
  classes: [],
  nodes: ['display'],
  maxSegmentSize: 0xffff_ffff,
  create: (host) => {
    const node = host.kernelDriver?.nodes.find(isDisplay)
    if (node === undefined) throw new Error(`the table has no display for ${host.device.name}`)
    return createDisplay(api, host, {
      importFunction: node.importFunction,
      refusesPieces: node.shows === 'contiguous' ? 'flip' : REFUSES[node.imports],
    })
  },
})

const REFUSES = { contiguous: 'import', none: 'import', scattered: 'never' } as const

const isDisplay = (node: DriverNode): node is DrmNode => node.kind === 'display'
