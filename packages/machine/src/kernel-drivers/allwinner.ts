// Allwinner: the Cedrus video engine, cameras, deinterlacer, rotator.
import { capture, converter, decoder, driver, part } from './rows.ts'

const STATELESS = { stateless: true, least: [0, 0] } as const

export const ALLWINNER = [
  ...driver(
    'cedrus',
    'drivers/staging/media/sunxi/cedrus/cedrus.c',
    { note: 'the first engines write tiles of 32x32 only, which displays of their chips understand' },
    [
      'allwinner,sun4i-a10-video-engine allwinner,sun5i-a13-video-engine allwinner,sun7i-a20-video-engine ' +
        'allwinner,sun8i-a33-video-engine allwinner,sun8i-r40-video-engine',
      decoder('h264 mpeg2 vp8', STATELESS),
    ],
    ['allwinner,sun8i-v3s-video-engine', decoder('h264', STATELESS)],
    ['allwinner,sun20i-d1-video-engine', decoder('h264 h265 mpeg2', STATELESS)],
    [
      'allwinner,sun8i-h3-video-engine allwinner,sun50i-a64-video-engine allwinner,sun50i-h5-video-engine ' +
        'allwinner,sun50i-h6-video-engine',
      decoder('h264 h265 mpeg2 vp8', STATELESS),
    ],
  ),
  ...driver('sun4i-csi', 'drivers/media/platform/sunxi/sun4i-csi/sun4i_dma.c', {}, [
    'allwinner,sun4i-a10-csi1 allwinner,sun7i-a20-csi0',
    capture({ multiplanar: true, least: [0, 3] }),
  ]),
  ...driver('sun6i-csi', 'drivers/media/platform/sunxi/sun6i-csi/sun6i_csi_capture.c', {}, [
    'allwinner,sun6i-a31-csi allwinner,sun8i-a83t-csi allwinner,sun8i-h3-csi allwinner,sun8i-v3s-csi ' +
      'allwinner,sun50i-a64-csi',
    capture({ least: [0, 2] }),
  ]),
  ...driver('sun6i-isp', 'drivers/staging/media/sunxi/sun6i-isp/sun6i_isp_capture.c', {}, [
    'allwinner,sun8i-v3s-isp',
    capture({ least: [0, 2] }),
  ]),
  ...driver('sun8i-di', 'drivers/media/platform/sunxi/sun8i-di/sun8i-di.c', {}, [
    'allwinner,sun8i-h3-deinterlace',
    converter({ least: [1, 2] }),
  ]),
  ...driver('sun8i-rotate', 'drivers/media/platform/sunxi/sun8i-rotate/sun8i_rotate.c', {}, [
    'allwinner,sun8i-a83t-de2-rotate',
    converter({ least: [1, 2] }),
  ]),
  ...part(
    'sun6i-mipi-csi2',
    'drivers/media/platform/sunxi/sun6i-mipi-csi2/sun6i_mipi_csi2.c',
    'allwinner,sun6i-a31-mipi-csi2',
  ),
]
