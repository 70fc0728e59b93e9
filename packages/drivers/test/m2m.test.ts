// Memory-to-memory devices: which buffers make a job, what it reads and writes, and what comes back.
import { dma, type FrameFormat, pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { exynosGsc, rockchipRga, s5pMfc, vim2m } from '../src/index.ts'
import { type FakeHost, newBuffer, newDevice, openDriver, sgTable } from './host.ts'

const ONE_PLANE: FrameFormat = { width: 64, height: 4, planes: [{ payload: 0x300, size: 0x1000 }] }
const NV12: FrameFormat = {
  width: 64,
  height: 20,
  planes: [
    { payload: 64 * 20, size: 64 * 20 },
    { payload: 64 * 10, size: 64 * 10 },
  ],
}

const at = (address: number, length = 0x1000, bytesused = 0) => [{ length, bytesused, cookie: dma(address) }]

/** Both queues stream; buffers go in as given. */
const started = (host: FakeHost): FakeHost => {
  for (const queue of Object.values(host.queues)) Object.assign(queue, { memory: 'MMAP', streaming: true })
  return host
}
const opened = (def = exynosGsc(pluginApi)): FakeHost => {
  const host = openDriver(def)
  expect(host.driver.setFormat(ONE_PLANE, ONE_PLANE).ok).toBe(true)
  return started(host)
}

describe('a job', () => {
  it('reads the source, writes the picture of its number, and gives both buffers back', () => {
    const host = opened()
    host.written.set('in0.0', { seed: 7 })
    host.queues.output.setup.onQueue(newBuffer('in0', at(0x1000), 5))
    host.queues.capture.setup.onQueue(newBuffer('out3', at(0x9000)))
    expect(host.driver.work()).toEqual([{ frame: 5, bytes: 0x1000, wrong: 0 }])
    expect(host.accesses).toEqual([
      { by: 'dev', do: 'read', at: 0x1000, len: 0x300, content: { seed: 7, offset: 0 } },
      { by: 'dev', do: 'read', at: 0x1300, len: 0xd00, content: 0 }, // the lines that alignment adds are the kernel's zeros
      { by: 'dev', do: 'write', at: 0x9000, len: 0x300, content: { seed: 500, offset: 0 } },
    ])
    expect(host.done).toEqual([
      { queue: 'output', index: 0, state: 'DONE', timestamp: undefined, bytesused: undefined },
      { queue: 'capture', index: 3, state: 'DONE', timestamp: 5, bytesused: [0x300] },
    ])
    expect(host.symbols).toContain('gsc_irq_handler')
  })

  it('needs a buffer of each queue; what has no partner waits', () => {
    const host = opened()
    for (const frame of [1, 2, 3]) host.queues.output.setup.onQueue(newBuffer(`in${frame}`, at(0x1000), frame))
    host.queues.capture.setup.onQueue(newBuffer('out0', at(0x9000)))
    expect(host.driver.work().map(({ frame }) => frame)).toEqual([1])
    host.queues.capture.setup.onQueue(newBuffer('out1', at(0xa000)))
    expect(host.driver.work().map(({ frame }) => frame)).toEqual([2])
  })

  it.each(['output', 'capture'] as const)('does not run while the %s queue does not stream', (side) => {
    const host = opened()
    host.queues[side].streaming = false
    host.queues.output.setup.onQueue(newBuffer('in0', at(0x1000)))
    host.queues.capture.setup.onQueue(newBuffer('out0', at(0x9000)))
    expect(host.driver.work()).toEqual([])
    expect(host.accesses).toEqual([])
  })

  it('finds nothing to do after STREAMOFF took the buffers away', () => {
    const host = opened()
    host.queues.output.setup.onQueue(newBuffer('in0', at(0x1000)))
    host.queues.capture.setup.onQueue(newBuffer('out0', at(0x9000)))
    host.queues.output.setup.onStop()
    expect(host.done).toMatchObject([{ queue: 'output', index: 0, state: 'ERROR' }])
    expect(host.driver.work()).toEqual([])
    expect(host.done).toHaveLength(1)
  })

  it('counts wrong bytes of the picture and of what follows it', () => {
    const host = opened()
    host.world.wrong = (address) => (address === 0x1000 ? 3 : address === 0x1300 ? 4 : 0)
    host.queues.output.setup.onQueue(newBuffer('in0', at(0x1000)))
    host.queues.capture.setup.onQueue(newBuffer('out0', at(0x9000)))
    expect(host.driver.work()).toEqual([{ frame: 0, bytes: 0x1000, wrong: 7 }])
  })

  it('gives the CAPTURE buffer back with an error when its writes were not answered', () => {
    const host = opened()
    host.world.blocked = (address) => address === 0x9000
    host.queues.output.setup.onQueue(newBuffer('in0', at(0x1000)))
    host.queues.capture.setup.onQueue(newBuffer('out0', at(0x9000)))
    host.driver.work()
    expect(host.done.map(({ queue, state }) => `${queue} ${state}`)).toEqual(['output DONE', 'capture ERROR'])
  })

  it('expects zeros where nothing was written', () => {
    const host = opened()
    host.queues.output.setup.onQueue(newBuffer('in0', at(0x1000)))
    host.queues.capture.setup.onQueue(newBuffer('out0', at(0x9000)))
    host.driver.work()
    expect(host.accesses.filter((one) => one.do === 'read').map(({ content }) => content)).toEqual([0, 0])
  })
})

describe('S_FMT', () => {
  it('is refused while buffers exist, and for a format without planes', () => {
    const host = openDriver(exynosGsc(pluginApi))
    expect(host.driver.setFormat({ ...ONE_PLANE, planes: [] }, null)).toMatchObject({ ok: false, errno: 'EINVAL' })
    host.queues.capture.memory = 'MMAP'
    expect(host.driver.setFormat(null, ONE_PLANE)).toMatchObject({ ok: false, errno: 'EBUSY' })
    expect(host.driver.setFormat(ONE_PLANE, null).ok).toBe(true)
  })

  it('decides the planes that REQBUFS allocates', () => {
    const host = openDriver(exynosGsc(pluginApi))
    host.driver.setFormat(NV12, ONE_PLANE)
    expect(host.queues.output.setup.planes().map(({ size }) => size)).toEqual([64 * 20, 64 * 10])
    expect(host.queues.capture.setup.planes().map(({ size }) => size)).toEqual([0x1000])
  })
})

describe('s5p-mfc', () => {
  const banks = [newDevice('left'), newDevice('right')]
  const planesOf = (host: FakeHost, side: 'output' | 'capture') =>
    host.queues[side].setup.planes().map(({ dev }) => dev?.name)

  it('rounds each plane of the picture up to groups of 16 lines', () => {
    const host = openDriver(s5pMfc(pluginApi))
    host.driver.setFormat(ONE_PLANE, NV12)
    expect(host.queues.capture.setup.planes().map(({ size }) => size)).toEqual([64 * 32, 64 * 16])
  })

  it('takes luma from the first bank, chroma and bitstream from the second', () => {
    const host = openDriver(s5pMfc(pluginApi), newDevice('mfc', { memDevices: banks }))
    host.driver.setFormat(ONE_PLANE, NV12)
    expect([planesOf(host, 'output'), planesOf(host, 'capture')]).toEqual([['right'], ['left', 'right']])
  })

  it.each([
    ['behind an IOMMU', newDevice('mfc', { memDevices: banks, opsName: 'arm-iommu' })],
    ['with one bank', newDevice('mfc', { memDevices: banks.slice(0, 1) })],
  ])('%s it allocates for itself', (_case, device) => {
    const host = openDriver(s5pMfc(pluginApi), device)
    host.driver.setFormat(ONE_PLANE, NV12)
    expect([planesOf(host, 'output'), planesOf(host, 'capture')]).toEqual([['mfc'], ['mfc', 'mfc']])
  })

  it('reads the bytes of the bitstream that were queued, and writes each plane through its bank', () => {
    const host = openDriver(s5pMfc(pluginApi), newDevice('mfc', { memDevices: banks }))
    host.driver.setFormat(ONE_PLANE, NV12)
    started(host)
    host.queues.output.setup.onQueue(newBuffer('in0', at(0x1000, 0x1000, 0x123), 2))
    host.queues.capture.setup.onQueue(newBuffer('out0', [...at(0x9000), ...at(0xa000)]))
    expect(host.driver.work()).toEqual([{ frame: 2, bytes: 0x123, wrong: 0 }])
    expect(host.accesses.map(({ by, do: what, at: address, len }) => [by, what, address, len])).toEqual([
      ['right', 'read', 0x1000, 0x123],
      ['left', 'write', 0x9000, 64 * 20],
      ['right', 'write', 0xa000, 64 * 10],
    ])
  })
})

describe('rockchip-rga', () => {
  it('finds a plane through its list, entry by entry, and stops at the end of the picture', () => {
    const host = opened(rockchipRga(pluginApi))
    host.written.set('in0.0', { seed: 7, offset: 16 })
    const list = sgTable([0x5000, 0x100], [0x8000, 0x100], [0x2000, 0x1000])
    host.queues.output.setup.onQueue(newBuffer('in0', [{ length: 0x1200, cookie: list }]))
    host.queues.capture.setup.onQueue(newBuffer('out0', at(0x9000)))
    expect(host.driver.work()).toEqual([{ frame: 0, bytes: 0x300, wrong: 0 }])
    expect(host.accesses.filter((one) => one.do === 'read')).toEqual([
      { by: 'dev', do: 'read', at: 0x5000, len: 0x100, content: { seed: 7, offset: 16 } },
      { by: 'dev', do: 'read', at: 0x8000, len: 0x100, content: { seed: 7, offset: 0x110 } },
      { by: 'dev', do: 'read', at: 0x2000, len: 0x100, content: { seed: 7, offset: 0x210 } },
    ])
  })

  it('takes no memory of a task', () => {
    const { queues } = openDriver(rockchipRga(pluginApi))
    expect([queues.output.setup.ioModes, queues.capture.setup.ioModes]).toEqual([
      ['MMAP', 'DMABUF'],
      ['MMAP', 'DMABUF'],
    ])
  })
})

describe('vim2m', () => {
  it('moves pictures with the CPU, through the mappings of its buffers', () => {
    const host = opened(vim2m(pluginApi))
    host.queues.output.setup.onQueue(newBuffer('in0', [{ length: 0x1000, cookie: null, kernelAt: 0xf000_0000n }]))
    host.queues.capture.setup.onQueue(newBuffer('out0', [{ length: 0x1000, cookie: null, kernelAt: 0xf100_0000n }]))
    host.driver.work()
    expect(host.accesses.map(({ by, do: what, at: address }) => [by, what, address])).toEqual([
      ['cpu', 'read', 0xf000_0000],
      ['cpu', 'write', 0xf100_0000],
    ])
  })

  it('a buffer without a mapping is a mistake of the model, not of the modelled kernel', () => {
    const host = opened(vim2m(pluginApi))
    host.queues.output.setup.onQueue(newBuffer('in0', [{ length: 0x1000, cookie: null }]))
    host.queues.capture.setup.onQueue(newBuffer('out0', [{ length: 0x1000, cookie: null }]))
    expect(() => host.driver.work()).toThrow('in0.0 has no kernel mapping')
  })
})

it.each([
  [exynosGsc, 'vb2-dma-contig', 'VIDEO_OUTPUT_MPLANE', 'gsc_m2m_qbuf v4l2_m2m_qbuf'],
  [s5pMfc, 'vb2-dma-contig', 'VIDEO_OUTPUT_MPLANE', 'vidioc_qbuf'],
  [rockchipRga, 'vb2-dma-sg', 'VIDEO_OUTPUT_MPLANE', 'v4l2_m2m_ioctl_qbuf v4l2_m2m_qbuf'],
  [vim2m, 'vb2-vmalloc', 'VIDEO_OUTPUT', 'v4l2_m2m_ioctl_qbuf v4l2_m2m_qbuf'],
])('%o names its allocator, queue type and call path', (driver, allocator, type, path) => {
  const { setup } = openDriver(driver(pluginApi)).queues.output
  expect([setup.allocator, setup.type, setup.symbols('qbuf').join(' ')]).toEqual([allocator, type, path])
})

it('close releases both queues', () => {
  const host = openDriver(vim2m(pluginApi))
  host.driver.close()
  expect(host.calls).toEqual(['release output', 'release capture'])
})
