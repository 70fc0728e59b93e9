// Memory-to-memory devices whose driver has no model of its own: queues as the table of drivers has them.
import type { DriverDef, DriverHost, PluginApi, QueueFacts, VideoNode } from '@dmalab/api'
import { createM2m } from './m2m.ts'
import { progressive } from './queue-pair.ts'
import { videoNodeOf } from './video-node.ts'

/**
 * Decoders read as much as user space put in; converters and encoders read whole pictures.
 * Leaves out: firmware, reference frames, the alignment that each hardware wants beyond what was negotiated.
 */
export const v4l2M2m = (api: PluginApi): DriverDef => ({
  name: 'v4l2-m2m',
  source: 'Linux v6.12 drivers/media/v4l2-core/v4l2-mem2mem.c, with the queues of each driver',
  classes: [],
  nodes: ['decoder', 'encoder', 'converter'],
  maxSegmentSize: 0xffff_ffff,
  create: (host) => {
    const node = videoNodeOf(host, M2M)
    const queues = { output: must(node.output, host), capture: must(node.capture, host) }
    return createM2m(api, host, {
      interrupt: 'v4l2_m2m_job_finish',
      outputModes: queues.output.memory,
      captureModes: queues.capture.memory,
      allocator: (side) => queues[side].allocator,
      multiplanar: node.multiplanar,
      symbols: (op) => [`v4l2_m2m_ioctl_${op}`, `v4l2_m2m_${op}`],
      queue: (side) => ({ minBuffers: queues[side].minBuffers }),
      hooks: () => progressive(api),
      busyText: null,
      deviceOf: () => host.device,
      captureFormat: (wish) => wish,
      input: (buffer, plane, format) => {
        const payload =
          node.kind === 'decoder' ? (buffer.planes[plane]?.bytesused ?? 0) : (format.planes[plane]?.payload ?? 0)
        return { payload, end: payload }
      },
    })
  },
})

const M2M: readonly VideoNode['kind'][] = ['decoder', 'encoder', 'converter']

const must = (queue: QueueFacts | null, host: DriverHost): QueueFacts => {
  if (queue === null) throw new Error(`the table gives ${host.device.name} a memory-to-memory node without a queue`)
  return queue
}
