// A converter: reads pictures of another owner's memory, writes its own.
import type { DriverDef, PluginApi } from '@dmalab/api'
import { createM2m } from './m2m.ts'
import { progressive } from './queue-pair.ts'

/**
 * exynos-gsc, mem-to-mem side. It reads whole planes: the picture and the lines that alignment adds.
 * Models: Linux v4.11 drivers/media/platform/exynos-gsc/gsc-m2m.c: gsc_m2m_device_run, gsc_m2m_queue_setup
 * Leaves out: the conversion itself; a picture's content depends on its number only.
 */
export const exynosGsc = (api: PluginApi): DriverDef => ({
  name: 'exynos-gsc',
  source: 'Linux v4.11 drivers/media/platform/exynos-gsc',
  classes: ['converter', '2d', 'jpeg'],
  maxSegmentSize: 0xffff_ffff,
  create: (host) =>
    createM2m(api, host, {
      interrupt: 'gsc_irq_handler',
      outputModes: ['MMAP', 'USERPTR', 'DMABUF'],
      captureModes: ['MMAP', 'USERPTR', 'DMABUF'],
      allocator: () => 'vb2-dma-contig',
      multiplanar: true,
      symbols: (op) => [`gsc_m2m_${op}`, `v4l2_m2m_${op}`],
      queue: () => ({ minBuffers: 1 }),
      hooks: () => progressive(api),
      busyText: null,
      deviceOf: () => host.device,
      captureFormat: (wish) => wish,
      input: (buffer, plane, format) => {
        const { payload } = format.planes[plane] ?? { payload: 0 }
        return { payload, end: Math.max(payload, buffer.planes[plane]?.length ?? 0) }
      },
    }),
})
