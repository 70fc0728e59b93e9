// Qualcomm: Venus codecs, cameras.
import { capture, decoder, driver, encoder, MMAP_USERPTR_DMABUF, part } from './rows.ts'

const ENCODER = { multiplanar: true, split: false, memory: MMAP_USERPTR_DMABUF, least: [1, 1] } as const
const VENUS_NODES = [
  decoder('h264 h265 vp8 vp9 mpeg2 mpeg4 h263 vc1', { multiplanar: true, split: false }),
  encoder('h264 h265 vp8 mpeg4 h263', ENCODER),
] as const

export const QUALCOMM = [
  ...driver(
    'qcom-venus',
    'drivers/media/platform/qcom/venus/core.c',
    {
      note: 'queues: vdec.c, venc.c; which codecs are there the firmware tells; the mask ends below 4 GiB (0xe0000000 - 1 and the like)',
    },
    [
      'qcom,msm8916-venus qcom,msm8996-venus qcom,msm8998-venus qcom,sdm660-venus qcom,sdm845-venus ' +
        'qcom,sdm845-venus-v2 qcom,sc7180-venus qcom,sc7280-venus qcom,sm8250-venus',
      ...VENUS_NODES,
    ],
  ),
  ...part('qcom-venus-decoder', 'drivers/media/platform/qcom/venus/vdec.c', 'venus-decoder'),
  ...part('qcom-venus-encoder', 'drivers/media/platform/qcom/venus/venc.c', 'venus-encoder'),
  ...driver('qcom-camss', 'drivers/media/platform/qcom/camss/camss-video.c', {}, [
    'qcom,msm8916-camss qcom,msm8996-camss qcom,sdm660-camss qcom,sdm845-camss qcom,sm8250-camss qcom,sc8280xp-camss',
    capture({ multiplanar: true, split: false, allocator: 'vb2-dma-sg', fileIo: true }),
  ]),
]
