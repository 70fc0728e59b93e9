// NVIDIA Tegra: what mainline has. The codecs of later chips are behind drivers of NVIDIA's own.
import { capture, decoder, driver, part } from './rows.ts'

export const NVIDIA = [
  ...driver(
    'tegra-vde',
    'drivers/media/platform/nvidia/tegra-vde/vde.c',
    { note: 'queues: v4l2.c; vb2-dma-sg behind an IOMMU' },
    [
      'nvidia,tegra20-vde nvidia,tegra30-vde nvidia,tegra114-vde nvidia,tegra124-vde',
      decoder('h264', { stateless: true, multiplanar: true }),
    ],
  ),
  ...driver('tegra-vi', 'drivers/staging/media/tegra-video/vi.c', {}, [
    'nvidia,tegra20-vi nvidia,tegra210-vi',
    capture({ least: [0, 2] }),
  ]),
  ...part('tegra-csi', 'drivers/staging/media/tegra-video/csi.c', 'nvidia,tegra210-csi'),
  ...part(
    'tegra-vic',
    'drivers/gpu/drm/tegra/vic.c',
    'nvidia,tegra124-vic nvidia,tegra210-vic nvidia,tegra186-vic nvidia,tegra194-vic nvidia,tegra234-vic',
  ),
  ...part(
    'tegra-nvdec',
    'drivers/gpu/drm/tegra/nvdec.c',
    'nvidia,tegra210-nvdec nvidia,tegra186-nvdec nvidia,tegra194-nvdec nvidia,tegra234-nvdec',
  ),
]
