// What the drivers of each board run and what they do not: elements ask for what they need, and displays and GPUs take what they can.
import type { KernelRun, Machine } from '@dmalab/api'
import { isInputError } from '@dmalab/api'
import { shippedBoard } from '@dmalab/machine'
import { describe, expect, it } from 'vitest'
import type { RunRequest } from '@dmalab/lab'
import { openLaboratory, run as runWork } from '@dmalab/lab/node'

const laboratory = await openLaboratory()
const run = async (request: RunRequest): Promise<KernelRun> => {
  const [one] = (await runWork({ size: '320x240', frames: 2, ...request }, { laboratory })).runs
  if (one === undefined) throw new Error('a report has runs')
  return one
}
const WORKS = { verdict: 'works', assuming: null, frames: { wanted: 2, delivered: 2, intact: 2 } }
const refusal = async (
  request: RunRequest,
): Promise<{ readonly message: string; readonly line: string | undefined }> => {
  try {
    await run(request)
  } catch (error) {
    if (isInputError(error)) return { message: error.message, line: error.instead?.line }
    throw error
  }
  throw new Error('accepted')
}

const H264 = 'filesrc location=none ! h264parse'

describe('each shipped board', () => {
  it.each([
    [
      'odroid-xu4-nopool',
      `${H264} ! v4l2h264dec capture-io-mode=dmabuf ! v4l2convert output-io-mode=dmabuf-import ! kmssink`,
    ],
    ['odroid-u3', 'videotestsrc ! v4l2h264enc ! fakesink'],
    ['rk3399-rockpro64', `${H264} ! v4l2slh264dec ! v4l2convert output-io-mode=dmabuf-import ! kmssink`],
    ['rk3399-rockpro64', 'v4l2src io-mode=dmabuf ! kmssink'],
    ['imx8mp-evk', `${H264} ! v4l2slh264dec ! kmssink`],
    ['bcm2711-rpi-4-b', `${H264} ! v4l2h264dec capture-io-mode=dmabuf ! kmssink`],
    ['bcm2711-rpi-4-b', 'v4l2src io-mode=dmabuf ! kmssink'],
    ['k3-am625-sk', 'v4l2src io-mode=dmabuf ! kmssink'],
  ])('%s runs %s', async (board, work) => {
    expect(await run({ board, work })).toMatchObject(WORKS)
  })

  it.each([
    ['odroid-xu4-2017', `${H264} ! v4l2slh264dec ! kmssink`, 'decodes h264 (stateless)', 'v4l2h264dec'],
    ['odroid-u3', 'filesrc location=none ! v4l2vp9dec ! kmssink', 'decodes vp9 (stateful)', 'v4l2h264dec'],
    ['rk3399-rockpro64', 'videotestsrc ! v4l2h264enc ! fakesink', 'encodes h264', 'v4l2slh264dec'],
    ['rk3399-rockpro64', `${H264} ! v4l2h264dec ! kmssink`, 'decodes h264 (stateful)', 'v4l2slh264dec'],
    ['imx8mp-evk', 'v4l2src ! kmssink', 'captures pictures', 'v4l2slh264dec'],
    ['bcm2711-rpi-4-b', 'filesrc location=none ! v4l2h265dec ! kmssink', 'decodes h265 (stateful)', 'v4l2h264dec'],
    ['k3-am625-sk', 'videotestsrc ! v4l2convert ! kmssink', 'converts pictures', 'v4l2src'],
    ['apm-mustang', `${H264} ! v4l2h264dec ! kmssink`, 'decodes h264 (stateful)', 'v4l2src'],
  ])('%s refuses %s, and says what it has', async (board, work, needs, element) => {
    const { message, line } = await refusal({ board, work })
    expect(message).toContain(`needs a driver that ${needs}`)
    expect(line).toContain(element)
  })

  it('does not encode H.264 where the VPU encodes JPEG only, whoever binds it', async () => {
    const { message } = await refusal({
      board: 'rk3399-rockpro64',
      work: 'videotestsrc ! v4l2h264enc ! fakesink',
      bind: { v4l2h264enc: 'codec' },
    })
    expect(message).toContain('that of codec does not: hantro-vpu decodes mpeg2 (stateless)')
    expect(message).toContain('encodes jpeg')
    expect(await run({ board: 'rk3399-rockpro64', work: 'videotestsrc ! v4l2jpegenc ! fakesink' })).toMatchObject(WORKS)
  })
})

describe('a stateless decoder', () => {
  const board = 'rk3399-rockpro64'
  it.each(['capture-io-mode=dmabuf', 'output-io-mode=mmap', 'extra-controls=c,a=1'])('has no %s', async (property) => {
    const { message } = await refusal({ board, work: `${H264} ! v4l2slh264dec ${property} ! kmssink` })
    expect(message).toContain(`no property "${property.split('=')[0]}" in element "v4l2slh264dec"`)
  })

  it('has a largest picture', async () => {
    const { message } = await refusal({ board, work: `${H264} ! v4l2slh264dec ! kmssink`, size: '7680x4320' })
    expect(message).toContain('works on pictures up to 4096x2304 on rkvdec, and these have 7680x4320 (--size)')
  })
})

