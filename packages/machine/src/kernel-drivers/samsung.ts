// Samsung: MFC codec, G-Scaler, FIMC, JPEG, 2D engine.
import { capture, converter, decoder, driver, encoder, MMAP, MMAP_USERPTR, MMAP_USERPTR_DMABUF, part } from './rows.ts'

const MFC_DECODER = { multiplanar: true, memory: MMAP } as const
const MFC_ENCODER = { multiplanar: true, memory: MMAP_USERPTR_DMABUF } as const
const ALL_MPLANE = { multiplanar: true, memory: MMAP_USERPTR_DMABUF } as const
const JPEG = { memory: MMAP_USERPTR } as const
const LITE = { multiplanar: true, split: false, memory: MMAP_USERPTR } as const

export const SAMSUNG = [
  ...driver(
    's5p-mfc',
    'drivers/media/platform/samsung/s5p-mfc/s5p_mfc.c',
    {
      note: 'two memory regions where they are stated and no IOMMU is in use; the queues of the decoder take MMAP only',
    },
    ['samsung,mfc-v5', decoder('h264 mpeg2 mpeg4 h263 vc1', MFC_DECODER), encoder('h264 mpeg4 h263', MFC_ENCODER)],
    ['samsung,mfc-v6', decoder('h264 mpeg2 mpeg4 vp8 h263 vc1', MFC_DECODER), encoder('h264 mpeg4 h263', MFC_ENCODER)],
    [
      'samsung,mfc-v7 samsung,exynos3250-mfc samsung,mfc-v8 samsung,exynos5433-mfc',
      decoder('h264 mpeg2 mpeg4 vp8 h263 vc1', MFC_DECODER),
      encoder('h264 mpeg4 h263 vp8', MFC_ENCODER),
    ],
    [
      'samsung,mfc-v10 tesla,fsd-mfc',
      decoder('h264 h265 mpeg2 mpeg4 vp8 vp9 h263 vc1', MFC_DECODER),
      encoder('h264 h265 mpeg4 h263 vp8', MFC_ENCODER),
    ],
  ),
  ...driver('exynos-gsc', 'drivers/media/platform/samsung/exynos-gsc/gsc-m2m.c', {}, [
    'samsung,exynos5250-gsc samsung,exynos5420-gsc samsung,exynos5433-gsc samsung,exynos5-gsc',
    converter(ALL_MPLANE),
  ]),
  ...driver(
    'exynos4-fimc',
    'drivers/media/platform/samsung/exynos4-is/fimc-core.c',
    { note: 'a scaler (fimc-m2m.c) and a camera interface (fimc-capture.c)' },
    [
      'samsung,s5pv210-fimc samsung,exynos4210-fimc samsung,exynos4212-fimc',
      converter(ALL_MPLANE),
      capture(ALL_MPLANE),
    ],
  ),
  ...driver('exynos-fimc-lite', 'drivers/media/platform/samsung/exynos4-is/fimc-lite.c', {}, [
    'samsung,exynos4212-fimc-lite samsung,exynos5250-fimc-lite',
    capture(LITE),
  ]),
  ...driver('exynos4-fimc-is', 'drivers/media/platform/samsung/exynos4-is/fimc-isp-video.c', {}, [
    'samsung,exynos4212-fimc-is',
    capture(LITE),
  ]),
  ...part('s5p-fimc-md', 'drivers/media/platform/samsung/exynos4-is/media-dev.c', 'samsung,fimc'),
  ...part(
    's5p-mipi-csis',
    'drivers/media/platform/samsung/exynos4-is/mipi-csis.c',
    'samsung,s5pv210-csis samsung,exynos4210-csis samsung,exynos5250-csis',
  ),
  ...driver(
    's5p-jpeg',
    'drivers/media/platform/samsung/s5p-jpeg/jpeg-core.c',
    { note: 'its queues import no dma-bufs' },
    [
      'samsung,s5pv210-jpeg samsung,exynos3250-jpeg samsung,exynos4210-jpeg samsung,exynos4212-jpeg ' +
        'samsung,exynos5420-jpeg samsung,exynos5433-jpeg',
      decoder('jpeg', JPEG),
      encoder('jpeg', JPEG),
    ],
  ),
  ...driver(
    's5p-g2d',
    'drivers/media/platform/samsung/s5p-g2d/g2d.c',
    { note: 'on Exynos 4212 and later exynos_drm_g2d.c binds where both are built' },
    ['samsung,s5pv210-g2d', converter({ memory: MMAP_USERPTR })],
  ),
  ...part('exynos-drm-g2d', 'drivers/gpu/drm/exynos/exynos_drm_g2d.c', 'samsung,exynos4212-g2d samsung,exynos5250-g2d'),
  ...part(
    'exynos-drm-ipp',
    'drivers/gpu/drm/exynos/exynos_drm_rotator.c, exynos_drm_scaler.c',
    'samsung,s5pv210-rotator samsung,exynos4210-rotator samsung,exynos4212-rotator samsung,exynos5250-rotator ' +
      'samsung,exynos5420-scaler samsung,exynos5433-scaler',
  ),
  ...driver('s3c-camif', 'drivers/media/platform/samsung/s3c-camif/camif-capture.c', {}, [
    '',
    capture({ memory: MMAP_USERPTR }),
  ]),
]
