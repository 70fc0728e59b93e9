// Rockchip: decoder, 2D engine, camera interface.
import { capture, converter, decoder, driver, part } from './rows.ts'

export const ROCKCHIP = [
  ...driver('rkvdec', 'drivers/staging/media/rkvdec/rkvdec.c', { note: 'a coherent mask of 32 bits is set' }, [
    'rockchip,rk3399-vdec',
    decoder('h264 vp9', { stateless: true, multiplanar: true, split: false, max: [4096, 2304] }),
  ]),
  ...driver(
    'rockchip-rga',
    'drivers/media/platform/rockchip/rga/rga.c',
    { note: 'gathers pieces through a page table of its own' },
    ['rockchip,rk3288-rga rockchip,rk3399-rga', converter({ multiplanar: true, allocator: 'vb2-dma-sg' })],
  ),
  ...driver(
    'rkisp1',
    'drivers/media/platform/rockchip/rkisp1/rkisp1-capture.c',
    { note: 'the mask is set in rkisp1-dev.c' },
    ['rockchip,px30-cif-isp rockchip,rk3399-cif-isp', capture({ multiplanar: true, least: [0, 3] })],
  ),
  ...driver(
    'rkisp1',
    'drivers/media/platform/rockchip/rkisp1/rkisp1-capture.c',
    { mask: 34, note: 'the mask is set in rkisp1-dev.c (RKISP1_FEATURE_DMA_34BIT)' },
    ['fsl,imx8mp-isp', capture({ multiplanar: true, least: [0, 3] })],
  ),
  ...part('rockchip-drm', 'drivers/gpu/drm/rockchip/rockchip_drm_drv.c', 'rockchip,display-subsystem'),
]
