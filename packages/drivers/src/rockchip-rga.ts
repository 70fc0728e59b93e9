// A converter that gathers: it takes lists of pages and finds them through a page table of its own.
import type { DriverDef, PluginApi } from '@dmalab/api'
import { createM2m } from './m2m.ts'
import { progressive } from './queue-pair.ts'

/**
 * rockchip-rga, mem-to-mem. Each buffer's list becomes a table of page addresses that the engine walks, so no buffer need be in one piece.
 * Models: Linux v6.12 drivers/media/platform/rockchip/rga/rga.c: queue_init, device_run
 * Models: Linux v6.12 drivers/media/platform/rockchip/rga/rga-buf.c: rga_queue_setup, rga_buf_init
 * Leaves out: the conversion itself; the DMA of the table, which is coherent memory of the driver.
 */
export const rockchipRga = (api: PluginApi): DriverDef => ({
  name: 'rockchip-rga',
  source: 'Linux v6.12 drivers/media/platform/rockchip/rga',
  classes: [],
  maxSegmentSize: 0xffff_ffff,
  create: (host) =>
    createM2m(api, host, {
      interrupt: 'rga_isr',
      outputModes: ['MMAP', 'DMABUF'],
      captureModes: ['MMAP', 'DMABUF'],
      allocator: () => 'vb2-dma-sg',
      multiplanar: true,
      symbols: (op) => [`v4l2_m2m_ioctl_${op}`, `v4l2_m2m_${op}`],
      queue: () => ({ minBuffers: 1 }),
      hooks: () => progressive(api),
      busyText: null,
      deviceOf: () => host.device,
      captureFormat: (wish) => wish,
      input: (_buffer, plane, format) => {
        const { payload } = format.planes[plane] ?? { payload: 0 }
        return { payload, end: payload }
      },
    }),
})
