// A camera that paints a new picture into every buffer it is given, by bus address. Its buffers come from the allocator of the
// example beside this one, so it needs that plug-in too.

/** @param {import('@dmalab/api').PluginApi} api @returns {import('@dmalab/api').DriverDef} */
const barsCapture = (api) => ({
  name: 'bars-capture',
  source: 'example',
  classes: [], // only boards that name it get it
  create: (host) => {
    let format = { width: 0, height: 0, planes: [] }
    let waiting = []
    let frame = 0
    const queue = host.createQueue({
      name: `${host.device.name} CAPTURE`,
      type: 'VIDEO_CAPTURE_MPLANE',
      allocator: 'vb2-dma-pages',
      ioModes: ['MMAP', 'DMABUF'],
      symbols: (op) => [`vb2_ioctl_${op}`],
      planes: () => format.planes.map(({ size }) => ({ size, dev: host.device })),
      onQueue: (buffer) => waiting.push(buffer),
      onStart: () => api.ok(undefined),
      onStop: () => {
        waiting = []
      },
    })

    const paint = (buffer) => {
      const bytesused = format.planes.map(({ payload }, p) => {
        const { cookie, mem } = buffer.planes[p]
        const access = { at: cookie, len: payload, owner: mem.owner, buffer: mem.owner }
        host.bus().write(access, { seed: host.contentSeed(frame, p) })
        return payload
      })
      queue.done(buffer, 'DONE', { bytesused, timestamp: frame++ })
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
        for (const buffer of waiting.splice(0)) host.call('bars_capture_irq', () => paint(buffer))
        return []
      },
      close: () => queue.release(),
    }
  },
})

/** @type {import('@dmalab/api').PluginFactory} */
export default (api) => ({ name: 'dmalab-example-driver', drivers: [barsCapture(api)] })
