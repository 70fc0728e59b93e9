// A codec: compressed frames in, two-plane NV12 out, each plane from a memory bank of its own when the device has two.
import type { DriverDef, FrameFormat, PluginApi } from '@dmalab/api'
import { createM2m } from './m2m.ts'
import { progressive } from './queue-pair.ts'

/** Lines that a plane's buffer is rounded up to. */
const LINES = 16

/**
 * s5p-mfc, decoder side.
 * The decoder's queues take memory of their own only; its buffers are shared by export.
 * Models: Linux v4.11 drivers/media/platform/s5p-mfc/s5p_mfc.c: s5p_mfc_open
 * Models: Linux v4.11 drivers/media/platform/s5p-mfc/s5p_mfc_dec.c: s5p_mfc_queue_setup, s5p_mfc_run_dec_frame
 * Leaves out: firmware and context buffers, reference frames (each buffer can be reused once it is dequeued).
 */
export const s5pMfc = (api: PluginApi): DriverDef => ({
  name: 's5p-mfc',
  source: 'Linux v4.11 drivers/media/platform/s5p-mfc',
  classes: ['codec'],
  maxSegmentSize: 0xffff_ffff,
  create: (host) => {
    const { device } = host
    const [first, second] = device.memDevices
    // Behind an IOMMU the driver leaves the reserved regions alone: s5p_mfc_configure_dma_memory, exynos_is_iommu_available.
    const behindIommu = device.opsName.endsWith('iommu')
    const banks =
      !behindIommu && first !== undefined && second !== undefined ? { luma: first, chroma: second } : undefined
    return createM2m(api, host, {
      interrupt: 's5p_mfc_irq',
      outputModes: ['MMAP'],
      captureModes: ['MMAP'],
      allocator: () => 'vb2-dma-contig',
      multiplanar: true,
      symbols: (op) => [`vidioc_${op}`],
      queue: () => ({ minBuffers: 1 }),
      hooks: () => progressive(api),
      busyText: null,
      deviceOf: (side, plane) => {
        if (banks === undefined) return device
        return side === 'capture' && plane === 0 ? banks.luma : banks.chroma
      },
      captureFormat: alignLines,
      input: (buffer, plane) => {
        const payload = buffer.planes[plane]?.bytesused ?? 0
        return { payload, end: payload }
      },
    })
  },
})

/** Plane sizes as the hardware wants them: whole groups of 16 lines. Models: Linux v4.11 drivers/media/platform/s5p-mfc/s5p_mfc_opr_v6.c: s5p_mfc_dec_calc_dpb_size_v6 */
const alignLines = (wish: FrameFormat): FrameFormat => ({
  ...wish,
  planes: wish.planes.map(({ payload, size }) => ({
    payload,
    size: Math.max(size, Math.ceil(payload / (wish.width * LINES)) * wish.width * LINES),
  })),
})
