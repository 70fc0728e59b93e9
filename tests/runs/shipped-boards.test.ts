// Boards that people have: on each a line of its camera, decoder or display that works, and one that does not.
import { type AssumeWord, type KernelRun, isInputError } from '@dmalab/api'
import { shippedBoardNames } from '@dmalab/machine'
import { openLaboratory, run } from '@dmalab/lab/node'
import { describe, expect, it } from 'vitest'

const laboratory = await openLaboratory()

const CAMERA = 'v4l2src io-mode=dmabuf ! kmssink'
const VIVID = 'v4l2src io-mode=dmabuf ! v4l2sink io-mode=dmabuf-import'
const decoder = (element: string): string =>
  `filesrc location=a.mp4 ! qtdemux ! h264parse ! ${element} capture-io-mode=dmabuf ! kmssink`
const STATELESS = 'filesrc location=a.mp4 ! qtdemux ! h264parse ! v4l2slh264dec ! kmssink'
const STATEFUL = decoder('v4l2h264dec')

type Bind = Readonly<Record<string, string>>
interface Case {
  readonly works: string
  readonly bind?: Bind
  /** A line, and what of it cannot be: the device that is missing, or what the kernel answers. */
  readonly not: string
  readonly because: RegExp
  /** Of the run that does not work. */
  readonly size?: string
}

const NO_DECODER = /needs a driver that decodes h264/
const NO_CAMERA = /needs a driver that captures pictures/
const STAGE: Bind = { v4l2src: 'vivid', v4l2sink: 'vivid' }
const SHOWN: Bind = { v4l2src: 'vivid' }

const BOARDS: Readonly<Record<string, Case>> = {
  'bcm2837-rpi-3-b': { works: STATEFUL, not: STATELESS, because: NO_DECODER },
  'bcm2837-rpi-zero-2-w': { works: CAMERA, not: STATEFUL, size: '3840x2160', because: /up to 1920x1920/ },
  'bcm2712-rpi-5-b': { works: CAMERA, not: STATEFUL, because: NO_DECODER },
  'rk3568-rock-3a': { works: STATELESS, not: STATEFUL, because: NO_DECODER },
  'rk3588-rock-5b': { works: STATELESS, not: CAMERA, because: NO_CAMERA },
  'imx6q-sabrelite': { works: STATEFUL, not: STATELESS, because: NO_DECODER },
  'imx8mm-evk': { works: STATELESS, not: STATEFUL, because: NO_DECODER },
  'k3-am69-sk': { works: STATEFUL, not: CAMERA, because: NO_CAMERA },
  'zynq-zed': { works: VIVID, bind: STAGE, not: STATEFUL, because: NO_DECODER },
  'zynqmp-zcu102': { works: CAMERA, bind: SHOWN, not: STATEFUL, because: NO_DECODER },
  'exynos5422-odroidxu4': { works: STATEFUL, not: CAMERA, because: NO_CAMERA },
  'sun50i-h6-orangepi-3': { works: STATELESS, not: STATEFUL, because: NO_DECODER },
  'meson-g12b-odroid-n2': { works: STATEFUL, not: STATELESS, because: NO_DECODER },
  'stm32mp157c-dk2': { works: CAMERA, bind: SHOWN, not: STATEFUL, because: NO_DECODER },
  'mt8183-kukui-krane': { works: STATELESS, not: STATEFUL, because: NO_DECODER },
  'mt8192-asurada-spherion': { works: STATELESS, not: CAMERA, because: NO_CAMERA },
  'sc7180-idp': { works: STATEFUL, not: STATELESS, because: NO_DECODER },
  'pc-vtd': { works: CAMERA, not: STATEFUL, because: NO_DECODER },
  'k1-bananapi-f3': { works: VIVID, bind: STAGE, not: CAMERA, because: NO_CAMERA },
  'jh7100-visionfive': { works: VIVID, bind: STAGE, not: CAMERA, because: NO_CAMERA },
}

const ASSUME: readonly AssumeWord[] = ['driver', 'element', 'mask', 'memory']

const on = async (board: string, work: string, more: object): Promise<KernelRun | undefined> =>
  (await run({ board, kernels: ['6.12'], work, frames: 1, size: '640x480', assume: ASSUME, ...more }, { laboratory }))
    .runs[0]

describe.each(Object.entries(BOARDS))('%s', (board, { works, bind = {}, not, because, size = '640x480' }) => {
  it('runs a line of its own', async () => {
    expect(await on(board, works, { bind })).toMatchObject({ verdict: 'works', frames: { wanted: 1, intact: 1 } })
  })
  it('does not run another, and says why', async () => {
    const told = await on(board, not, { size }).then(
      (ran) => `${ran?.verdict ?? ''} ${ran?.errno ?? ''} ${ran?.why ?? ''}`,
      (error: unknown) => (isInputError(error) ? error.message : Promise.reject(error)),
    )
    expect(told).toMatch(because)
  })
})

it('every board of the list is shipped', () => {
  expect(Object.keys(BOARDS).filter((board) => !shippedBoardNames().includes(board))).toEqual([])
})
