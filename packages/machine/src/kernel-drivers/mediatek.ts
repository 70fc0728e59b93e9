// MediaTek: codecs, JPEG, MDP scalers.
import { converter, decoder, driver, encoder, MMAP_USERPTR_DMABUF, part } from './rows.ts'

const STATELESS = { stateless: true, multiplanar: true } as const
const ENCODER = { multiplanar: true, memory: MMAP_USERPTR_DMABUF } as const
const FIRMWARE = 'which stateless codecs are there the firmware tells (dec_capability)'

export const MEDIATEK = [
  ...driver(
    'mtk-vcodec-dec',
    'drivers/media/platform/mediatek/vcodec/decoder/mtk_vcodec_dec_drv.c',
    { note: FIRMWARE },
    ['mediatek,mt8173-vcodec-dec', decoder('h264 vp8 vp9', { multiplanar: true })],
    [
      'mediatek,mt8183-vcodec-dec mediatek,mt8186-vcodec-dec mediatek,mt8192-vcodec-dec',
      decoder('h264 vp8 vp9', STATELESS),
    ],
    ['mediatek,mt8188-vcodec-dec mediatek,mt8195-vcodec-dec', decoder('h264 h265 vp8 vp9 av1', STATELESS)],
  ),
  ...part(
    'mtk-vdec-comp',
    'drivers/media/platform/mediatek/vcodec/decoder/mtk_vcodec_dec_hw.c',
    'mediatek,mtk-vcodec-lat mediatek,mtk-vcodec-core mediatek,mtk-vcodec-lat-soc',
  ),
  ...driver(
    'mtk-vcodec-enc',
    'drivers/media/platform/mediatek/vcodec/encoder/mtk_vcodec_enc_drv.c',
    {},
    ['mediatek,mt8173-vcodec-enc-vp8', encoder('vp8', ENCODER)],
    [
      'mediatek,mt8173-vcodec-enc mediatek,mt8183-vcodec-enc mediatek,mt8188-vcodec-enc mediatek,mt8192-vcodec-enc ' +
        'mediatek,mt8195-vcodec-enc',
      encoder('h264', ENCODER),
    ],
  ),
  ...driver(
    'mtk-jpeg',
    'drivers/media/platform/mediatek/jpeg/mtk_jpeg_core.c',
    {},
    ['mediatek,mt2701-jpgdec mediatek,mt8173-jpgdec mediatek,mt8195-jpgdec', decoder('jpeg', { multiplanar: true })],
    ['mediatek,mtk-jpgenc mediatek,mt8195-jpgenc', encoder('jpeg', { multiplanar: true })],
  ),
  ...driver('mtk-mdp', 'drivers/media/platform/mediatek/mdp/mtk_mdp_m2m.c', {}, [
    'mediatek,mt8173-mdp',
    converter({ multiplanar: true }),
  ]),
  ...driver('mtk-mdp3', 'drivers/media/platform/mediatek/mdp3/mtk-mdp3-m2m.c', {}, [
    'mediatek,mt8183-mdp3-rdma mediatek,mt8188-mdp3-rdma mediatek,mt8195-mdp3-rdma',
    converter({ multiplanar: true }),
  ]),
  ...part(
    'mtk-mdp3',
    'drivers/media/platform/mediatek/mdp3/mtk-mdp3-comp.c',
    'mediatek,mt8183-mdp3-rsz mediatek,mt8183-mdp3-wdma mediatek,mt8183-mdp3-wrot mediatek,mt8195-mdp3-wrot',
  ),
  ...part(
    'mtk-mdp',
    'drivers/media/platform/mediatek/mdp/mtk_mdp_core.c',
    'mediatek,mt8173-mdp-rdma mediatek,mt8173-mdp-rsz mediatek,mt8173-mdp-wdma mediatek,mt8173-mdp-wrot',
  ),
  ...part('mtk-jpegdec-hw', 'drivers/media/platform/mediatek/jpeg/mtk_jpeg_dec_hw.c', 'mediatek,mt8195-jpgdec-hw'),
  ...part('mtk-jpegenc-hw', 'drivers/media/platform/mediatek/jpeg/mtk_jpeg_enc_hw.c', 'mediatek,mt8195-jpgenc-hw'),
  ...part('mtk_vpu', 'drivers/media/platform/mediatek/vpu/mtk_vpu.c', 'mediatek,mt8173-vpu'),
]
