// NXP and Freescale: Coda and Amphion codecs, JPEG, cameras, 2D engines.
import { capture, converter, decoder, driver, encoder, MMAP_USERPTR_DMABUF, part } from './rows.ts'

const CODA = { outputAllocator: 'vb2-vmalloc', outputMemory: MMAP_USERPTR_DMABUF, least: [1, 1] } as const
const FULL = { least: [1, 1], max: [1920, 1088] } as const
const JPEG = { least: [1, 1], max: [8192, 8192] } as const
const MPLANE = { multiplanar: true } as const

export const NXP = [
  ...driver(
    'coda',
    'drivers/media/platform/chips-media/coda/coda-common.c',
    { note: 'the bit stream of a decoder is copied into a ring buffer by the CPU: its OUTPUT queue is of vmalloc' },
    ['fsl,imx27-vpu', encoder('h264 mpeg4', { least: [1, 1], max: [720, 576] })],
    [
      'fsl,imx51-vpu',
      decoder('h264 mpeg2 mpeg4', { ...CODA, max: [1920, 1088] }),
      encoder('h264', { least: [1, 1], max: [720, 576] }),
    ],
    [
      'fsl,imx53-vpu',
      decoder('h264 mpeg2 mpeg4', { ...CODA, max: [1920, 1088] }),
      encoder('h264 mpeg4', { least: [1, 1], max: [1280, 720] }),
      decoder('jpeg', { ...CODA, max: [8192, 8192] }),
      encoder('jpeg', JPEG),
    ],
    [
      'fsl,imx6q-vpu fsl,imx6dl-vpu',
      decoder('h264 mpeg2 mpeg4', { ...CODA, max: [1920, 1088] }),
      encoder('h264 mpeg4', FULL),
      decoder('jpeg', JPEG),
      encoder('jpeg', JPEG),
    ],
  ),
  ...driver(
    'amphion-vpu',
    'drivers/media/platform/amphion/vpu_drv.c',
    {
      note: 'queues: vpu_v4l2.c; coded pictures go through a ring buffer that the CPU fills and empties, from vmalloc',
    },
    [
      'nxp,imx8qxp-vpu nxp,imx8qm-vpu',
      decoder('h264 h265 mpeg2 mpeg4 vp8 h263 vc1', { ...MPLANE, outputAllocator: 'vb2-vmalloc' }),
      encoder('h264', { ...MPLANE, allocator: 'vb2-vmalloc', outputAllocator: 'vb2-dma-contig' }),
    ],
  ),
  ...part(
    'amphion-vpu-core',
    'drivers/media/platform/amphion/vpu_core.c',
    'nxp,imx8q-vpu-decoder nxp,imx8q-vpu-encoder',
  ),
  ...driver(
    'mxc-jpeg',
    'drivers/media/platform/nxp/imx-jpeg/mxc-jpeg.c',
    {},
    ['nxp,imx8qxp-jpgdec', decoder('jpeg', { multiplanar: true, max: [8192, 8192] })],
    ['nxp,imx8qxp-jpgenc', encoder('jpeg', { multiplanar: true, max: [8192, 8192] })],
  ),
  ...driver('dw100', 'drivers/media/platform/nxp/dw100/dw100.c', {}, [
    'nxp,imx8mp-dw100',
    converter({ multiplanar: true, max: [4096, 3072] }),
  ]),
  ...driver('pxp', 'drivers/media/platform/nxp/imx-pxp.c', {}, ['fsl,imx6ull-pxp fsl,imx7d-pxp', converter()]),
  ...driver('m2m-emmaprp', 'drivers/media/platform/nxp/mx2_emmaprp.c', {}, [
    '',
    converter({ memory: MMAP_USERPTR_DMABUF }),
  ]),
  ...driver(
    'imx-media',
    'drivers/staging/media/imx/imx-media-csc-scaler.c',
    { note: 'the queues of the scaler belong to this device; those of the cameras are in imx-media-capture.c' },
    ['fsl,imx-capture-subsystem', converter(), capture({ least: [0, 2] })],
  ),
  ...part('imx6-mipi-csi2', 'drivers/staging/media/imx/imx6-mipi-csi2.c', 'fsl,imx6-mipi-csi2'),
  ...driver('imx7-csi', 'drivers/media/platform/nxp/imx7-media-csi.c', {}, [
    'fsl,imx6ul-csi fsl,imx7-csi fsl,imx8mq-csi',
    capture({ least: [0, 2] }),
  ]),
  ...driver(
    'mxc-isi',
    'drivers/media/platform/nxp/imx8-isi/imx8-isi-core.c',
    { note: 'also a scaler, imx8-isi-m2m.c' },
    ['fsl,imx8mn-isi fsl,imx93-isi', capture({ multiplanar: true }), converter({ multiplanar: true })],
  ),
  ...driver(
    'mxc-isi',
    'drivers/media/platform/nxp/imx8-isi/imx8-isi-core.c',
    { mask: 36, note: 'also a scaler, imx8-isi-m2m.c' },
    ['fsl,imx8mp-isi', capture({ multiplanar: true }), converter({ multiplanar: true })],
  ),
  ...part('imx-mipi-csis', 'drivers/media/platform/nxp/imx-mipi-csis.c', 'fsl,imx7-mipi-csi2 fsl,imx8mm-mipi-csi2'),
  ...part('imx8mq-mipi-csi2', 'drivers/media/platform/nxp/imx8mq-mipi-csi2.c', 'fsl,imx8mq-mipi-csi2'),
]
