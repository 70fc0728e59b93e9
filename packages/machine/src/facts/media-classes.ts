// Compatible strings of media devices, by class and vendor. Exact matches; the first string of a node that is listed decides.
import type { MediaClass } from './types.ts'

/** Class -> vendor -> models; a string without a vendor stands under ''. */
const TABLE: Readonly<Record<MediaClass, Readonly<Record<string, string>>>> = {
  codec: {
    '': 'venus-decoder venus-encoder',
    allwinner:
      'sun4i-a10-video-engine sun50i-a64-video-engine sun50i-h5-video-engine sun50i-h6-video-engine ' +
      'sun50i-h6-vpu-g2 sun5i-a13-video-engine sun7i-a20-video-engine sun8i-a33-video-engine ' +
      'sun8i-h3-video-engine sun8i-r40-video-engine',
    amlogic: 'g12a-vdec gx-vdec gxbb-vdec gxl-vdec gxlx-vdec gxm-vdec sm1-vdec',
    aspeed: 'ast2400-video-engine ast2500-video-engine ast2600-video-engine',
    cnm: 'coda7541 coda960 codahx4 wave521c',
    fsl: 'imx51-vpu imx53-vpu imx6dl-vpu imx6q-vpu',
    img: 'e5010-jpeg-enc',
    mediatek:
      'mt8173-jpgdec mt8173-vcodec-dec mt8173-vcodec-enc mt8173-vcodec-enc-vp8 mt8173-vpu mt8183-jpgenc ' +
      'mt8183-vcodec-dec mt8183-vcodec-enc mt8186-jpgenc mt8186-vcodec-dec mt8186-vcodec-enc ' +
      'mt8192-vcodec-dec mt8192-vcodec-enc mt8195-jpgdec mt8195-jpgdec-hw mt8195-jpgenc mt8195-jpgenc-hw ' +
      'mt8195-vcodec-dec mt8195-vcodec-enc mtk-jpgenc mtk-vcodec-core mtk-vcodec-lat mtk-vcodec-lat-soc',
    nvidia: 'tegra210-nvdec tegra210-nvenc tegra210-nvjpg',
    nxp:
      'imx8mm-vpu-g1 imx8mq-vpu-g1 imx8mq-vpu-g2 imx8q-vpu-decoder imx8q-vpu-encoder imx8qm-jpgdec ' +
      'imx8qm-jpgenc imx8qm-vpu imx8qxp-jpgdec imx8qxp-jpgenc imx8qxp-vpu',
    qcom:
      'msm8916-venus msm8996-venus msm8998-venus sc7180-venus sc7280-venus sdm660-venus sdm845-venus-v2 ' +
      'sm8250-venus',
    rockchip:
      'px30-vpu rk3036-vpu rk3066-vpu rk3128-vpu rk3188-vpu rk3228-vdec rk3228-vpu rk3288-vpu rk3328-vdec ' +
      'rk3328-vpu rk3399-vdec rk3399-vpu rk3568-vepu rk3568-vpu rk3588-av1-vpu rk3588-vepu121 rk3588-vpu121',
    samsung:
      'exynos4210-jpeg exynos4212-jpeg exynos5420-jpeg exynos5433-jpeg exynos5433-mfc mfc-v5 mfc-v6 mfc-v7 ' + 'mfc-v8',
    ti: 'am62a-jpeg-enc j721s2-wave521c',
  },
  capture: {
    allwinner:
      'sun4i-a10-csi1 sun50i-a64-csi sun7i-a20-csi0 sun7i-a20-csi1 sun8i-a83t-csi sun8i-h3-csi ' +
      'sun8i-r40-csi0 sun8i-v3s-csi',
    brcm: 'bcm2835-unicam',
    cdns: 'csi2rx',
    fsl:
      'imx6-mipi-csi2 imx6s-csi imx6sll-csi imx6ul-csi imx7-csi imx7-mipi-csi2 imx8mm-csi imx8mm-mipi-csi2 ' +
      'imx8mn-isi imx8mp-isi imx8mp-mipi-csi2 imx8mq-csi imx8mq-mipi-csi2',
    marvell: 'mmp2-ccic',
    nvidia: 'tegra210-csi',
    renesas: 'r8a774a1-csi2 r9a07g043-csi2 r9a07g044-csi2 r9a07g054-csi2 rzg2l-csi2 vin-r8a774a1',
    samsung: 'exynos4210-csis',
    st: 'stm32-dcmi',
    starfive: 'jh7110-csi2rx',
    ti: 'am654-cal dra72-cal dra76-cal j721e-csi2rx j721e-csi2rx-shim',
  },
  isp: {
    fsl: 'imx8mp-isp',
    nvidia: 'tegra210-isp tegra210-vi',
    qcom: 'msm8916-camss msm8996-camss sc8280xp-camss sdm660-camss sdm845-camss sm8250-camss',
    rockchip: 'px30-cif-isp rk3399-cif-isp',
    samsung: 'exynos4210-fimc exynos4212-fimc exynos4212-fimc-is exynos4212-fimc-lite fimc',
    st: 'stm32mp13-dcmipp',
    starfive: 'jh7110-camss',
    ti: 'omap3-isp',
  },
  display: {
    '': 'simple-framebuffer',
    allwinner:
      'sun20i-d1-de2-mixer-0 sun20i-d1-de2-mixer-1 sun20i-d1-display-engine sun20i-d1-tcon-lcd ' +
      'sun20i-d1-tcon-top sun20i-d1-tcon-tv sun4i-a10-display-backend sun4i-a10-display-engine ' +
      'sun4i-a10-display-frontend sun4i-a10-tcon sun50i-a64-de2-mixer-0 sun50i-a64-de2-mixer-1 ' +
      'sun50i-a64-display-engine sun50i-a64-tcon-lcd sun50i-a64-tcon-tv sun50i-h6-de3-mixer-0 ' +
      'sun50i-h6-display-engine sun50i-h6-tcon-top sun50i-h6-tcon-tv sun5i-a10s-display-engine ' +
      'sun5i-a13-display-backend sun5i-a13-display-engine sun5i-a13-display-frontend sun5i-a13-tcon ' +
      'sun6i-a31-display-backend sun6i-a31-display-engine sun6i-a31-display-frontend sun6i-a31-tcon ' +
      'sun6i-a31s-display-engine sun6i-a31s-tcon sun7i-a20-display-backend sun7i-a20-display-engine ' +
      'sun7i-a20-display-frontend sun7i-a20-tcon sun7i-a20-tcon0 sun7i-a20-tcon1 sun8i-a23-display-backend ' +
      'sun8i-a23-display-engine sun8i-a23-display-frontend sun8i-a23-tcon sun8i-a33-display-backend ' +
      'sun8i-a33-display-engine sun8i-a33-display-frontend sun8i-a33-tcon sun8i-a83t-de2-mixer-0 ' +
      'sun8i-a83t-de2-mixer-1 sun8i-a83t-display-engine sun8i-a83t-tcon-lcd sun8i-a83t-tcon-tv ' +
      'sun8i-h3-de2-mixer-0 sun8i-h3-display-engine sun8i-h3-tcon-tv sun8i-r40-de2-mixer-0 ' +
      'sun8i-r40-de2-mixer-1 sun8i-r40-display-engine sun8i-r40-tcon-top sun8i-r40-tcon-tv ' +
      'sun8i-v3s-de2-mixer sun8i-v3s-display-engine sun8i-v3s-tcon sun9i-a80-display-backend ' +
      'sun9i-a80-display-engine sun9i-a80-display-frontend sun9i-a80-tcon-lcd sun9i-a80-tcon-tv',
    amlogic: 'meson-g12a-vpu meson-gx-vpu meson-gxbb-vpu meson-gxl-vpu meson-gxm-vpu',
    arm: 'hdlcd mali-dp500 pl111 rtsm-display',
    aspeed: 'ast2500-gfx ast2600-gfx',
    brcm: 'bcm2711-hvs bcm2711-vc5 bcm2835-hvs bcm2835-vc4',
    fsl:
      'imx-display-subsystem imx28-lcdif imx51-ipu imx53-ipu imx6q-ipu imx6qp-ipu imx6sl-lcdif ' +
      'imx6sll-lcdif imx6sx-lcdif imx6ul-lcdif imx7d-lcdif imx8mm-lcdif imx8mn-lcdif imx8mp-lcdif ' +
      'imx8mq-lcdif',
    marvell: 'dove-lcd',
    mediatek:
      'mt6795-disp-ovl mt6795-disp-rdma mt6795-disp-wdma mt8173-disp-ovl mt8173-disp-rdma mt8173-disp-wdma ' +
      'mt8183-disp-ovl mt8183-disp-ovl-2l mt8183-disp-rdma mt8186-disp-ovl mt8186-disp-ovl-2l ' +
      'mt8186-disp-rdma mt8192-disp-ovl mt8192-disp-ovl-2l mt8192-disp-rdma mt8195-disp-ovl ' +
      'mt8195-disp-rdma',
    nvidia: 'tegra124-dc tegra210-dc',
    qcom:
      'mdp5 mdss msm8916-mdp5 msm8953-mdp5 msm8976-mdp5 msm8996-mdp5 msm8998-dpu msm8998-mdss qcm2290-dpu ' +
      'qcm2290-mdss sc7180-dpu sc7180-mdss sc7280-dpu sc7280-mdss sc8180x-dpu sc8180x-mdss sc8280xp-dpu ' +
      'sc8280xp-mdss sdm630-mdp5 sdm660-mdp5 sdm670-dpu sdm670-mdss sdm845-dpu sdm845-mdss sm6115-dpu ' +
      'sm6115-mdss sm6125-dpu sm6125-mdss sm6350-dpu sm6350-mdss sm8150-dpu sm8150-mdss sm8250-dpu ' +
      'sm8250-mdss sm8350-dpu sm8350-mdss sm8450-dpu sm8450-mdss sm8550-dpu sm8550-mdss sm8650-dpu ' +
      'sm8650-mdss x1e80100-dpu x1e80100-mdss',
    renesas: 'du-r8a774a1 r9a07g043u-du r9a07g044-du r9a07g054-du',
    rockchip:
      'display-subsystem px30-vop-big px30-vop-lit rk3036-vop rk3066-vop rk3126-vop rk3188-vop rk3228-vop ' +
      'rk3288-vop rk3328-vop rk3399-vop-big rk3399-vop-lit rk3566-vop rk3568-vop rk3588-vop rv1126-vop',
    samsung:
      'exynos4210-fimd exynos4210-hdmi exynos4210-mixer exynos4212-hdmi exynos4212-mixer exynos5250-fimd ' +
      'exynos5250-mixer exynos5420-fimd exynos5420-hdmi exynos5420-mixer exynos5433-decon ' +
      'exynos5433-decon-tv exynos5433-hdmi',
    st: 'stm32-ltdc',
    ti:
      'am33xx-tilcdc am625-dss am62a7-dss am65x-dss dra7-dispc dra7-dss j721e-dss omap3-dispc omap3-dss ' +
      'omap3-rfbi omap3-venc omap4-dispc omap4-dss omap4-venc omap5-dispc omap5-dss omap5-rfbi',
    via: 'vt8500-fb',
    wm: 'wm8505-fb',
    xlnx: 'zynqmp-dpsub-1.7',
  },
  '2d': {
    allwinner:
      'sun50i-a64-de2-rotate sun50i-a64-deinterlace sun8i-a83t-de2-rotate sun8i-h3-deinterlace ' +
      'sun8i-r40-deinterlace',
    amlogic: 'axg-ge2d',
    fsl: 'imx6sll-pxp imx6sx-pxp imx6ul-pxp imx6ull-pxp imx7d-pxp',
    mediatek:
      'mt8173-mdp mt8173-mdp-rdma mt8173-mdp-rsz mt8173-mdp-wdma mt8173-mdp-wrot mt8183-mdp3-rdma ' +
      'mt8183-mdp3-rsz mt8183-mdp3-wdma mt8183-mdp3-wrot mt8195-mdp3-rdma mt8195-mdp3-rsz mt8195-mdp3-wrot',
    nvidia: 'tegra124-vic tegra210-vic',
    nxp: 'imx8mp-dw100',
    renesas:
      'fcpf fcpv fdp1 r9a07g043u-fcpvd r9a07g043u-vsp2 r9a07g044-fcpvd r9a07g044-vsp2 r9a07g054-fcpvd ' +
      'r9a07g054-vsp2 vsp2',
    rockchip: 'rk3228-rga rk3288-rga rk3399-rga rk3568-rga rk3588-rga',
    samsung:
      'exynos4210-rotator exynos4212-g2d exynos4212-rotator exynos5-gsc exynos5250-g2d exynos5250-gsc ' +
      'exynos5250-rotator exynos5420-gsc exynos5420-scaler exynos5433-gsc exynos5433-scaler s5pv210-g2d',
    st: 'stm32-dma2d',
    ti: 'dra7-vpe',
  },
  gpu: {
    allwinner:
      'sun4i-a10-mali sun50i-a64-mali sun50i-h5-mali sun50i-h6-mali sun7i-a20-mali sun8i-a23-mali ' +
      'sun8i-h3-mali sun8i-r40-mali',
    amlogic: 'meson-g12a-mali meson-gxbb-mali meson-gxl-mali meson-gxm-mali meson8-mali meson8b-mali',
    arm:
      'juno-mali mali-400 mali-450 mali-bifrost mali-t604 mali-t624 mali-t628 mali-t720 mali-t760 mali-t820 ' +
      'mali-t860 mali-valhall-csf mali-valhall-jm',
    brcm: '2711-v3d bcm2835-v3d',
    hisilicon: 'hi6220-mali',
    img: 'img-axe powervr-sgx530 powervr-sgx540 powervr-sgx544',
    mediatek: 'mt8183b-mali mt8186-mali mt8188-mali mt8192-mali mt8195-mali',
    nvidia: 'gk20a gm20b',
    qcom:
      'adreno adreno-07000200 adreno-306.0 adreno-405.0 adreno-43050a01 adreno-43050c01 adreno-43051401 ' +
      'adreno-506.0 adreno-508.0 adreno-509.0 adreno-510.0 adreno-512.0 adreno-530.2 adreno-540.1 ' +
      'adreno-610.0 adreno-618.0 adreno-619.0 adreno-630.2 adreno-635.0 adreno-640.1 adreno-650.2 ' +
      'adreno-660.1 adreno-680.1 adreno-690.0 adreno-730.1',
    renesas: 'r9a07g044-mali r9a07g054-mali',
    rockchip:
      'px30-mali rk3036-mali rk3066-mali rk3128-mali rk3188-mali rk3228-mali rk3288-mali rk3328-mali ' +
      'rk3399-mali rk3568-mali rk3588-mali',
    samsung: 'exynos4210-mali exynos5250-mali exynos5420-mali exynos5433-mali exynos7-mali',
    ti: 'am5728-gpu am62-gpu am6548-gpu omap3430-gpu omap3630-gpu omap4430-gpu omap5432-gpu',
    vivante: 'gc',
    xlnx: 'zynqmp-mali',
  },
}

const CLASS_OF: ReadonlyMap<string, MediaClass> = new Map(
  (Object.keys(TABLE) as MediaClass[]).flatMap((mediaClass) =>
    Object.entries(TABLE[mediaClass]).flatMap(([vendor, models]) =>
      models
        .split(' ')
        .map((model): [string, MediaClass] => [vendor === '' ? model : `${vendor},${model}`, mediaClass]),
    ),
  ),
)

/** Class of a device by its compatible strings, undefined for what is not a media device. */
export function mediaClassOf(compatible: readonly string[]): MediaClass | undefined {
  for (const name of compatible) {
    const mediaClass = CLASS_OF.get(name)
    if (mediaClass !== undefined) return mediaClass
  }
  return undefined
}

/** All listed compatible strings with their classes, for tests and for people. */
export const mediaClasses = (): Readonly<Record<string, MediaClass>> => Object.fromEntries(CLASS_OF)