describe('who takes whose buffers', () => {
  const pi = shippedBoard('bcm2711-rpi-4-b')
  /** A camera whose buffers are pieces, in front of the screen and of the GPU of the board. */
  const withPieces = (board: Machine): Machine => ({
    ...board,
    devices: [
      ...board.devices,
      { name: 'cam', class: 'camera', coherent: false, maskBits: 32, pools: [], driver: 'vivid-dma-sg' },
    ],
  })
  const bind = { v4l2src: 'cam' }

  it('a display without an IOMMU refuses pieces at the import, and kmssink copies', async () => {
    const work = 'v4l2src io-mode=dmabuf ! kmssink'
    const one = await run({ board: withPieces(pi), work, bind, frames: 6 })
    expect(one).toMatchObject({ verdict: 'works', errno: null, zeroCopy: false, frames: { intact: 6 } })
    expect(one.elements.at(-1)).toMatchObject({ mode: 'copy', buffers: 2, cpuBytesPerFrame: 320 * 240 * 1.5 })
    const copied = one.findings.find(({ code }) => code === 'import-copied')
    expect(copied).toMatchObject({ severity: 'warning', device: 'display' })
    expect(copied?.message).toMatch(/EINVAL.* takes only what lies in one piece.*CMA heap/)
  })

  it('and cannot where the line lets only dma-bufs pass', async () => {
    const work = 'v4l2src io-mode=dmabuf ! video/x-raw(memory:DMABuf) ! queue ! kmssink'
    const one = await run({ board: withPieces(pi), work, bind })
    expect(one).toMatchObject({ verdict: 'refused', errno: 'EINVAL', step: 'display: PRIME import' })
    expect(one.why).toContain('takes only what lies in one piece')
  })

  it.each(['videotestsrc ! glimagesink', 'videotestsrc ! waylandsink', 'v4l2src io-mode=mmap ! glimagesink'])(
    '%s draws from pages of the GPU, and takes nothing of CMA for them',
    async (work) => {
      const one = await run({
        board: pi,
        work,
        cmdline: work.startsWith('v4l2src') ? 'cma=16M' : 'cma=0',
        size: '1920x1080',
      })
      expect(one).toMatchObject({ verdict: 'works', zeroCopy: false, findings: [] })
    },
  )

  it('a display of one piece of DMA memory takes CMA for a copy', async () => {
    const one = await run({ board: pi, work: 'videotestsrc ! kmssink', cmdline: 'cma=4M', size: '3840x2160' })
    expect(one).toMatchObject({ verdict: 'refused', errno: 'ENOMEM', step: 'display: PRIME import' })
    expect(one.why).toMatch(/: try cma=64M$/)
  })

  it('one of pages that its MMU joins takes none', async () => {
    const board = shippedBoard('sc7180-idp')
    const bare = await run({ board, work: 'videotestsrc ! kmssink', cmdline: 'cma=0', size: '1920x1080' })
    expect(bare).toMatchObject({ verdict: 'works', findings: [] })
  })

  it.each(['glimagesink', 'waylandsink'])('%s has no dma-bufs that a queue could fill', async (sink) => {
    const { message } = await refusal({ board: pi, work: `v4l2src io-mode=dmabuf-import ! ${sink}` })
    expect(message).toContain(`${sink}0 offers no dma-bufs: kmssink does`)
    expect(await run({ board: pi, work: 'v4l2src io-mode=dmabuf-import ! kmssink' })).toMatchObject(WORKS)
  })

  it('one behind an IOMMU sees one piece', async () => {
    const work = 'v4l2src io-mode=dmabuf ! kmssink'
    expect(await run({ board: withPieces(shippedBoard('rk3399-rockpro64')), work, bind })).toMatchObject(WORKS)
  })

  it.each(['glimagesink', 'waylandsink'])('%s draws with the GPU, which takes pieces', async (sink) => {
    const one = await run({ board: withPieces(pi), work: `v4l2src io-mode=dmabuf ! ${sink}`, bind })
    expect(one).toMatchObject({ verdict: 'works', assuming: null, zeroCopy: true })
    expect(one.elements.map(({ device }) => device)).toContain('gpu')
  })

  it('a device that states only its class works as before, and the report says so', async () => {
    const { compatible: _compatible, ...plain } = pi.devices.find(({ class: kind }) => kind === 'camera')!
    const board: Machine = { ...pi, bindings: {}, devices: [plain] }
    const one = await run({ board, work: 'v4l2src ! fakesink' })
    expect(one).toMatchObject({ verdict: 'unknown', assuming: 'works' })
    expect(one.assumptions.map(({ kind }) => kind)).toContain('driver')
  })
})
