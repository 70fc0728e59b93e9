// Capture and output nodes: every buffer that comes in is filled, or shown and compared.
import { dma, type FrameFormat, pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { vividDrivers } from '../src/index.ts'
import { newBuffer, openDriver } from './host.ts'

const FORMAT: FrameFormat = { width: 64, height: 4, planes: [{ payload: 0x300, size: 0x1000 }] }
const plane = (address: number) => [{ length: 0x1000, cookie: dma(address) }]

const opened = (name: string) => {
  const def = vividDrivers(pluginApi).find((one) => one.name === name)
  if (def === undefined) throw new Error(`there is no driver ${name}`)
  const host = openDriver(def)
  expect(host.driver.setFormat(FORMAT, FORMAT).ok).toBe(true)
  return host
}

describe('the capture node', () => {
  it('counts its pictures from 0 on, whatever the buffers are', () => {
    const host = opened('vivid-dma-contig')
    for (const index of [2, 0, 1]) host.queues.capture.setup.onQueue(newBuffer(`cap${index}`, plane(0x1000 * index)))
    expect(host.driver.work()).toEqual([])
    host.queues.capture.setup.onQueue(newBuffer('cap2', plane(0x2000)))
    host.driver.work()
    expect(host.done.map(({ index, timestamp }) => [index, timestamp])).toEqual([
      [2, 0],
      [0, 1],
      [1, 2],
      [2, 3],
    ])
    expect(host.accesses.map(({ content }) => content)).toEqual([
      { seed: 0, offset: 0 },
      { seed: 100, offset: 0 },
      { seed: 200, offset: 0 },
      { seed: 300, offset: 0 },
    ])
  })

  it('gives a buffer back with an error when nothing answered', () => {
    const host = opened('vivid-dma-contig')
    host.world.blocked = () => true
    host.queues.capture.setup.onQueue(newBuffer('cap0', plane(0x1000)))
    host.driver.work()
    expect(host.done.map(({ state }) => state)).toEqual(['ERROR'])
  })
})

describe('the output node', () => {
  it('shows each picture once, with what is wrong in it', () => {
    const host = opened('vivid-dma-contig')
    host.written.set('out1.0', { seed: 9 })
    host.world.wrong = (at) => (at === 0x1000 ? 2 : 0)
    host.queues.output.setup.onQueue(newBuffer('out1', plane(0x1000), 4))
    expect(host.driver.work()).toEqual([{ frame: 4, bytes: 0x300, wrong: 2 }])
    expect(host.driver.work()).toEqual([])
  })

  it('keeps the picture on show until another takes its place', () => {
    const host = opened('vivid-dma-contig')
    const { setup } = host.queues.output
    setup.onQueue(newBuffer('out1', plane(0x1000), 4))
    host.driver.work()
    expect(host.done).toEqual([])
    for (const index of [2, 0]) setup.onQueue(newBuffer(`out${index}`, plane(0x2000 * index), 5))
    expect(host.driver.work()).toHaveLength(2)
    expect(host.done).toMatchObject([
      { index: 1, state: 'DONE' },
      { index: 2, state: 'DONE' },
    ])
    setup.onStop()
    expect(host.done.at(-1)).toMatchObject({ index: 0, state: 'ERROR' })
    setup.onQueue(newBuffer('out0', plane(0), 6))
    expect(host.driver.work()).toMatchObject([{ frame: 6 }])
  })

  it('does one picture at a time when told so', () => {
    const host = opened('vivid-dma-contig')
    for (const index of [0, 1, 2]) host.queues.output.setup.onQueue(newBuffer(`out${index}`, plane(0x1000), index))
    expect(host.driver.work(1)).toMatchObject([{ frame: 0 }, { frame: 1 }])
    expect(host.done.map(({ index }) => index)).toEqual([0])
    expect(host.driver.work(1)).toMatchObject([{ frame: 2 }])
    expect(host.done.map(({ index }) => index)).toEqual([0, 1])
  })

  it('expects bytes that a task wrote, and zeros after their end', () => {
    const host = opened('vivid-dma-contig')
    host.written.set('out0.0', Uint8Array.of(1, 2, 3))
    host.queues.output.setup.onQueue(newBuffer('out0', plane(0x1000)))
    host.driver.work()
    const [read] = host.accesses
    const expected = new Uint8Array(0x300)
    expected.set([1, 2, 3])
    expect(read?.content).toEqual(expected)
  })
})

it('with vmalloc the CPU moves the pictures', () => {
  const host = opened('vivid-vmalloc')
  host.queues.capture.setup.onQueue(newBuffer('cap0', [{ length: 0x1000, cookie: null, kernelAt: 0xf000_0000n }]))
  host.driver.work()
  expect(host.accesses).toEqual([{ by: 'cpu', do: 'write', at: 0xf000_0000, len: 0x300, content: { seed: 0 } }])
})

it('each node is a device of its own that read(2) and write(2) work on', () => {
  const { queues } = opened('vivid-dma-contig')
  expect(Object.values(queues).map(({ setup: { node, fileIo, type } }) => [node, fileIo, type])).toEqual([
    ['dev output', true, 'VIDEO_OUTPUT'],
    ['dev capture', true, 'VIDEO_CAPTURE'],
  ])
})
