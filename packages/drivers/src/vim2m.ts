// vim2m: the mem-to-mem test driver. Its buffers come from vmalloc; the CPU plays the device.
import type { DriverDef, PluginApi } from '@dmalab/api'
import { createM2m } from './m2m.ts'

/** Models: Linux v6.12 drivers/media/test-drivers/vim2m.c: queue_init, device_run. Leaves out: what it does to the picture. */
export const vim2m = (api: PluginApi): DriverDef => ({
  name: 'vim2m',
  source: 'Linux v6.12 drivers/media/test-drivers/vim2m.c',
  classes: [],
  create: (host) =>
    createM2m(api, host, {
      interrupt: 'device_work',
      outputModes: ['MMAP', 'USERPTR', 'DMABUF'],
      captureModes: ['MMAP', 'USERPTR', 'DMABUF'],
      allocator: 'vb2-vmalloc',
      multiplanar: false,
      symbols: (op) => [`v4l2_m2m_ioctl_${op}`, `v4l2_m2m_${op}`],
      deviceOf: () => host.device,
      captureFormat: (wish) => wish,
      input: (_buffer, plane, format) => {
        const { payload } = format.planes[plane] ?? { payload: 0 }
        return { payload, end: payload }
      },
    }),
})
