// Verisilicon's Hantro cores: one driver, and on each chip other codecs.
import { decoder, driver, encoder } from './rows.ts'

const FHD = { stateless: true, multiplanar: true, split: false, max: [1920, 1088] } as const
const UHD = { stateless: true, multiplanar: true, split: false, max: [3840, 2160] } as const
const DCI = { stateless: true, multiplanar: true, split: false, max: [4096, 2304] } as const
const JPEG = encoder('jpeg', { multiplanar: true, max: [8192, 8192] })

/** Its MPEG-2 stays at 1920x1088 where the other codecs reach further. */
const MPEG2 = decoder('mpeg2', FHD)

export const HANTRO = driver(
  'hantro-vpu',
  'drivers/media/platform/verisilicon/hantro_drv.c',
  { note: 'the encoder is for JPEG alone' },
  ['rockchip,px30-vpu', decoder('h264', FHD), MPEG2, decoder('vp8', UHD), JPEG],
  ['rockchip,rk3036-vpu', decoder('h264 mpeg2 vp8', FHD)],
  ['rockchip,rk3066-vpu', decoder('h264 mpeg2 vp8', FHD), JPEG],
  ['rockchip,rk3288-vpu', decoder('h264', DCI), MPEG2, decoder('vp8', UHD), JPEG],
  ['rockchip,rk3328-vpu rockchip,rk3568-vpu', decoder('h264', FHD), MPEG2, decoder('vp8', UHD)],
  ['rockchip,rk3399-vpu', MPEG2, decoder('vp8', UHD), JPEG],
  ['rockchip,rk3568-vepu rockchip,rk3588-vepu121', JPEG],
  ['rockchip,rk3588-av1-vpu', decoder('av1', UHD)],
  ['nxp,imx8mm-vpu-g1 nxp,imx8mq-vpu nxp,imx8mq-vpu-g1', decoder('h264 vp8', UHD), MPEG2],
  ['nxp,imx8mq-vpu-g2', decoder('h265 vp9', UHD)],
  [
    'microchip,sama5d4-vdec',
    decoder('h264 mpeg2 vp8', { stateless: true, multiplanar: true, split: false, max: [1280, 720] }),
  ],
  ['allwinner,sun50i-h6-vpu-g2', decoder('vp9', UHD)],
  ['st,stm32mp25-vdec', decoder('h264 vp8', FHD)],
  ['st,stm32mp25-venc', encoder('jpeg', { multiplanar: true, max: [4096, 2304] })],
)
