// What the nodes of media devices are to a board: which do DMA of pictures, and of which class they are. What their drivers offer: ../kernel-drivers.
// The class of a node (facts/media-classes.ts) says what it is part of; this table says what a part of it does.
import type { DeviceClass } from '@dmalab/api'

export interface MediaNode {
  /** Compatible strings, without anchors: the rule is for nodes that have one that matches. */
  readonly compatible: RegExp
  readonly class: DeviceClass
  /** Where the kernel has it. */
  readonly source: string
}

/** Beside the classes; the first that fits counts. A node of class `other` does no DMA of pictures itself. */
const MEDIA_NODES: readonly MediaNode[] = [
  {
    compatible: /^fsl,imx-capture-subsystem$/,
    class: 'converter',
    source: 'Linux v6.12 drivers/staging/media/imx/imx-media-csc-scaler.c: its queues belong to this device',
  },
  {
    compatible: /^rockchip,rk\d+-rga$/,
    class: 'converter',
    source: 'Linux v6.12 drivers/media/platform/rockchip/rga/rga.c: vb2-dma-sg, a page table of its own',
  },
  {
    compatible: /-camss$/,
    class: 'isp',
    source: 'Linux v6.12 drivers/media/platform/qcom/camss/camss-video.c: captures into vb2-dma-sg',
  },
  {
    compatible: /^samsung,exynos\d+-fimc$/,
    class: 'converter',
    source: 'Linux v6.12 drivers/media/platform/samsung/exynos4-is/fimc-m2m.c',
  },
  {
    compatible: /^samsung,fimc$/,
    class: 'other',
    source: 'Linux v6.12 drivers/media/platform/samsung/exynos4-is/media-dev.c: binds the parts together',
  },
  {
    compatible: /^venus-(decoder|encoder)$/,
    class: 'other',
    source: 'Linux v6.12 drivers/media/platform/qcom/venus/vdec.c, venc.c: queues of the node above',
  },
  {
    compatible: /csi2(rx)?$|-csis$/,
    class: 'other',
    source: 'Linux v6.12 drivers/media/platform: receivers hand pixels on, and write nothing to memory',
  },
  {
    compatible: /^(rockchip|fsl),(imx-)?display-subsystem$|^allwinner,.*-display-engine$|^brcm,bcm2[78]\d+-vc[45]$/,
    class: 'other',
    source: 'Linux v6.12 drivers/gpu/drm: a component master; the controllers it names fetch the pixels',
  },
  {
    compatible: /-hdmi$|-(tcon|rfbi|venc)(-lcd|-tv|-top)?\d?$|^allwinner,.*-display-frontend$/,
    class: 'other',
    source: 'Linux v6.12 drivers/gpu/drm: encoders and timing generators behind the controller that fetches pixels',
  },
  {
    compatible: /^simple-framebuffer$/,
    class: 'other',
    source: 'Linux v6.12 drivers/gpu/drm/tiny/simpledrm.c: the CPU copies into memory that is shown already',
  },
  {
    compatible:
      /g2d$|-rotat(or|e)$|^samsung,exynos\d+-scaler$|-vic$|dma2d$|^renesas,.*fcp[fv]d?$|-mdp3?-(rsz|wdma|wrot)$/,
    class: '2d',
    source:
      'Linux v6.12 drivers/media/platform, drivers/gpu/drm: 2D engines, and the parts of others, that are not V4L2 scaler',
  },
]

export const mediaNodeOf = (compatible: readonly string[]): MediaNode | undefined =>
  MEDIA_NODES.find((rule) => compatible.some((name) => rule.compatible.test(name)))

/** Nodes with a rule of their own that are listed nowhere else, because nothing in them speaks of DMA and no class has them. */
export const isUnlistedMedia = (compatible: readonly string[]): boolean =>
  compatible.includes('fsl,imx-capture-subsystem')
