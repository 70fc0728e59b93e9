// Display controllers: what their frame buffers are made of, and what they take from others.
import { display, DMA_DISPLAY, driver, part } from './rows.ts'

const DRM = 'drivers/gpu/drm'
/** Objects of one piece without an IOMMU, of pages with one; an import must be one piece of bus addresses either way. */
const EXYNOS = display('dma-or-pages', 'contiguous', 'exynos_drm_gem_prime_import_sg_table')
const ROCKCHIP = display('dma-or-pages', 'contiguous', 'rockchip_gem_prime_import_sg_table')
const MSM = display('pages', 'scattered', 'msm_gem_prime_import_sg_table')
const OMAP = 'without a DMM only what lies in one piece'

export const DISPLAYS = [
  ...part('vc4-drm', `${DRM}/vc4/vc4_drv.c`, 'brcm,bcm2835-vc4 brcm,bcm2711-vc5 brcm,cygnus-vc4'),
  ...driver(
    'vc4-drm',
    `${DRM}/vc4/vc4_drv.c`,
    { note: 'no IOMMU: a GPU with shared memory pages cannot give it buffers' },
    ['brcm,bcm2835-hvs brcm,bcm2711-hvs', DMA_DISPLAY],
  ),
  ...driver('imx-lcdif', `${DRM}/mxsfb/lcdif_drv.c`, { mask: 36 }, ['fsl,imx8mp-lcdif fsl,imx93-lcdif', DMA_DISPLAY]),
  ...driver('mxsfb', `${DRM}/mxsfb/mxsfb_drv.c`, {}, ['fsl,imx23-lcdif fsl,imx28-lcdif fsl,imx6sx-lcdif', DMA_DISPLAY]),
  ...driver(
    'imx-drm',
    `${DRM}/imx/ipuv3/imx-drm-core.c`,
    {
      note: 'the units are matched in drivers/gpu/ipu-v3/ipu-common.c; a coherent mask of 32 bits is set',
    },
    ['fsl,imx51-ipu fsl,imx53-ipu fsl,imx6q-ipu fsl,imx6qp-ipu', DMA_DISPLAY],
  ),
  ...part('imx-drm', `${DRM}/imx/ipuv3/imx-drm-core.c`, 'fsl,imx-display-subsystem'),
  ...driver('imx-dcss', `${DRM}/imx/dcss/dcss-drv.c`, {}, ['nxp,imx8mq-dcss', DMA_DISPLAY]),
  ...driver('imx-lcdc', `${DRM}/imx/lcdc/imx-lcdc.c`, {}, ['fsl,imx21-lcdc fsl,imx25-lcdc', DMA_DISPLAY]),
  ...driver('fsl-dcu', `${DRM}/fsl-dcu/fsl_dcu_drm_drv.c`, {}, ['fsl,ls1021a-dcu fsl,vf610-dcu', DMA_DISPLAY]),
  ...driver('tidss', `${DRM}/tidss/tidss_drv.c`, { mask: 48, note: 'the mask is set in tidss_dispc.c' }, [
    'ti,am625-dss ti,am62a7-dss ti,am65x-dss ti,j721e-dss',
    DMA_DISPLAY,
  ]),
  ...driver('tidss', `${DRM}/tidss/tidss_drv.c`, {}, ['ti,k2g-dss', DMA_DISPLAY]),
  ...driver('tilcdc', `${DRM}/tilcdc/tilcdc_drv.c`, {}, ['ti,am33xx-tilcdc ti,da850-tilcdc', DMA_DISPLAY]),
  ...driver(
    'omapdrm',
    `${DRM}/omapdrm/omap_drv.c`,
    { note: OMAP },
    ['ti,omap2-dispc ti,omap3-dispc', display('dma', 'contiguous', 'omap_gem_new_dmabuf')],
    ['ti,omap4-dispc ti,omap5-dispc ti,dra7-dispc', display('dmm', 'scattered', 'omap_gem_new_dmabuf')],
  ),
  ...part('omapdss', `${DRM}/omapdrm/dss/dss.c`, 'ti,omap2-dss ti,omap3-dss ti,omap4-dss ti,omap5-dss ti,dra7-dss'),
  ...driver('exynos-drm', `${DRM}/exynos/exynos_drm_drv.c`, {}, [
    'samsung,s3c6400-fimd samsung,s5pv210-fimd samsung,exynos3250-fimd samsung,exynos4210-fimd samsung,exynos5250-fimd ' +
      'samsung,exynos5420-fimd samsung,exynos4210-mixer samsung,exynos4212-mixer samsung,exynos5-mixer ' +
      'samsung,exynos5250-mixer samsung,exynos5420-mixer samsung,exynos5433-decon samsung,exynos5433-decon-tv ' +
      'samsung,exynos7-decon',
    EXYNOS,
  ]),
  ...part(
    'exynos-hdmi',
    `${DRM}/exynos/exynos_hdmi.c`,
    'samsung,exynos4210-hdmi samsung,exynos4212-hdmi samsung,exynos5420-hdmi samsung,exynos5433-hdmi',
  ),
  ...driver(
    'rockchip-drm',
    `${DRM}/rockchip/rockchip_drm_drv.c`,
    { note: 'the units are matched in rockchip_vop_reg.c and rockchip_vop2_reg.c' },
    [
      'rockchip,rk3036-vop rockchip,rk3126-vop rockchip,px30-vop-big rockchip,px30-vop-lit rockchip,rk3066-vop ' +
        'rockchip,rk3188-vop rockchip,rk3228-vop rockchip,rk3288-vop rockchip,rk3328-vop rockchip,rk3366-vop ' +
        'rockchip,rk3368-vop rockchip,rk3399-vop-big rockchip,rk3399-vop-lit rockchip,rv1126-vop rockchip,rk3566-vop ' +
        'rockchip,rk3568-vop rockchip,rk3588-vop',
      ROCKCHIP,
    ],
  ),
  ...driver(
    'mediatek-drm',
    `${DRM}/mediatek/mtk_drm_drv.c`,
    { note: 'memory is asked for on behalf of the unit that fetches' },
    [
      'mediatek,mt2701-disp-ovl mediatek,mt8167-disp-ovl mediatek,mt8173-disp-ovl mediatek,mt8183-disp-ovl ' +
        'mediatek,mt8192-disp-ovl mediatek,mt8195-disp-ovl mediatek,mt8183-disp-ovl-2l mediatek,mt8192-disp-ovl-2l ' +
        'mediatek,mt2701-disp-rdma mediatek,mt8167-disp-rdma mediatek,mt8173-disp-rdma mediatek,mt8183-disp-rdma ' +
        'mediatek,mt8195-disp-rdma',
      display('dma', 'contiguous', 'mtk_gem_prime_import_sg_table'),
    ],
  ),
  ...part('mediatek-drm', `${DRM}/mediatek/mtk_drm_drv.c`, 'mediatek,mt8173-disp-wdma'),
  ...driver(
    'msm_dpu',
    `${DRM}/msm/msm_drv.c`,
    {
      mask: 64,
      note: 'the units are matched in disp/dpu1/dpu_kms.c and disp/mdp5/mdp5_kms.c; pages that its IOMMU joins',
    },
    [
      'qcom,msm8998-dpu qcom,qcm2290-dpu qcom,sdm630-mdp5 qcom,sdm660-mdp5 qcom,sdm670-dpu qcom,sdm845-dpu qcom,sc7180-dpu ' +
        'qcom,sc7280-dpu qcom,sc8180x-dpu qcom,sc8280xp-dpu qcom,sm6115-dpu qcom,sm6125-dpu qcom,sm6350-dpu ' +
        'qcom,sm6375-dpu qcom,sm7150-dpu qcom,sm8150-dpu qcom,sm8250-dpu qcom,sm8350-dpu qcom,sm8450-dpu qcom,sm8550-dpu ' +
        'qcom,sm8650-dpu qcom,x1e80100-dpu qcom,mdp4 qcom,mdp5 qcom,mdss_mdp',
      MSM,
    ],
  ),
  ...driver(
    'msm-mdss',
    `${DRM}/msm/msm_mdss.c`,
    { mask: 64, note: 'the IOMMU of the controllers in it may be its own' },
    [
      'qcom,mdss qcom,msm8998-mdss qcom,qcm2290-mdss qcom,sdm670-mdss qcom,sdm845-mdss qcom,sc7180-mdss qcom,sc7280-mdss ' +
        'qcom,sc8180x-mdss qcom,sc8280xp-mdss qcom,sm6115-mdss qcom,sm6125-mdss qcom,sm6350-mdss qcom,sm6375-mdss ' +
        'qcom,sm7150-mdss qcom,sm8150-mdss qcom,sm8250-mdss qcom,sm8350-mdss qcom,sm8450-mdss qcom,sm8550-mdss ' +
        'qcom,sm8650-mdss qcom,x1e80100-mdss',
      MSM,
    ],
  ),
  ...driver(
    'sun4i-drm',
    `${DRM}/sun4i/sun4i_drv.c`,
    { note: 'the units are matched in sun4i_backend.c and sun8i_mixer.c' },
    [
      'allwinner,sun4i-a10-display-backend allwinner,sun5i-a13-display-backend allwinner,sun6i-a31-display-backend ' +
        'allwinner,sun7i-a20-display-backend allwinner,sun8i-a23-display-backend allwinner,sun8i-a33-display-backend ' +
        'allwinner,sun9i-a80-display-backend allwinner,sun8i-a83t-de2-mixer-0 allwinner,sun8i-a83t-de2-mixer-1 ' +
        'allwinner,sun8i-h3-de2-mixer-0 allwinner,sun8i-r40-de2-mixer-0 allwinner,sun8i-r40-de2-mixer-1 ' +
        'allwinner,sun8i-v3s-de2-mixer allwinner,sun20i-d1-de2-mixer-0 allwinner,sun20i-d1-de2-mixer-1 ' +
        'allwinner,sun50i-a64-de2-mixer-0 allwinner,sun50i-a64-de2-mixer-1 allwinner,sun50i-h6-de3-mixer-0',
      DMA_DISPLAY,
    ],
  ),
  ...part(
    'sun4i-tcon',
    `${DRM}/sun4i/sun4i_tcon.c`,
    'allwinner,sun4i-a10-tcon allwinner,sun5i-a13-tcon allwinner,sun6i-a31-tcon allwinner,sun6i-a31s-tcon ' +
      'allwinner,sun7i-a20-tcon allwinner,sun7i-a20-tcon0 allwinner,sun7i-a20-tcon1 allwinner,sun8i-a23-tcon ' +
      'allwinner,sun8i-a33-tcon allwinner,sun8i-a83t-tcon-lcd allwinner,sun8i-a83t-tcon-tv allwinner,sun8i-r40-tcon-tv ' +
      'allwinner,sun8i-v3s-tcon allwinner,sun9i-a80-tcon-lcd allwinner,sun9i-a80-tcon-tv allwinner,sun20i-d1-tcon-lcd ' +
      'allwinner,sun20i-d1-tcon-tv',
  ),
  ...driver('meson-drm', `${DRM}/meson/meson_drv.c`, {}, [
    'amlogic,meson-gxbb-vpu amlogic,meson-gxl-vpu amlogic,meson-gxm-vpu amlogic,meson-g12a-vpu',
    DMA_DISPLAY,
  ]),
  ...driver(
    'rcar-du',
    `${DRM}/renesas/rcar-du/rcar_du_drv.c`,
    { mask: 40, note: 'a VSP fetches the pixels and joins the pieces' },
    [
      'renesas,du-r8a774a1 renesas,du-r8a774b1 renesas,du-r8a774c0 renesas,du-r8a774e1 renesas,du-r8a7795 ' +
        'renesas,du-r8a7796 renesas,du-r8a77961 renesas,du-r8a77965 renesas,du-r8a77970 renesas,du-r8a77980 ' +
        'renesas,du-r8a77990 renesas,du-r8a77995 renesas,du-r8a779a0 renesas,du-r8a779g0',
      display('dma', 'scattered', 'rcar_du_gem_prime_import_sg_table'),
    ],
  ),
  ...driver('rcar-du', `${DRM}/renesas/rcar-du/rcar_du_drv.c`, {}, [
    'renesas,du-r8a7742 renesas,du-r8a7743 renesas,du-r8a7744 renesas,du-r8a7745 renesas,du-r8a77470 renesas,du-r8a7779 ' +
      'renesas,du-r8a7790 renesas,du-r8a7791 renesas,du-r8a7792 renesas,du-r8a7793 renesas,du-r8a7794',
    DMA_DISPLAY,
  ]),
  ...driver('rzg2l-du', `${DRM}/renesas/rz-du/rzg2l_du_drv.c`, {}, [
    'renesas,r9a07g043u-du renesas,r9a07g044-du',
    DMA_DISPLAY,
  ]),
  ...driver('shmob-drm', `${DRM}/renesas/shmobile/shmob_drm_drv.c`, {}, [
    'renesas,r8a7740-lcdc renesas,sh73a0-lcdc',
    DMA_DISPLAY,
  ]),
  ...driver('stm32-display', `${DRM}/stm/drv.c`, {}, ['st,stm32-ltdc', DMA_DISPLAY]),
  ...driver('sti', `${DRM}/sti/sti_drv.c`, {}, ['st,sti-display-subsystem', DMA_DISPLAY]),
  ...driver('zynqmp-dpsub', `${DRM}/xlnx/zynqmp_dpsub.c`, { mask: 44, coherentMask: 32 }, [
    'xlnx,zynqmp-dpsub-1.7',
    DMA_DISPLAY,
  ]),
  ...driver(
    'tegra-dc',
    `${DRM}/tegra/dc.c`,
    { mask: null, note: 'the mask is that of host1x; what may be shown is looked at in plane.c' },
    [
      'nvidia,tegra20-dc nvidia,tegra30-dc nvidia,tegra114-dc nvidia,tegra124-dc nvidia,tegra210-dc nvidia,tegra186-dc ' +
        'nvidia,tegra194-dc',
      { ...display('dma-or-pages', 'scattered', 'tegra_dc_pin'), shows: 'contiguous' },
    ],
  ),
  ...driver('armada-drm', `${DRM}/armada/armada_drv.c`, {}, [
    'marvell,dove-lcd',
    display('dma', 'contiguous', 'armada_gem_map_import'),
  ]),
  ...driver('hdlcd', `${DRM}/arm/hdlcd_drv.c`, {}, ['arm,hdlcd', DMA_DISPLAY]),
  ...driver('mali-dp', `${DRM}/arm/malidp_drv.c`, {}, ['arm,mali-dp500 arm,mali-dp550 arm,mali-dp650', DMA_DISPLAY]),
  ...driver('komeda', `${DRM}/arm/display/komeda/komeda_drv.c`, { mask: 40 }, [
    'arm,mali-d71 arm,mali-d32',
    DMA_DISPLAY,
  ]),
  ...driver(
    'drm-clcd-pl111',
    `${DRM}/pl111/pl111_drv.c`,
    { note: 'found by its AMBA number; imports nothing where it has memory of its own' },
    ['arm,pl111', DMA_DISPLAY],
  ),
  ...driver('atmel-hlcdc-display-controller', `${DRM}/atmel-hlcdc/atmel_hlcdc_dc.c`, {}, [
    'atmel,hlcdc-display-controller',
    DMA_DISPLAY,
  ]),
  ...driver('aspeed_gfx', `${DRM}/aspeed/aspeed_gfx_drv.c`, {}, [
    'aspeed,ast2400-gfx aspeed,ast2500-gfx aspeed,ast2600-gfx',
    DMA_DISPLAY,
  ]),
  ...driver('kirin-drm', `${DRM}/hisilicon/kirin/kirin_drm_drv.c`, {}, ['hisilicon,hi6220-ade', DMA_DISPLAY]),
  ...driver('ingenic-drm', `${DRM}/ingenic/ingenic-drm-drv.c`, {}, [
    'ingenic,jz4740-lcd ingenic,jz4725b-lcd ingenic,jz4760-lcd ingenic,jz4760b-lcd ingenic,jz4770-lcd ingenic,jz4780-lcd',
    DMA_DISPLAY,
  ]),
  ...driver('logicvc-drm', `${DRM}/logicvc/logicvc_drm.c`, {}, [
    'xylon,logicvc-3.02.a-display xylon,logicvc-4.01.a-display',
    DMA_DISPLAY,
  ]),
  ...driver('mcde', `${DRM}/mcde/mcde_drv.c`, {}, ['ste,mcde', DMA_DISPLAY]),
  ...driver('sprd-drm-drv', `${DRM}/sprd/sprd_drm.c`, { note: 'the unit is matched in sprd_dpu.c' }, [
    'sprd,sharkl3-dpu',
    DMA_DISPLAY,
  ]),
  ...driver(
    'simple-framebuffer',
    `${DRM}/tiny/simpledrm.c`,
    { note: 'the CPU copies into memory that is shown already' },
    ['simple-framebuffer'],
  ),
]
