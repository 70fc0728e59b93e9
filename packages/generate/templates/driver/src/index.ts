// A driver as a plug-in, with a board that names it: a camera that writes a new picture into every buffer it is given.
import type { DriverDef, FrameFormat, PluginApi, PluginFactory, Vb2Buffer } from '@dmalab/api'

const camera = (api: PluginApi): DriverDef => ({
  name: 'my-thing',
  source: 'my own',
  classes: [], // only boards that name it get it
  create: (host) => {
    let format: FrameFormat = { width: 0, height: 0, planes: [] }
    let waiting: Vb2Buffer[] = []
    let frame = 0
    const queue = host.createQueue({
      name: `${host.device.name} CAPTURE`,
      type: 'VIDEO_CAPTURE_MPLANE',
      allocator: 'vb2-dma-contig',
      ioModes: ['MMAP', 'DMABUF'],
      symbols: (op) => [`vb2_ioctl_${op}`],
      planes: () => format.planes.map(({ size }) => ({ size, dev: host.device })),
      onQueue: (buffer) => {
        waiting.push(buffer)
      },
      onStart: () => api.ok(undefined),
      onStop: () => {
        waiting = []
      },
    })

    /** The hardware: it writes by bus address, and the model knows what it reaches. */
    const paint = (buffer: Vb2Buffer): void => {
      const bytesused = format.planes.map(({ payload }, p) => {
        const plane = buffer.planes[p]
        if (plane === undefined || typeof plane.cookie !== 'number') throw new Error(`${queue.name}: no plane ${p}`)
        const { owner } = plane.mem
        const access = { at: plane.cookie, len: payload, owner, buffer: owner }
        host.bus().write(access, { seed: host.contentSeed(frame, p) })
        return payload
      })
      queue.done(buffer, 'DONE', { bytesused, timestamp: frame })
      frame += 1
    }

    return {
      output: null,
      capture: queue,
      display: null,
      setFormat: (_output, capture) => {
        if (queue.memory !== undefined) return api.fail('EBUSY', `${queue.name} has buffers`)
        format = capture ?? format
        return api.ok(undefined)
      },
      work: () => {
        for (const buffer of waiting.splice(0)) host.call('my_camera_irq', () => paint(buffer))
        return []
      },
      close: () => queue.release(),
    }
  },
})

const BOARD = `
name: my-thing-board
title: a board with that camera
arch: arm64
cpu: { lineSize: 64, aliasing: false }
memory: [{ base: "0x4000_0000", len: "1GiB" }]
devices:
  - { name: camera, class: camera, driver: my-thing, maskBits: 32 }
  - { name: panel, class: display, driver: exynos-drm, maskBits: 32 }
bindings: { v4l2src: camera, kmssink: panel }
`

const plugin: PluginFactory = (api) => ({
  name: 'my-thing',
  drivers: [camera(api)],
  boards: [{ file: 'my-thing-board.yaml', text: BOARD }],
})
export default plugin
