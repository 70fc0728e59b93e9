// Cameras and video outputs whose driver has no model of its own: queues as the table of drivers has them.
import type { DriverDef, PluginApi } from '@dmalab/api'
import { createCapture } from './vivid.ts'
import { videoNodeOf } from './video-node.ts'

/**
 * The device fills the buffers of a capture node, or shows those of an output node. REQBUFS gives at least what must be queued.
 * Leaves out: media-controller set-up, sensors, and what is lost where buffers come too late.
 */
export const v4l2Capture = (api: PluginApi): DriverDef => ({
  name: 'v4l2-capture',
  source: 'Linux v6.12 drivers/media/common/videobuf2, with the queues of each driver',
  classes: [],
  nodes: ['capture', 'output'],
  maxSegmentSize: 0xffff_ffff,
  create: (host) => {
    const node = videoNodeOf(host, ['capture', 'output'])
    const facts = node.capture ?? node.output
    if (facts === null) throw new Error(`the table gives ${host.device.name} a node without queues`)
    const driver = createCapture(api, host, {
      allocator: facts.allocator,
      ioModes: facts.memory,
      fileIo: facts.fileIo,
      multiplanar: node.multiplanar,
      minReqbufs: 0,
      minBuffers: facts.minBuffers,
      symbols: { capture: 'vb2_buffer_done', output: 'vb2_buffer_done' },
    })
    const has = (kind: 'capture' | 'output'): boolean =>
      (host.kernelDriver?.nodes ?? []).some((each) => each.kind === kind)
    return {
      ...driver,
      output: has('output') ? driver.output : null,
      capture: has('capture') ? driver.capture : null,
    }
  },
})
