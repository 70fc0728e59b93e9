// vim2m: the mem-to-mem test driver. Its buffers come from vmalloc and the CPU plays the device; variants of it have other allocators.
import type { DriverDef, FrameFormat, KResult, PluginApi, QueueHooks } from '@dmalab/api'
import { createM2m } from './m2m.ts'
import { FIELD } from './queue-pair.ts'

/** MEM2MEM_VID_MEM_LIMIT: bytes of all buffers of a queue. */
const MEMORY_LIMIT = 16 * 2 ** 20

/** What a variant of vim2m does otherwise. */
interface Vim2mVariant {
  readonly name: string
  readonly kernelName: string
  readonly source: string
  readonly allocator: string
  /** OUTPUT takes media requests. */
  readonly requests: boolean
  readonly allowCacheHints: boolean
}

/**
 * Models: Linux v6.12 drivers/media/test-drivers/vim2m.c: queue_init, vim2m_queue_setup, device_run
 * Leaves out: what it does to the picture.
 */
const variant = (
  api: PluginApi,
  { name, kernelName, source, allocator, requests, allowCacheHints }: Vim2mVariant,
): DriverDef => ({
  name,
  kernelName,
  source,
  classes: [],
  create: (host) =>
    createM2m(api, host, {
      interrupt: 'device_work',
      outputModes: ['MMAP', 'USERPTR', 'DMABUF'],
      captureModes: ['MMAP', 'USERPTR', 'DMABUF'],
      allocator: () => allocator,
      multiplanar: false,
      queue: (side) => ({
        memoryLimit: MEMORY_LIMIT,
        supportsRequests: requests && side === 'output',
        allowCacheHints,
      }),
      hooks: (_side, format) => hooks(api, format),
      busyText: 'vidioc_s_fmt queue busy',
      symbols: (op) => [`v4l2_m2m_ioctl_${op}`, `v4l2_m2m_${op}`],
      deviceOf: () => host.device,
      captureFormat: (wish) => wish,
      input: (_buffer, plane, format) => {
        const { payload } = format.planes[plane] ?? { payload: 0 }
        return { payload, end: payload }
      },
    }),
})

/**
 * Pictures are progressive, and fill a buffer whatever user space says.
 * Models: Linux v6.12 drivers/media/test-drivers/vim2m.c: vim2m_buf_out_validate, vim2m_buf_prepare
 */
const hooks = ({ fail, ok }: PluginApi, format: () => FrameFormat): QueueHooks => ({
  field: (given) =>
    given === FIELD.ANY || given === FIELD.NONE ? ok(FIELD.NONE) : fail('EINVAL', `field ${given} is not supported`),
  prepare: ([plane]): KResult<readonly { bytesused: number; dataOffset: number }[]> => {
    const size = format().planes[0]?.size ?? 0
    const length = plane?.length ?? 0
    if (length < size) return fail('EINVAL', `the picture has ${size} bytes, the plane ${length}`)
    return ok([{ bytesused: size, dataOffset: 0 }])
  },
})

const SOURCE = 'Linux v6.12 drivers/media/test-drivers/vim2m.c'

export const vim2m = (api: PluginApi): DriverDef =>
  variant(api, {
    name: 'vim2m',
    kernelName: 'vim2m',
    source: SOURCE,
    allocator: 'vb2-vmalloc',
    requests: true,
    allowCacheHints: false,
  })

/** vim2m with the allocators of real devices, with cache hints, and without requests. */
export const vim2mVariants = (api: PluginApi): DriverDef[] =>
  (
    [
      ['dma-contig', 'vim2mdc'],
      ['dma-sg', 'vim2msg'],
    ] as const
  ).map(([allocator, kernelName]) =>
    variant(api, {
      name: `vim2m-${allocator}`,
      kernelName,
      source: `${SOURCE}, over videobuf2-${allocator}.c`,
      allocator: `vb2-${allocator}`,
      requests: false,
      allowCacheHints: true,
    }),
  )
