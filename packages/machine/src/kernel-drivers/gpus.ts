// GPUs: what their buffer objects are made of, and what they take from others.
import { driver, gpu, SHMEM_GPU } from './rows.ts'

const DRM = 'drivers/gpu/drm'

export const GPUS = [
  ...driver('v3d', `${DRM}/v3d/v3d_drv.c`, { mask: null, note: 'the hardware tells its address width' }, [
    'brcm,2711-v3d brcm,2712-v3d brcm,7268-v3d brcm,7278-v3d',
    gpu('pages', 'scattered', 'v3d_prime_import_sg_table'),
  ]),
  ...driver(
    'vc4-drm',
    `${DRM}/vc4/vc4_v3d.c`,
    { note: 'renders from the memory that its display shows: one piece of DMA memory' },
    ['brcm,bcm2835-v3d brcm,cygnus-v3d brcm,vc4-v3d', gpu('dma', 'contiguous', 'drm_gem_dma_prime_import_sg_table')],
  ),
  ...driver(
    'panfrost',
    `${DRM}/panfrost/panfrost_drv.c`,
    { mask: null, note: 'the hardware tells its address width (MMU_FEATURES)' },
    [
      'amlogic,meson-gxm-mali amlogic,meson-g12a-mali arm,mali-t604 arm,mali-t624 arm,mali-t628 arm,mali-t720 arm,mali-t760 ' +
        'arm,mali-t820 arm,mali-t830 arm,mali-t860 arm,mali-t880 arm,mali-bifrost arm,mali-valhall-jm mediatek,mt8183-mali ' +
        'mediatek,mt8183b-mali mediatek,mt8186-mali mediatek,mt8188-mali mediatek,mt8192-mali',
      gpu('pages', 'scattered', 'panfrost_gem_prime_import_sg_table'),
    ],
  ),
  ...driver(
    'panthor',
    `${DRM}/panthor/panthor_drv.c`,
    { mask: null, note: 'the hardware tells its address width (MMU_FEATURES)' },
    ['rockchip,rk3588-mali arm,mali-valhall-csf', SHMEM_GPU],
  ),
  ...driver('lima', `${DRM}/lima/lima_drv.c`, {}, ['arm,mali-400 arm,mali-450', SHMEM_GPU]),
  ...driver(
    'etnaviv',
    `${DRM}/etnaviv/etnaviv_gpu.c`,
    { mask: 40, coherentMask: 32, note: 'the masks are set in etnaviv_drv.c' },
    ['vivante,gc', gpu('pages', 'scattered', 'etnaviv_gem_prime_import_sg_table')],
  ),
  ...driver('adreno', `${DRM}/msm/adreno/adreno_device.c`, { mask: 64, note: 'buffer objects: msm_gem.c' }, [
    'qcom,adreno qcom,adreno-3xx amd,imageon qcom,kgsl-3d0',
    gpu('pages', 'scattered', 'msm_gem_prime_import_sg_table'),
  ]),
  ...driver(
    'powervr',
    `${DRM}/imagination/pvr_drv.c`,
    { mask: null, coherentMask: 32, note: 'the chip tells its address width (phys_bus_width)' },
    ['img,img-axe', SHMEM_GPU],
  ),
  ...driver('nouveau', `${DRM}/nouveau/nouveau_platform.c`, { mask: null }, [
    'nvidia,gk20a nvidia,gm20b nvidia,gp10b',
    gpu('pages', 'scattered', 'nouveau_gem_prime_import_sg_table'),
  ]),
]
